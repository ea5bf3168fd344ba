"""One instrument for every test that makes MIDI: what the design allows at the wire, written from its text alone.

    checker = StreamChecker(composer=True)      # a session's own output, in simulated time
    for time_s, data in wire:
        checker.feed(time_s, data)
    checker.finish()                            # raises AssertionError, naming every breach

``check_stream(wire, composer=True, stops=[("end", 118.5)])`` does the same in a line. It shares no code with
``engine.limits``. Without ``composer`` it holds only what the guardian promises (laws 2, 4 and 5, outer limits) and
suits hostile input and live ports, whose clock jitters; with it also what the session promises (law 5's second
column and section 5's rates over any second plus one controller step, the 100-ms grid).

A stop must be told, with the time it was asked for: ``checker.stop("silence", at_s)``; kinds: silence, end, pause,
crash (a dead engine or a lost output), heartbeat (a hung one). From there the checker allows the fade, forbids every
note-on and every rise, and wants all off in time. Starts need no telling: wherever every level stands at 0, the next
rise is one. With ``waits`` they do: every *play on* is told as well, ``checker.play_on(at_s)``. Then nothing sounds
without one that came after the last stop, a stop falls no faster than its fade, and nothing is silenced without a stop.
Times are seconds and never go back.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from engine.soak.stops import Fall, Leave, Told
from engine.soak.traces import Trace, decibels, one_step

ALLOWED = {1, 5, 7, 10, 11, 64, 65, 66, 67, *range(70, 80), 91, 93}
OFF_CONTROLLERS = (64, 123, 120)
START_S = 10.0
SLACK = 1e-6


@dataclass(frozen=True)
class Bounds:
    """One column of law 5's table."""

    velocity: int
    velocity_rise: int
    onsets: int
    channel_onsets: int
    sounding: int
    velocities: int
    length_s: float


OUTER = Bounds(80, 12, 12, 8, 16, 720, 120.0)
COMPOSER = Bounds(72, 8, 6, 6, 12, 600, 60.0)


class StreamChecker:
    """Feed it every byte that reaches a wire; ``finish`` raises AssertionError if anything broke the laws."""

    def __init__(self, *, composer: bool = False, level_cc: int = 11, waits: bool = False) -> None:
        self.violations: list[str] = []
        self._composer = composer
        self._bounds = COMPOSER if composer else OUTER
        self._level_cc = level_cc
        self._now_s = -math.inf
        self._notes: dict[tuple[int, int], tuple[float, int]] = {}
        self._velocity: dict[int, int] = {}
        self._onsets: list[tuple[float, int]] = []
        self._values: dict[tuple[int, int], int] = {}
        self._fresh: set[tuple[int, int]] = set()
        self._moves: dict[tuple[int, int], list[tuple[float, int]]] = defaultdict(list)
        self._levels: dict[int, Trace] = defaultdict(Trace)
        self._brightness: dict[int, Trace] = defaultdict(Trace)
        self._budget: list[float] = []
        self._used: set[int] = set()
        self._stop: Told | None = None
        self._offs_seen: set[tuple[int, int]] = set()
        self._started_s: float | None = None
        self._leave = Leave(waits)
        self._fall = Fall()

    def play_on(self, at_s: float) -> None:
        """A person pressed *play on* at ``at_s``. In a fade it takes effect after it, which it may shorten."""
        self._settle(at_s)
        self._leave.press()
        if self.stopping:
            self._fall.hurry("silence")

    def void(self) -> None:
        """A stop was asked for that is told when it can begin: what was pressed before is no longer meant."""
        self._leave.void()

    def stop(self, kind: str, at_s: float, *, asked_before: bool = False) -> None:
        """A stop was asked for at ``at_s``. A second one, while the first fades, counts if it must end sooner.

        ``asked_before``: it was asked for when ``void`` said so, and could not begin before ``at_s``.
        """
        told = Told(kind, at_s)
        self._settle(at_s)
        if not asked_before:
            self.void()
        if self._rests():
            self._leave.close()
            return
        self._fall.hurry(kind)
        if self._stop is None or told.quiet_s < self._stop.quiet_s:
            self._stop = told
            self._offs_seen = set()

    @property
    def stopping(self) -> bool:
        """Whether a stop that was told still waits for its silence."""
        return self._stop is not None

    def returned(self) -> None:
        """The heartbeat came back before its fade was over: the stop that was told is off."""
        self._leave.restore()
        self.postpone()

    def postpone(self) -> None:
        """The stop that was told cannot go on, and will be told again."""
        self._stop = None
        self._fall.over()

    def anew(self) -> None:
        """Another guardian plays from here on: it knows nothing of the channels' last notes."""
        self._velocity.clear()

    def away(self, from_s: float, to_s: float) -> None:
        """Nothing could be sent from one time to the other: what sounded then sounds on, and no limit holds it.

        A stop that was told before has so much longer.
        """
        self._notes = {key: (since_s + to_s - from_s, loud) for key, (since_s, loud) in self._notes.items()}
        self._fall.away()
        if self._stop is not None:
            self._stop = Told(self._stop.kind, self._stop.at_s + to_s - from_s)

    def feed(self, time_s: float, data: bytes) -> None:
        """One message, as it went to the wire at ``time_s``."""
        if time_s < self._now_s:
            self._fault(f"time went back from {self._now_s:.4f}")
        self._settle(time_s)
        self._now_s = max(self._now_s, time_s)
        self._check_lengths(self._bounds.length_s if self._stop is None else OUTER.length_s)
        if not self._is_message(data):
            self._fault(f"not a message that may be sent: {data.hex(' ') or 'nothing'}")
            return
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        if kind == 0x90 and data[2] > 0:
            self._note_on(channel, data[1], data[2])
        elif kind in (0x80, 0x90):
            self._notes.pop((channel, data[1]), None)
        elif kind == 0xC0 or data[1] in (0, 32):
            self._want(not self._notes, "bank or program while notes sound")
        else:
            self._controller(channel, data[1], data[2])
        self._used.add(channel)

    def finish(self) -> None:
        """The stream is over: nothing may sound, and nothing may have broken the laws."""
        self._settle(math.inf)
        self._want(not self._notes, f"still sounding at the end: {sorted(self._notes)}")
        assert not self.violations, f"{len(self.violations)} breaches:\n" + "\n".join(self.violations[:20])

    def _fault(self, what: str) -> None:
        self.violations.append(f"{self._now_s:10.4f} s: {what}")

    def _want(self, holds: bool, what: str) -> None:  # noqa: FBT001 -- reads as a sentence where it is called
        if not holds:
            self._fault(what)

    @staticmethod
    def _is_message(data: bytes) -> bool:
        kind = data[0] & 0xF0 if data else 0
        length = {0x80: 3, 0x90: 3, 0xB0: 3, 0xC0: 2}.get(kind)
        return len(data) == length and all(byte < 128 for byte in data[1:])

    # Notes

    def _note_on(self, channel: int, pitch: int, velocity: int) -> None:
        bounds, now_s = self._bounds, self._now_s
        self._want(self._leave.sounds(), "a note-on by itself: nobody played on")
        self._want(self._stop is None or now_s <= self._stop.begun_s, "a note-on while stopping")
        self._want((channel, pitch) not in self._notes, f"pitch {pitch} struck while it sounds")
        self._want((channel, self._level_cc) in self._values, f"channel {channel} sounds before its level was set")
        self._want(28 <= pitch <= 96, f"pitch {pitch}")
        self._want(velocity <= bounds.velocity, f"velocity {velocity}")
        rise = velocity - self._velocity.get(channel, 48)
        self._want(rise <= bounds.velocity_rise, f"velocity {rise} over the channel's last")
        self._velocity[channel] = velocity
        self._notes[channel, pitch] = (now_s, velocity)
        self._want(len(self._notes) <= bounds.sounding, f"{len(self._notes)} notes sound")
        total = sum(loud for _, loud in self._notes.values())
        self._want(total <= bounds.velocities, f"velocities add up to {total}")
        self._check_onsets(channel)

    def _check_onsets(self, channel: int) -> None:
        now_s = self._now_s
        self._onsets = [onset for onset in self._onsets if onset[0] > now_s - 1 + SLACK]
        self._onsets.append((now_s, channel))
        mine = sum(where == channel for _, where in self._onsets)
        self._want(len(self._onsets) <= self._bounds.onsets, f"{len(self._onsets)} note-ons in a second")
        self._want(mine <= self._bounds.channel_onsets, f"{mine} note-ons in a second on channel {channel}")
        if self._composer:
            at_once = sum(when_s > now_s - 0.05 + SLACK for when_s, _ in self._onsets)
            self._want(at_once <= 3, f"{at_once} note-ons within 50 ms")

    def _check_lengths(self, longest_s: float) -> None:
        for (channel, pitch), (since_s, _) in list(self._notes.items()):
            if self._now_s > since_s + longest_s + 0.1:
                self._fault(f"pitch {pitch} on channel {channel} has sounded since {since_s:.2f}")
                del self._notes[channel, pitch]

    # Controllers

    def _controller(self, channel: int, number: int, value: int) -> None:
        if number in (120, 123):
            self._all_off(channel, number, value)
            return
        self._want(number in ALLOWED, f"controller {number}")
        key = (channel, number)
        if number == 64 and value == 0:
            self._offs_seen.add(key)
        silent = all(sounding != channel for sounding, _ in self._notes)
        free = silent and key not in self._fresh
        before = self._values.get(key)
        self._values[key] = value
        self._fresh.add(key)
        if not free and before is not None and not self._fades(number, before, value):
            self._check_move(key, before, value, silent=silent)
        if number == self._level_cc:
            self._gain(channel, value)
        if number in (7, 11):
            self._level(channel, number, before)
        if number == 74:
            self._bright(channel, value, restart=free)

    def _fades(self, number: int, before: int, value: int) -> bool:
        return self._stop is not None and number == self._level_cc and value <= before

    def _check_move(self, key: tuple[int, int], before: int, value: int, *, silent: bool) -> None:
        now_s, number = self._now_s, key[1]
        moves = [move for move in self._moves[key] if move[0] > now_s - 0.1 + SLACK]
        self._moves[key] = [*moves, (now_s, abs(value - before))]
        moved = sum(steps for _, steps in self._moves[key])
        if not 64 <= number <= 67:
            self._want(moved <= 20, f"controller {number} moved {moved} steps within 100 ms")
        if self._composer and self._stop is None and not (silent and value == 0):
            self._want(value != before, f"controller {number} sent again unchanged")
            self._want(abs(now_s * 10 - round(now_s * 10)) < 0.01, f"controller {number} off the 100-ms grid")
            self._budget = [when_s for when_s in self._budget if when_s > now_s - 1 + SLACK] + [now_s]
            self._want(len(self._budget) <= 12, f"{len(self._budget)} controllers in a second")

    def _all_off(self, channel: int, number: int, value: int) -> None:
        self._want(value == 0, f"controller {number} with value {value}")
        sounds = self._leave.waits and self._values.get((channel, self._level_cc), 0) > 0
        self._want(self.stopping or not sounds, f"all off on channel {channel} by itself: nobody asked")
        self._want((channel, 64) in self._offs_seen or self._stop is None, "all off before the pedal was let go")
        self._offs_seen.add((channel, number))
        if number == 123:
            stuck = [key for key in self._notes if key[0] == channel]
            self._want(not stuck, f"all off on channel {channel} with no note-off for {stuck}")
        else:
            self._fresh = {key for key in self._fresh if key[0] != channel or key[1] in (7, 11)}

    # Levels

    def _gain(self, channel: int, value: int) -> None:
        if value > 0:
            self._want(self._leave.sounds(), f"level {value} on channel {channel} by itself: nobody played on")
        excess = self._fall.excess(self._now_s, channel, value)
        if excess and self._leave.waits:
            self._fault(excess)

    def _level(self, channel: int, number: int, before: int | None) -> None:
        value, trace = self._values[channel, number], self._levels[channel]
        if number == self._level_cc and before is None:
            self._want(value <= 20, f"channel {channel} begins at level {value}, not from nothing")
        trace.add(self._now_s, sum(decibels(self._values.get((channel, each), 127)) for each in (7, 11)))
        if before is None:
            trace.forget()
            return
        if value > before:
            self._want(self._stop is None or self._now_s <= self._stop.begun_s, "a level rises while stopping")
            self._mark_start(channel, before)
        rise = trace.values[-1] - min(trace.within(self._now_s - 1))
        self._want(rise <= 6 + SLACK, f"channel {channel} rises {rise:.2f} dB within a second")
        if self._composer and self._stop is None and not self._rests():
            self._check_rates(rise, one_step(min(value, before)))

    def _mark_start(self, channel: int, before: int) -> None:
        others = (
            value for (where, number), value in self._values.items() if number == self._level_cc and where != channel
        )
        if before == 0 and not any(others):
            self._started_s = self._now_s

    def _check_rates(self, rise: float, step: float) -> None:
        starting = self._started_s is not None and self._now_s < self._started_s + START_S
        most = 3.0 if starting else 4.0
        self._want(
            rise <= most + step + SLACK, f"a level rises {rise:.2f} dB within a second, more than {most} and a step"
        )
        changes = [(trace.within(self._now_s - 1), trace.values[-1]) for trace in self._levels.values()]
        rising = sum(last - min(recent) > 0.5 + 1.6 + one_step(127) + step + SLACK for recent, last in changes)
        falling = sum(max(recent) - last > 2.0 + 1.6 + step + SLACK for recent, last in changes)
        self._want(starting or rising <= 1, f"{rising} layers rise faster than level and swell together")
        self._want(falling <= 1, f"{falling} layers fall faster than level and swell together")

    def _bright(self, channel: int, value: int, *, restart: bool) -> None:
        trace = self._brightness[channel]
        if restart:
            trace.times.clear()
            trace.values.clear()
        trace.add(self._now_s, value)
        recent = trace.within(self._now_s - 1)
        if self._composer:
            self._want(max(recent) - min(recent) <= 7, f"brightness moved {max(recent) - min(recent)} in a second")

    # Stops

    def _settle(self, time_s: float) -> None:
        """A stop whose time is over must have left silence behind."""
        told = self._stop
        if told is None or (time_s <= told.quiet_s and not self._is_quiet()):
            return
        if not self._is_quiet():
            at_s, self._now_s = self._now_s, told.quiet_s
            self._fault(f"not all off {told.quiet_s - told.at_s:.2f} s after {told.kind}: {self._missing()}")
            self._now_s = at_s
        self._stop = None
        self._leave.close()
        self._fall.over()
        for trace in self._levels.values():
            trace.forget()

    def _rests(self) -> bool:
        levels = [value for (_, number), value in self._values.items() if number == self._level_cc]
        return not self._notes and not any(levels)

    def _is_quiet(self) -> bool:
        return not self._missing()

    def _missing(self) -> list[str]:
        missing = [f"note {pitch} on channel {channel}" for channel, pitch in self._notes]
        for channel in sorted(self._used):
            numbers = [number for number in OFF_CONTROLLERS if (channel, number) not in self._offs_seen]
            missing += [f"controller {number} on channel {channel}" for number in numbers]
            level = self._values.get((channel, self._level_cc), 0)
            missing += [f"level {level} on channel {channel}"] if level else []
        return missing


def check_stream(
    stream: Iterable[tuple[float, bytes]],
    *,
    composer: bool = False,
    level_cc: int = 11,
    stops: Iterable[tuple[str, float]] = (),
) -> StreamChecker:
    """Feed a whole stream, with its stops in order of time, and finish."""
    checker = StreamChecker(composer=composer, level_cc=level_cc)
    waiting = sorted(stops, key=lambda stop: stop[1])
    for time_s, data in stream:
        while waiting and waiting[0][1] <= time_s:
            checker.stop(*waiting.pop(0))
        checker.feed(time_s, data)
    for stop in waiting:
        checker.stop(*stop)
    checker.finish()
    return checker
