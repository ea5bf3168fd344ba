"""Which share of the last seconds good data covers."""

from bisect import bisect_left

LONGEST_WINDOW_S = 60.0
LAG_S = 4.0
"""Data this late is only on its way: a packet's second, and two slow beats until a verdict."""

_KEPT = 512
"""More spans than a minute can hold, at 0.3 s each."""


class Coverage:
    """Spans of good and bad data in, the good share of a window out; constant memory, O(log n) to ask."""

    def __init__(self) -> None:
        self._first_s: float | None = None
        self._starts_s: list[float] = []
        self._ends_s: list[float] = []
        self._good_s: list[float] = []
        self._total_good_s = [0.0]

    def add(self, end_s: float, duration_s: float, *, good: bool) -> None:
        """A span that ended at ``end_s``, not before the one added last."""
        start_s = end_s - duration_s
        if self._ends_s:
            start_s = min(end_s, max(start_s, self._ends_s[-1]))
        else:
            self._first_s = start_s if self._first_s is None else self._first_s
        good_s = end_s - start_s if good else 0.0
        self._starts_s.append(start_s)
        self._ends_s.append(end_s)
        self._good_s.append(good_s)
        self._total_good_s.append(self._total_good_s[-1] + good_s)
        if len(self._ends_s) > 2 * _KEPT:
            self._forget()

    def share(self, now_s: float, window_s: float) -> float:
        """The good share, 0..1, of the last ``window_s`` (at most 60) seconds, from the first span on."""
        if self._first_s is None:
            return 0.0
        end_s = max(self._ends_s[-1], now_s - LAG_S)
        start_s = max(self._first_s, now_s - min(window_s, LONGEST_WINDOW_S))
        if end_s <= start_s:
            return 0.0
        return max(0.0, min(1.0, (self._good_until(end_s) - self._good_until(start_s)) / (end_s - start_s)))

    def _good_until(self, time_s: float) -> float:
        index = bisect_left(self._ends_s, time_s)
        total_s = self._total_good_s[index]
        if index < len(self._ends_s) and self._good_s[index]:
            total_s += max(0.0, time_s - self._starts_s[index])
        return total_s

    def _forget(self) -> None:
        for spans in (self._starts_s, self._ends_s, self._good_s):
            del spans[:-_KEPT]
        base_s = self._total_good_s[-_KEPT - 1]
        self._total_good_s = [total_s - base_s for total_s in self._total_good_s[-_KEPT - 1 :]]
