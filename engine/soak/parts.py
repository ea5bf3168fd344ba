"""The parts of a soak, and how much of each a short one and a long one live through."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.soak.configurations import configurations
from engine.soak.crew import Case
from engine.soak.processes import hits
from engine.soak.simulated import faults, hours, jumps


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much of everything."""

    hours: int = 0
    fault_seeds: int = 0
    pairs: int = 0
    jumps: int = 0
    configurations: int = 0
    engine_kills: int = 0
    guardian_kills: int = 0
    freezes: int = 0
    stops: int = 0
    disk_faults: int = 0


SHORT = Amounts(2, 1, 10, 6, 200, engine_kills=2, guardian_kills=2, freezes=1, stops=1, disk_faults=1)
LONG = Amounts(1000, 20, 400, 60, 20_000, engine_kills=100, guardian_kills=50, freezes=20, stops=20, disk_faults=10)

PARTS: dict[str, Callable[[Amounts, int], Sequence[Case]]] = {
    "kills": lambda some, seed: [
        *hits("engine killed", some.engine_kills, seed),
        *hits("guardian killed", some.guardian_kills, seed),
        *hits("engine frozen", some.freezes, seed),
        *hits("silenced", some.stops, seed),
        *hits("paused", some.stops // 2, seed),
    ],
    "disks": lambda some, seed: [
        hit for kind in ("disk full", "disk locked", "disk slow") for hit in hits(kind, some.disk_faults, seed, 5)
    ],
    "jumps": lambda some, seed: jumps(some.jumps, seed),
    "configurations": lambda some, seed: configurations(some.configurations, seed),
    "faults": lambda some, seed: faults(some.fault_seeds, some.pairs, seed),
    "hours": lambda some, seed: hours(some.hours, seed),
}
"""What ``--part`` names, in the order in which it is lived."""


def cases_of(parts: Sequence[str], amounts: Amounts, seed: int) -> list[Case]:
    """Every case of these parts."""
    return [case for part in PARTS if part in parts for case in PARTS[part](amounts, seed)]
