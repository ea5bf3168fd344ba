"""MIDI clock from the session's pulse: 24 a beat on the music's own grid, with start and stop. Standard library only.

MIDI 1.0, System Real Time: the first clock after *start* is the downbeat. Clocks go on while the music is stopped, so
that a synth knows the tempo before it is asked to follow.
"""

import math
from collections import deque
from dataclasses import dataclass

CLOCK, START, STOP = b"\xf8", b"\xfa", b"\xfc"
PER_BEAT = 24
MISSED_S = 0.1
"""Clocks later than this are not caught up with."""
SAME_GRID_BEATS = 0.02


@dataclass(frozen=True, slots=True)
class Pulse:
    """From ``at_s`` on, which is beat ``beat``, the music goes at ``bpm``."""

    at_s: float
    beat: float
    bpm: float

    def time_s(self, clock: int) -> float:
        """When clock number ``clock`` (24 a beat) comes."""
        return self.at_s + (clock / PER_BEAT - self.beat) * 60.0 / self.bpm


class MidiClock:
    """Counts clocks along a changing pulse; ``take`` gives what is due. Pulses come in order of time."""

    def __init__(self) -> None:
        self._pulses: deque[Pulse] = deque()
        self._next: int | None = None
        self._started = False

    @property
    def next_due_s(self) -> float:
        """When the next clock comes; infinity before the first pulse is known."""
        if self._next is None:
            return math.inf
        for now, after in zip(self._pulses, list(self._pulses)[1:], strict=False):
            time_s = now.time_s(self._next)
            if time_s < after.at_s:
                return time_s
        return self._pulses[-1].time_s(self._next)

    def hear(self, pulse: Pulse) -> None:
        """The pulse from a moment on; one at no speed at all is not heard."""
        if not (math.isfinite(pulse.at_s) and math.isfinite(pulse.beat) and 1.0 <= pulse.bpm <= 1000.0):
            return
        if self._pulses and not self._goes_on(pulse):
            self._pulses.clear()
            self._next = None
        self._pulses.append(pulse)
        if self._next is None:
            self._next = math.ceil(pulse.beat * PER_BEAT)

    def _goes_on(self, pulse: Pulse) -> bool:
        """Whether it continues the pulse before; after a gap that nobody played, the grid begins anew."""
        last = self._pulses[-1]
        expected = last.beat + (pulse.at_s - last.at_s) * last.bpm / 60.0
        return pulse.at_s >= last.at_s and abs(pulse.beat - expected) < SAME_GRID_BEATS

    def take(self, now_s: float, *, playing: bool) -> list[bytes]:
        """What is due by ``now_s``: a stop at once, a start one clock before a beat, and clocks."""
        messages: list[bytes] = []
        if self._started and not playing:
            self._started = False
            messages.append(STOP)
        while self._next is not None and (due_s := self.next_due_s) <= now_s:
            self._pass(due_s)
            if now_s - due_s > MISSED_S:
                self._skip(now_s)
                continue
            messages.append(CLOCK)
            self._next += 1
            if playing and not self._started and self._next % PER_BEAT == 0:
                self._started = True
                messages.append(START)
        return messages

    def _pass(self, now_s: float) -> None:
        while len(self._pulses) > 1 and self._pulses[1].at_s <= now_s:
            self._pulses.popleft()

    def _skip(self, now_s: float) -> None:
        """Go on from ``now_s``, wherever the music stands by then."""
        self._pass(now_s)
        pulse = self._pulses[0]
        self._next = math.ceil((pulse.beat + (now_s - pulse.at_s) * pulse.bpm / 60.0) * PER_BEAT)
