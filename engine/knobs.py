"""A synth's controllers: what each was told, and how far and how loud it may be turned now. Standard library only."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.limits import DEFAULT_VALUES, JUST_S, LEVELS, SOFTEST_LEVEL, SWITCHES, Limits, level_db
from engine.midi import EXPRESSION, VOLUME, control


@dataclass(slots=True)
class Knob:
    """One controller of one channel, once it was told."""

    value: int
    told: bool = True
    """False since the channel's last all off, where its next value may be free."""
    turns: deque[tuple[float, int]] = field(default_factory=deque)
    """Recent (seconds, steps moved)."""


class Softest:
    """The softest level in force within the last second, the one that the second began with included.

    It keeps a staircase: each entry is the softest from its time on, so the first one in the second is the answer.
    """

    __slots__ = ("_stairs",)

    def __init__(self) -> None:
        self._stairs: deque[tuple[float, float]] = deque()

    def add(self, at_s: float, level: float) -> None:
        """From now on this level, in dB, is in force."""
        stairs, since_s = self._stairs, at_s
        while stairs and stairs[-1][1] >= level:
            since_s = stairs.pop()[0]
        stairs.append((since_s, level))

    def at(self, now_s: float) -> float:
        """In dB; ask only after something was added."""
        stairs = self._stairs
        while len(stairs) > 1 and stairs[1][0] <= now_s - 1.0 - JUST_S:
            stairs.popleft()
        return stairs[0][1]


class Knobs:
    """Every controller of every channel. ``sounding`` is the ledger of notes: a channel with none in it is silent.

    Only numbers of ``CONTROLLERS`` come here. A silent channel's first value since its last all off is free; a level
    counts on across it.
    """

    def __init__(self, limits: Limits, sounding: Iterable[tuple[int, int]]) -> None:
        self._limits = limits
        self._sounding = sounding
        self._knobs: dict[tuple[int, int], Knob] = {}
        self._softest: dict[int, Softest] = {}
        self._times_s: deque[float] = deque()

    def sent(self, channel: int, number: int) -> int | None:
        """The last value sent, or None before the first."""
        knob = self._knobs.get((channel, number))
        return None if knob is None else knob.value

    def of_channel(self, channel: int) -> tuple[bytes, ...]:
        """Every controller of this channel as it was last sent."""
        return tuple(
            control(where, number, knob.value) for (where, number), knob in self._knobs.items() if where == channel
        )

    def refusal(self, at_s: float, channel: int, number: int, value: int) -> str | None:
        """The limit that forbids this value now; None where it may be sent."""
        knob = self._knobs.get((channel, number))
        if (knob is None or not knob.told) and self._is_silent(channel):
            return None
        if not self._may_turn(at_s):
            return "controllers in a second"
        now = knob.value if knob else DEFAULT_VALUES.get(number, 0)
        if abs(value - now) > self._steps_left(at_s, number, knob):
            return "controller steps"
        if value > now and number in LEVELS and value > self._loudest(at_s, channel, number, now):
            return "level rise"
        return None

    def nearest(self, at_s: float, channel: int, number: int, asked: int) -> int | None:
        """The value nearest to a refused one that may be sent now; None where the controller must stay."""
        if not self._may_turn(at_s):
            return None
        knob = self._knobs.get((channel, number))
        now = knob.value if knob else DEFAULT_VALUES.get(number, 0)
        left = self._steps_left(at_s, number, knob)
        high = now + left
        if number in LEVELS:
            high = min(high, self._loudest(at_s, channel, number, now))
        value = min(max(asked, now - left), high)
        return None if value == now else value

    def accept(self, at_s: float, channel: int, number: int, value: int) -> None:
        """Remember a value that was sent, allowed or not."""
        knob = self._knobs.get((channel, number))
        free = (knob is None or not knob.told) and self._is_silent(channel)
        before = knob.value if knob else DEFAULT_VALUES.get(number, 0)
        if knob is None:
            knob = self._knobs[channel, number] = Knob(value)
        knob.value, knob.told = value, True
        if not free:
            self._count(at_s, knob.turns, abs(value - before))
        if number in LEVELS:
            self._note_level(at_s, channel, restart=free)

    def release(self, channel: int) -> None:
        """All sound off: this channel's next values are free, but for its level."""
        for (where, number), knob in self._knobs.items():
            if where == channel and number not in LEVELS:
                knob.told = False

    def _is_silent(self, channel: int) -> bool:
        return all(sounding != channel for sounding, _ in self._sounding)

    def _may_turn(self, at_s: float) -> bool:
        times_s = self._times_s
        while times_s and times_s[0] <= at_s - 1.0 + JUST_S:
            times_s.popleft()
        return len(times_s) < self._limits.controllers_per_s

    def _steps_left(self, at_s: float, number: int, knob: Knob | None) -> int:
        """What the last ``controller_s`` left of a controller's steps."""
        if number in SWITCHES:
            return 127
        left = self._limits.controller_steps
        if knob is not None:
            since_s = at_s - self._limits.controller_s + JUST_S
            for when_s, steps in knob.turns:
                if when_s > since_s:
                    left -= steps
        return max(left, 0)

    def _loudest(self, at_s: float, channel: int, number: int, now: int) -> int:
        """The highest value of a level controller: from the softest moment of the last second."""
        aside_db = self._level_db(channel, EXPRESSION if number == VOLUME else VOLUME)
        softest = self._softest.get(channel)
        softest_db = level_db(now) + aside_db if softest is None else softest.at(at_s)
        allowed_db = softest_db + self._limits.level_rise_db - aside_db
        value = max(int(127.0 * 10.0 ** (allowed_db / 40.0) + 1e-6), SOFTEST_LEVEL)
        return max(value + self._limits.level_step, now)

    def _level_db(self, channel: int, number: int) -> float:
        knob = self._knobs.get((channel, number))
        return level_db(knob.value if knob else DEFAULT_VALUES[number])

    def _count(self, at_s: float, turns: deque[tuple[float, int]], steps: int) -> None:
        while turns and turns[0][0] <= at_s - self._limits.controller_s:
            turns.popleft()
        turns.append((at_s, steps))
        self._times_s.append(at_s)

    def _note_level(self, at_s: float, channel: int, *, restart: bool) -> None:
        softest = self._softest.get(channel)
        if softest is None or restart:
            softest = self._softest[channel] = Softest()
        softest.add(at_s, self._level_db(channel, VOLUME) + self._level_db(channel, EXPRESSION))
