"""How old a heart's data is: counted from the last packet that told something, not from the link."""

from collections import deque
from math import inf

from sensors.heart import RR_TICKS_PER_SECOND

HR_ONLY_AFTER_S = 10.0
"""A source that sends heart rates but no interval for so long is taken as heart-rate only."""

FROZEN_INTERVALS = 30
FROZEN_TICKS = int(0.004 * RR_TICKS_PER_SECOND)
FROZEN_HR_S = 120.0
"""A source repeats itself when so many intervals lie within 4 ms, or a heart rate alone stays for so long."""


class DataAge:
    """Packets' arrivals in, data age out; a frozen source ages from its first repeat."""

    def __init__(self) -> None:
        self.hr_only = False
        self._last_rr_s = -inf
        self._last_hr_s = -inf
        self._without_rr_since_s: float | None = None
        self._intervals = _RepeatedIntervals()
        self._rate = _RepeatedRate()

    def intervals(self, arrival_s: float, rr_ticks: tuple[int, ...]) -> None:
        """A packet brought these plausible intervals."""
        self.hr_only = False
        self._without_rr_since_s = None
        self._last_rr_s = arrival_s
        for each in rr_ticks:
            self._intervals.hear(arrival_s, each)

    def rate(self, arrival_s: float, hr_bpm: int) -> None:
        """A packet brought a heart rate above 0, and no interval."""
        self._rate.hear(arrival_s, hr_bpm)
        self._last_hr_s = arrival_s
        if self._without_rr_since_s is None:
            self._without_rr_since_s = arrival_s
        self.hr_only = arrival_s - self._without_rr_since_s >= HR_ONLY_AFTER_S

    @property
    def frozen_since_s(self) -> float | None:
        """When a source that only repeats itself first did so; None while it lives."""
        return self._rate.frozen_since_s if self.hr_only else self._intervals.frozen_since_s

    def age_s(self, now_s: float) -> float:
        """Seconds since the arrival of the last telling packet; infinite before the first."""
        if self.frozen_since_s is not None:
            return now_s - self.frozen_since_s
        return now_s - (self._last_hr_s if self.hr_only else self._last_rr_s)


class _RepeatedIntervals:
    """Watches for 30 intervals in a row that lie within 4 ms."""

    def __init__(self) -> None:
        self.frozen_since_s: float | None = None
        self._ticks: deque[int] = deque(maxlen=FROZEN_INTERVALS)
        self._arrivals_s: deque[float] = deque(maxlen=FROZEN_INTERVALS)
        self._alike = 0

    def hear(self, arrival_s: float, rr_ticks: int) -> None:
        alike = bool(self._ticks) and abs(rr_ticks - self._ticks[-1]) <= FROZEN_TICKS
        self._alike = self._alike + 1 if alike else 1
        self._ticks.append(rr_ticks)
        self._arrivals_s.append(arrival_s)
        if self._alike < FROZEN_INTERVALS or max(self._ticks) - min(self._ticks) > FROZEN_TICKS:
            self.frozen_since_s = None
        elif self.frozen_since_s is None:
            self.frozen_since_s = self._arrivals_s[1]


class _RepeatedRate:
    """Watches for a heart rate that does not change for two minutes."""

    def __init__(self) -> None:
        self.frozen_since_s: float | None = None
        self._hr_bpm: int | None = None
        self._since_s = -inf
        self._first_repeat_s: float | None = None

    def hear(self, arrival_s: float, hr_bpm: int) -> None:
        if hr_bpm != self._hr_bpm:
            self._hr_bpm, self._since_s = hr_bpm, arrival_s
            self._first_repeat_s = self.frozen_since_s = None
            return
        self._first_repeat_s = arrival_s if self._first_repeat_s is None else self._first_repeat_s
        if arrival_s - self._since_s >= FROZEN_HR_S:
            self.frozen_since_s = self._first_repeat_s
