"""Whole sessions in simulated time: quiet hours, hours in which everything happens, and each fault for itself."""

import random
from dataclasses import dataclass

from engine.affect.estimate import Route
from engine.config import load
from engine.session import Setup
from engine.soak.faults import FAULTS, a_command
from engine.soak.rig import Rig
from engine.soak.scripts import Script
from engine.soak.totals import Totals
from sensors.simulated import SimulatedListener

PROFILES = ("default", "ketamine-iv-40", "snow", "open-sky")
STORIES = ("calm", "distress", "drug", "panic", "cuff", "dropout", "motion", "hr-only", "stall", "non-responder")
BETWEEN_ACTS_S = 90.0
BETWEEN_FAULTS_S = 400.0
FAULT_MINUTES = 15.0
ENDING_S = 60.0
"""Of an hour are left for its end."""

SHORTEST_S, LONGEST_S = 0.2, 8 * 3600.0
"""Of a stall, and of a night's sleep."""

AWAKE_S = 600.0
EARLIEST_S, LATEST_S = 20.0, 400.0
"""A fault begins within these seconds: in the opening, or while all plays."""


@dataclass(frozen=True, slots=True)
class Hour:
    """A simulated hour of acts; with ``disturbed`` also of faults, else under the composer's own, tighter limits."""

    seed: int
    minutes: float = 60.0

    @property
    def disturbed(self) -> bool:
        """Every second hour is."""
        return self.seed % 2 == 1

    def live(self) -> Totals:
        """The hour, whole."""
        draw = random.Random(f"hour/{self.seed}")
        rig = _a_rig(self.seed, "+".join(draw.sample(STORIES, 2)), composer=not self.disturbed)
        rig.play(_staff(rig, draw))
        if self.disturbed:
            rig.play(_misfortune(rig, draw), BETWEEN_FAULTS_S)
        rig.run(self.minutes * 60.0 - ENDING_S)
        totals = _ended(rig, f"hour {self.seed}")
        totals.counts["simulated hours"] += 1
        return totals


@dataclass(frozen=True, slots=True)
class Faulty:
    """A quarter of an hour with one fault, or several at once."""

    names: tuple[str, ...]
    seed: int
    minutes: float = FAULT_MINUTES

    def live(self) -> Totals:
        """The quarter of an hour."""
        rig = _a_rig(self.seed, "distress", composer=False)
        for name in self.names:
            draw = random.Random(f"{name}/{self.seed}")
            rig.play(FAULTS[name](rig, draw), draw.uniform(EARLIEST_S, min(LATEST_S, self.minutes * 30.0)))
        rig.run(self.minutes * 60.0)
        totals = _ended(rig, f"{' and '.join(self.names)}, seed {self.seed}")
        totals.counts["single faults" if len(self.names) == 1 else "paired faults"] += 1
        return totals


@dataclass(frozen=True, slots=True)
class Jumped:
    """Ten minutes awake with one jump of the clock between: a stall, a sleep, or a whole night's sleep."""

    seconds: float
    seed: int

    def live(self) -> Totals:
        """The ten minutes; no note-on comes late, however long it was, and engine or guardian wakes first."""
        rig = _a_rig(self.seed, "calm", composer=False)
        before_s = random.Random(f"jump/{self.seed}").uniform(60.0, 200.0)
        rig.run(before_s)
        rig.pass_by(self.seconds)
        if self.seed % 2:
            rig.look()
        rig.run(AWAKE_S - before_s)
        totals = _ended(rig, f"a jump of {self.seconds:.1f} s, seed {self.seed}")
        totals.counts["clock and suspend jumps"] += 1
        return totals


Case = Hour | Faulty | Jumped


def hours(count: int, first_seed: int) -> list[Case]:
    """So many hours."""
    return [Hour(first_seed + index) for index in range(count)]


def faults(seeds: int, pairs: int, first_seed: int) -> list[Case]:
    """Every fault under so many seeds, and so many drawn pairs."""
    single = [Faulty((name,), first_seed + index) for name in FAULTS for index in range(seeds)]
    draw = random.Random(f"pairs/{first_seed}")
    return [*single, *(Faulty(tuple(draw.sample(list(FAULTS), 2)), first_seed + index) for index in range(pairs))]


def jumps(count: int, first_seed: int) -> list[Case]:
    """Stalls of 0.2 to 5 s and sleeps of 2 s to 8 h, evenly on a logarithmic scale."""
    shares = [index / max(count - 1, 1) for index in range(count)]
    return [Jumped(SHORTEST_S * (LONGEST_S / SHORTEST_S) ** share, first_seed + n) for n, share in enumerate(shares)]


def _a_rig(seed: int, story: str, *, composer: bool) -> Rig:
    draw = random.Random(f"setup/{seed}")
    setup = Setup(load(PROFILES[seed % len(PROFILES)]), seed, draw.choice(list(Route)))
    return Rig(setup, SimulatedListener(story, seed), composer=composer)


def _ended(rig: Rig, where: str) -> Totals:
    totals = Totals()
    totals.tell(where, rig.finish())
    totals.counts.update(rig.counts)
    return totals


def _staff(rig: Rig, draw: random.Random) -> Script:
    while True:
        yield draw.expovariate(1 / BETWEEN_ACTS_S)
        rig.submit(a_command(draw))


def _misfortune(rig: Rig, draw: random.Random) -> Script:
    while True:
        name = draw.choice(list(FAULTS))
        rig.play(FAULTS[name](rig, draw))
        rig.counts[f"fault: {name}"] += 1
        yield draw.expovariate(1 / BETWEEN_FAULTS_S)
