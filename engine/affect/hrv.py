"""Streaming heart rate and its variability: exact sums over the last minute, a constant work and memory for each beat.

The definitions are those of the Task Force (Circulation 93, 1996): SDNN is the standard deviation of the good
intervals (n - 1), RMSSD the root mean square of the differences of adjacent good ones. The sums are integers in the
interval's own ticks, so nothing drifts, however long the session.

No room runs this: the estimator works from the median rate alone, since variability told no more of arousal on the
recordings. It stands here measured (``benchmarks.hrv``, ``benchmarks.artefacts``) for whoever finds that it does.
"""

from collections import deque
from math import inf, sqrt

from sensors.heart import RR_TICKS_PER_SECOND

WINDOW_S = 60.0

_APART = -1


class HeartRateVariability:
    """Good beats in; heart rate, RMSSD and SDNN over the window that ends with the last one.

    Each is None until it is known: a rate takes one beat, SDNN two, RMSSD one difference.
    """

    def __init__(self, window_s: float = WINDOW_S, ticks_per_second: int = RR_TICKS_PER_SECOND) -> None:
        self._window_s = window_s
        self._per_second = ticks_per_second
        self._ms_per_tick = 1000 / ticks_per_second
        self._beats: deque[tuple[float, int]] = deque()
        self._steps: deque[int] = deque()
        self._expires_s = inf
        self._last_ticks = 0
        self._sum = 0
        self._squares = 0
        self._step_squares = 0
        self._step_count = 0

    def hear(self, time_s: float, rr_ticks: int, *, adjacent: bool) -> None:
        """Take a good beat; ``adjacent`` where its difference from the one heard last means something."""
        beats = self._beats
        if beats:
            step = _APART
            if adjacent:
                step = (rr_ticks - self._last_ticks) ** 2
                self._step_squares += step
                self._step_count += 1
            self._steps.append(step)
        else:
            self._expires_s = time_s + self._window_s
        beats.append((time_s, rr_ticks))
        self._last_ticks = rr_ticks
        self._sum += rr_ticks
        self._squares += rr_ticks * rr_ticks
        if time_s >= self._expires_s:
            self.advance(time_s)

    def advance(self, now_s: float) -> None:
        """Let what is older than the window at ``now_s`` go, with the differences from it."""
        beats, steps = self._beats, self._steps
        while beats and beats[0][0] <= now_s - self._window_s:
            _, rr_ticks = beats.popleft()
            self._sum -= rr_ticks
            self._squares -= rr_ticks * rr_ticks
            step = steps.popleft() if steps else _APART
            if step != _APART:
                self._step_squares -= step
                self._step_count -= 1
        self._expires_s = beats[0][0] + self._window_s if beats else inf

    @property
    def count(self) -> int:
        """Good beats in the window."""
        return len(self._beats)

    @property
    def hr_bpm(self) -> float | None:
        """Beats a minute: the reciprocal of the mean good interval."""
        return 60 * self._per_second * len(self._beats) / self._sum if self._sum else None

    @property
    def rmssd_ms(self) -> float | None:
        """Root mean square of the differences of adjacent good intervals."""
        count = self._step_count
        return self._ms_per_tick * sqrt(self._step_squares / count) if count else None

    @property
    def sdnn_ms(self) -> float | None:
        """Standard deviation of the good intervals, with n - 1."""
        count = len(self._beats)
        if count < 2:
            return None
        return self._ms_per_tick * sqrt((count * self._squares - self._sum**2) / (count * (count - 1)))
