"""How late note-ons went out, counted in buckets. Standard library only."""

import math
from bisect import bisect_left
from dataclasses import dataclass, field

EDGES_MS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 150.0)
"""Upper edges of the buckets; a last one holds the rest."""


@dataclass(slots=True)
class Lateness:
    """A histogram; ``counts`` has one number for each edge and one for what lies beyond the last."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(EDGES_MS) + 1))
    worst_ms: float = 0.0

    def add(self, late_s: float) -> None:
        """Count one note-on that left ``late_s`` after its moment."""
        late_ms = max(late_s, 0.0) * 1000
        self.counts[bisect_left(EDGES_MS, late_ms)] += 1
        self.worst_ms = max(self.worst_ms, late_ms)

    @property
    def total(self) -> int:
        """How many were counted."""
        return sum(self.counts)

    def at_most_ms(self, share: float) -> float:
        """The edge under which this share of all lies; the worst one beyond the last edge; 0 when there are none."""
        wanted, seen = math.ceil(self.total * share), 0
        for edge_ms, count in zip(EDGES_MS, self.counts, strict=False):
            seen += count
            if seen >= wanted:
                return edge_ms if self.total else 0.0
        return self.worst_ms


def told(report: dict[str, object]) -> str | None:
    """The guardian's report of its lateness in a sentence; None where no note was played."""
    match report:
        case {"lateness": list(counts), "worst_late_ms": int() | float() as worst_ms, "late": int(dropped)}:
            lateness = Lateness([int(count) for count in counts], float(worst_ms))
        case _:
            return None
    if not lateness.total:
        return None
    within = f"{_share(lateness)} left within {lateness.at_most_ms(0.99):g} ms of their moment"
    left_out = f"; {dropped} more came too late and were left out" if dropped else ""
    return f"{within}, the latest {worst_ms:.1f} ms after it{left_out}."


def _share(lateness: Lateness) -> str:
    """How many notes left within what 99 of 100 did."""
    if lateness.at_most_ms(0.99) < lateness.at_most_ms(1.0):
        return f"99 % of {lateness.total} notes"
    return "The one note" if lateness.total == 1 else f"All {lateness.total} notes"
