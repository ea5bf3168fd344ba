"""Beats and seconds under a tempo that moves: each tick is one straight stretch, and the stretches join exactly."""

from dataclasses import dataclass

NS_PER_S = 1_000_000_000
ROUNDING = 1e-9
"""Seconds or beats: so far outside its tick a value may lie and still belong to its edge."""


@dataclass(slots=True)
class Timeline:
    """Where the music stands, in beats since its start and in seconds since the session's start.

    Time is kept in whole nanoseconds, so an hour of ticks adds up without drift. ``beat_at`` and ``time_of`` speak
    of the tick just advanced, ends included; they give its ends exactly, and undo each other to within a nanosecond.
    """

    _start_ns: int = 0
    _end_ns: int = 0
    _start_beat: float = 0.0
    _end_beat: float = 0.0

    @property
    def beat(self) -> float:
        """The beat at which the last tick ended and the next begins."""
        return self._end_beat

    @property
    def now_s(self) -> float:
        """The second at which the last tick ended and the next begins."""
        return self._end_ns / NS_PER_S

    def advance(self, seconds: float, tempo_bpm: float) -> None:
        """Let ``seconds`` pass at one tempo. Raises ValueError where either is not above 0."""
        if seconds <= 0 or tempo_bpm <= 0:
            raise ValueError(f"time runs forward: {seconds} s at {tempo_bpm} bpm")
        self._start_ns, self._start_beat = self._end_ns, self._end_beat
        self._end_ns += round(seconds * NS_PER_S)
        self._end_beat += seconds * tempo_bpm / 60

    def skip(self, seconds: float) -> None:
        """Let ``seconds`` pass without music: the beat stands still. Raises ValueError below 0."""
        if seconds < 0:
            raise ValueError(f"time runs forward, not by {seconds} s")
        self._end_ns += round(seconds * NS_PER_S)
        self._start_ns, self._start_beat = self._end_ns, self._end_beat

    def beat_at(self, time_s: float) -> float:
        """The beat at a second of this tick. Raises ValueError for a time outside it."""
        start_s, end_s = self._start_ns / NS_PER_S, self._end_ns / NS_PER_S
        return _between(time_s, start_s, end_s, self._start_beat, self._end_beat)

    def time_of(self, beat: float) -> float:
        """The second of a beat of this tick. Raises ValueError for a beat outside it."""
        start_s, end_s = self._start_ns / NS_PER_S, self._end_ns / NS_PER_S
        return _between(beat, self._start_beat, self._end_beat, start_s, end_s)


def _between(value: float, low: float, high: float, at_low: float, at_high: float) -> float:
    if not low - ROUNDING <= value <= high + ROUNDING:
        raise ValueError(f"{value} lies outside the tick just advanced, {low} to {high}")
    if value >= high:
        return at_high
    return max(at_low, at_low + (value - low) / (high - low) * (at_high - at_low))
