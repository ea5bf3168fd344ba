"""Values over time, and levels in dB, as the stream checker reads them."""

import math
from bisect import bisect_right
from dataclasses import dataclass, field


def decibels(value: int) -> float:
    """Law 5's level of one controller value."""
    return 40 * math.log10((20 if value < 20 else value) / 127)


def one_step(value: int) -> float:
    """What one controller step is worth in dB at this value."""
    return decibels(max(value, 20) + 1) - decibels(max(value, 20))


@dataclass
class Trace:
    """One controller's or level's values over time."""

    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, time_s: float, value: float) -> None:
        """The value from ``time_s`` on."""
        self.times.append(time_s)
        self.values.append(value)

    def within(self, start_s: float) -> list[float]:
        """The values in force from ``start_s`` on."""
        first = max(bisect_right(self.times, start_s) - 1, 0)
        return self.values[first:]

    def forget(self) -> None:
        """Keep the last value alone."""
        del self.times[:-1], self.values[:-1]
