"""What a soak lived through and what broke, added up: the one line at the end."""

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

BROKEN = ("stuck notes", "limits exceeded", "rows lost", "wrong resumes", "other breaches")


@dataclass(slots=True)
class Totals:
    """Counts by name, measured seconds by name, and every promise that was broken, with where."""

    counts: Counter[str] = field(default_factory=Counter)
    times_s: dict[str, list[float]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def add(self, other: "Totals") -> None:
        """Add up."""
        self.counts += other.counts
        for name, times_s in other.times_s.items():
            self.times_s.setdefault(name, []).extend(times_s)
        self.broken.extend(other.broken)

    def time(self, name: str, seconds: float) -> None:
        """One measured time."""
        self.times_s.setdefault(name, []).append(seconds)

    def tell(self, where: str, breaches: Iterable[str]) -> None:
        """Promises broken at ``where``, which is enough to live through it again."""
        self.broken.extend(f"{where}: {breach}" for breach in breaches)

    @property
    def line(self) -> str:
        """The one line: what was lived through, and what broke."""
        lived = ", ".join(f"{_number(self.counts[name])} {name}" for name in LIVED if self.counts[name])
        breaches = ", ".join(f"{count} {name}" for name, count in self.breaches.items())
        return f"soak: {lived or 'nothing'}: {breaches}."

    @property
    def breaches(self) -> dict[str, int]:
        """How often each promise was broken; what fits none is counted apart."""
        found = Counter(_kind(breach) for breach in self.broken)
        return {name: found[name] for name in BROKEN}

    def time_lines(self) -> list[str]:
        """Median and worst of each measured time."""
        return [
            f"  {name}: median {statistics.median(times_s):.3f} s, worst {max(times_s):.3f} s (n = {len(times_s)})"
            for name, times_s in sorted(self.times_s.items())
        ]

    def as_json(self) -> dict[str, object]:
        """All of it as plain values."""
        times = {
            name: {"median_s": statistics.median(times_s), "worst_s": max(times_s), "n": len(times_s)}
            for name, times_s in sorted(self.times_s.items())
        }
        return {"counts": dict(self.counts), "times": times, "breaches": self.breaches, "broken": self.broken}


LIVED = (
    "simulated hours",
    "single faults",
    "paired faults",
    "clock and suspend jumps",
    "hostile configurations",
    "engine kills",
    "guardian kills",
    "freezes",
    "stops",
    "disk faults",
    "notes",
    "commands",
)
"""The order in which counts are told; others are in the JSON alone."""

RAISED = "raised "
_SIGNS = {
    "stuck notes": ("stuck", "still sounding", "not all off", "has sounded since"),
    "rows lost": ("rows lost", "record is lost"),
    "wrong resumes": ("resume",),
    "other breaches": ("did not", "Error", "by itself", "for no reason", "exit code"),
}


def _kind(breach: str) -> str:
    """What the stream checker and the guardian's refusals say, but for stuck notes, is about limits."""
    if f": {RAISED}" in breach:
        return "other breaches"
    return next((kind for kind, signs in _SIGNS.items() if any(sign in breach for sign in signs)), "limits exceeded")


def _number(count: float) -> str:
    return f"{count:,.4g}" if isinstance(count, float) and count % 1 else f"{count:,.0f}"
