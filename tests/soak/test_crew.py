"""One case that fails in a way that nobody thought of does not take the others with it."""

import os
from dataclasses import dataclass

import pytest

from engine.soak.crew import live_all
from engine.soak.totals import Totals


@dataclass(frozen=True)
class Good:
    seed: int

    def live(self) -> Totals:
        totals = Totals()
        totals.counts["simulated hours"] += 1
        return totals


@dataclass(frozen=True)
class Raising(Good):
    def live(self) -> Totals:
        raise ValueError("tick 4 does not follow tick 2 after a resume")


@dataclass(frozen=True)
class Dying(Good):
    """Its process is gone, as when the computer has no memory left."""

    def live(self) -> Totals:
        os._exit(9)


def lived(*cases: Good, jobs: int) -> tuple[Totals, list[int]]:
    totals, numbers = Totals(), list[int]()

    def done(number: int, one: Totals) -> None:
        numbers.append(number)
        totals.add(one)

    live_all(cases, jobs, done)
    return totals, numbers


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_case_that_raises_is_told_with_how_to_live_it_again_and_the_others_are_lived(jobs: int) -> None:
    totals, numbers = lived(Good(1), Raising(2), Good(3), jobs=jobs)
    assert totals.counts["simulated hours"] == 2
    assert totals.broken == ["Raising(seed=2): raised ValueError: tick 4 does not follow tick 2 after a resume"]
    assert totals.breaches["other breaches"] == 1
    assert numbers == [1, 2, 3]


def test_a_process_that_dies_is_told_and_another_crew_goes_on() -> None:
    cases = (Dying(1), *map(Good, range(2, 7)), Dying(7), Good(8))
    totals, numbers = lived(*cases, jobs=2)
    told = [breach for breach in totals.broken if "raised BrokenProcessPool" in breach]
    assert {"Dying(seed=1)", "Dying(seed=7)"} <= {breach.partition(":")[0] for breach in told}
    assert len(told) + totals.counts["simulated hours"] == len(cases) == len(numbers)
    assert totals.breaches["other breaches"] == len(told) == len(totals.broken) <= 4
