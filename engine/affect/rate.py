"""Heart rate from beats: medians over sliding windows, how much of the window was heard, and the slope."""

from bisect import bisect_left, insort
from collections import deque

from sensors.artefacts import plausible
from sensors.heart import RR_TICKS_PER_SECOND, Beat, Verdict

LEVEL_S = 60.0
"""Window of the level that is scored: 60 s loses nothing to 75 s and gains .03 AUC over 30 s (docs/estimator.md)."""
DISPLAY_S = 30.0
"""Window of the rate that is shown: the shortest found reliable (Baek 2015, PMC9460303)."""
SLOPE_S = 90
"""The slope is the level now minus the level this long ago: between 60 and 180 s, so that neither a breath nor a
drug's slow climb makes it."""
LEVEL_SD_BPM = 3.0
LEVEL_HOLDS_S = 90.0
"""How a resting level wanders: standard deviation 2.5 to 3.2/min around its mean and 1/e of its autocorrelation within
20 to 40 s (105 rests of 23 people, stress-predict): a look each 90 s is a new one."""
LEAST_COVERAGE = 0.25
"""Share of the window that must have been heard for a level to be known at all."""
HOLD_S = 3.0
"""The longest that one heart-rate value without intervals speaks for."""
NEAR_SHARE = 0.2
NEAR_BEATS = 21
"""A beat that is called good must also lie this near the median of the last 21 plausible ones: where a signal is so
noisy that any interval looks usual, this keeps the level (+.003 AUC on a wrist; nothing is lost on a strap)."""
_MOST_SAMPLES = 400


class MedianWindow:
    """The median of what came in the last ``span_s`` seconds, and the time those values account for."""

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._least_ticks = LEAST_COVERAGE * span_s * RR_TICKS_PER_SECOND
        self._samples: deque[tuple[float, float, int]] = deque()
        self._sorted: list[float] = []
        self._ticks = 0

    def add(self, time_s: float, value: float, ticks: int) -> None:
        """Take a value that accounts for ``ticks`` / 1024 s."""
        if len(self._samples) >= _MOST_SAMPLES:
            self._drop()
        self._samples.append((time_s, value, ticks))
        insort(self._sorted, value)
        self._ticks += ticks

    def expire(self, now_s: float) -> None:
        """Forget what is older than the window."""
        oldest_s, samples = now_s - self._span_s, self._samples
        while samples and samples[0][0] <= oldest_s:
            self._drop()

    @property
    def coverage(self) -> float:
        """The share of the window that its values account for, 0..1."""
        return min(1.0, self._ticks / RR_TICKS_PER_SECOND / self._span_s)

    @property
    def median(self) -> float | None:
        """The middle value; None where too little of the window was heard."""
        values = self._sorted
        if not values or self._ticks < self._least_ticks:
            return None
        middle, odd = divmod(len(values), 2)
        return values[middle] if odd else (values[middle - 1] + values[middle]) / 2

    def _drop(self) -> None:
        _, value, ticks = self._samples.popleft()
        del self._sorted[bisect_left(self._sorted, value)]
        self._ticks -= ticks


class _Nearness:
    """Whether an interval lies near the running median of the last plausible ones."""

    def __init__(self) -> None:
        self._recent: deque[int] = deque()
        self._sorted: list[int] = []

    def near(self, rr_ticks: int) -> bool:
        """Take an interval, and say."""
        self._recent.append(rr_ticks)
        insort(self._sorted, rr_ticks)
        if len(self._recent) > NEAR_BEATS:
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]
        middle = self._sorted[len(self._sorted) // 2]
        return abs(rr_ticks - middle) <= NEAR_SHARE * middle


class HeartRate:
    """One heart's rate, from good beats or, where the strap sends none, from its own heart-rate values.

    ``level_bpm`` is the median of 60 s, ``display_bpm`` of 30 s; None where less than a quarter of it was heard.
    ``coverage`` is the share of the last 60 s that good beats account for. All are as of the last ``second``.
    """

    def __init__(self) -> None:
        self._level = MedianWindow(LEVEL_S)
        self._display = MedianWindow(DISPLAY_S)
        self._levels: deque[float] = deque(maxlen=SLOPE_S + 1)
        self._nearness = _Nearness()
        self._last_value_s = float("-inf")
        self.level_bpm: float | None = None
        self.display_bpm: float | None = None
        self.slope_bpm_per_min = 0.0
        self.coverage = 0.0

    def hear_beat(self, beat: Beat) -> None:
        """Take a judged beat; only a good one near the others counts."""
        near = plausible(beat.rr_ticks) and self._nearness.near(beat.rr_ticks)
        if near and beat.verdict is Verdict.GOOD:
            self._add(beat.time_s, 60.0 * RR_TICKS_PER_SECOND / beat.rr_ticks, beat.rr_ticks)

    def hear_value(self, time_s: float, hr_bpm: int) -> None:
        """Take a heart-rate value of a source without intervals."""
        held_s = min(HOLD_S, max(0.0, time_s - self._last_value_s))
        self._last_value_s = time_s
        self._add(time_s, float(hr_bpm), round(held_s * RR_TICKS_PER_SECOND))

    def second(self, now_s: float) -> None:
        """Bring the rates and the slope to this second; called once for each."""
        self._level.expire(now_s)
        self._display.expire(now_s)
        self.coverage = self._level.coverage
        self.display_bpm = self._display.median
        self.level_bpm = level_bpm = self._level.median
        if level_bpm is None:
            self.gap()
            return
        levels = self._levels
        levels.append(level_bpm)
        if len(levels) > SLOPE_S:
            self.slope_bpm_per_min = (level_bpm - levels[0]) * 60.0 / SLOPE_S

    def gap(self) -> None:
        """Time was lost: no slope is taken across it."""
        self._levels.clear()
        self.slope_bpm_per_min = 0.0

    def _add(self, time_s: float, bpm: float, ticks: int) -> None:
        self._level.add(time_s, bpm, ticks)
        self._display.add(time_s, bpm, ticks)
