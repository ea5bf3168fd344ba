"""The parts of a soak, and how much of each a short one and a long one live through."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.soak.crew import Case
from engine.soak.simulated import faults, hours, jumps


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much of everything."""

    hours: int = 0
    fault_seeds: int = 0
    pairs: int = 0
    jumps: int = 0


SHORT = Amounts(hours=2, fault_seeds=1, pairs=10, jumps=6)
LONG = Amounts(hours=1000, fault_seeds=20, pairs=400, jumps=60)

PARTS: dict[str, Callable[[Amounts, int], Sequence[Case]]] = {
    "hours": lambda amounts, seed: hours(amounts.hours, seed),
    "faults": lambda amounts, seed: faults(amounts.fault_seeds, amounts.pairs, seed),
    "jumps": lambda amounts, seed: jumps(amounts.jumps, seed),
}
"""What ``--part`` names, in the order in which it is lived."""


def cases_of(parts: Sequence[str], amounts: Amounts, seed: int) -> list[Case]:
    """Every case of these parts."""
    return [case for part in PARTS if part in parts for case in PARTS[part](amounts, seed)]
