"""Every shipped profile over hours of mixed stories, held against the gates of calm music and the laws of the wire.

    python -m benchmarks.music [--profiles NAME,..] [--seeds N] [--first SEED] [--minutes M] [--workers N] [--json]

Each hour has two stories of its own, a listener of its own and the marks those stories suggest. The table shows the
worst hour of each profile for each measure of ``generators.judge``; exit code 1 where an hour missed a gate, broke a
law at the wire, was refused anything by the guardian, or is like another of its profile.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations
from random import Random

from benchmarks.report import OURS, Condition, print_report
from engine.affect.estimate import Route
from engine.config import load
from engine.inputs import Act
from engine.offline import Mark, Rendering, fold_recording
from engine.session import Setup
from generators.gates import GATES, beyond
from generators.judge import Wire, judge, likeness
from sensors.simulated import SimulatedListener
from tests.stream_checker import StreamChecker

PROFILES = ("default", "dusk", "hearth", "open-sky", "snow")
STORIES = (
    "calm", "distress", "rises", "panic", "coupled", "non-responder", "drug", "cuff", "talk", "posture", "dropout",
    "stall", "hr-only", "motion", "ectopy",
)  # fmt: skip
ALIKE = 0.05
"""Two hours are alike where more than this share of the half minutes of one are nearly found in the other."""


@dataclass(frozen=True, slots=True)
class Hour:
    """One rendered hour: what it measured and what it broke."""

    profile: str
    seed: int
    story: str
    measures: Mapping[str, float]
    wire: Wire = field(repr=False)
    broken: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Which hour it is, in words."""
        return f"{self.profile}, seed {self.seed}, {self.story}"


def an_hour(profile: str, seed: int, minutes: float) -> Hour:
    """Render, measure and check one hour of two stories."""
    story = "+".join(Random(f"{profile}/{seed}").sample(STORIES, 2))
    rendering = rendered(profile, seed, story, minutes)
    measures = judge(rendering.wire, level_cc=rendering.setup.profile.output.level_cc, tempo=rendering.tempo)
    broken = [f"{name} {value:.4g}" for name, value in beyond(measures).items()]
    broken += breaches(rendering, minutes * 60)
    return Hour(profile, seed, story, measures, rendering.wire, tuple(broken))


def rendered(profile: str, seed: int, story: str, minutes: float) -> Rendering:
    """One session, with the marks that its stories suggest."""
    listener = SimulatedListener(story, seed)
    told = listener.marks(minutes * 60)
    route = Route.IV if any(act == "dose" for _, act in told) else Route.NONE
    marks = [Mark(at_s, Act(act)) for at_s, act in told]
    return fold_recording(Setup(load(profile), seed, route), listener, minutes, marks)


def breaches(rendering: Rendering, ended_s: float) -> list[str]:
    """What the stream checker says of every byte, and what the guardian refused."""
    checker = StreamChecker(composer=True, level_cc=rendering.setup.profile.output.level_cc)
    stopped = False
    for at_s, data in rendering.wire:
        if at_s >= ended_s and not stopped:
            checker.stop("end", ended_s)
            stopped = True
        checker.feed(at_s, data)
    told = [f"the guardian refused {rendering.refused} messages"] if rendering.refused else []
    try:
        checker.finish()
    except AssertionError as broken:
        told.append(str(broken))
    return told


def alike(hours: Sequence[Hour]) -> list[str]:
    """The pairs of hours that repeat each other."""
    pairs = ((one, other, likeness(one.wire, other.wire)) for one, other in combinations(hours, 2))
    return [f"{one.name} is like {other.name}: {share:.2f}" for one, other, share in pairs if share > ALIKE]


def worst(hours: Sequence[Hour]) -> dict[str, float]:
    """Of each measure with a gate the value that lies nearest to, or furthest beyond, its gate."""
    return {name: _worst(name, [h.measures[name] for h in hours if name in h.measures]) for name in GATES}


def _worst(name: str, values: Sequence[float]) -> float:
    least, most = GATES[name]
    return min(values, key=lambda value: min(value - least, most - value))


def main() -> None:
    """Render the hours, judge them, print the worst of each profile."""
    asked = _asked()
    names = asked.profiles.split(",")
    jobs = [(name, seed, asked.minutes) for name in names for seed in range(asked.first, asked.first + asked.seeds)]
    with ProcessPoolExecutor(asked.workers) as workers:
        hours = list(workers.map(an_hour, *zip(*jobs, strict=True)))
    broken = [f"{hour.name}: {what}" for hour in hours for what in hour.broken]
    by_profile = {name: [hour for hour in hours if hour.profile == name] for name in names}
    broken += [pair for own in by_profile.values() for pair in alike(own)]
    _print(by_profile, as_json=asked.json)
    for what in broken:
        sys.stderr.write(f"{what}\n")
    if not asked.json:
        print(f"music: {len(hours)} hours, {sum(not h.broken for h in hours)} within every gate and law")
    sys.exit(bool(broken))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.music", description=__doc__)
    parser.add_argument("--profiles", default=",".join(PROFILES), help="names or files, separated by commas")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=1, help="processes at a time")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _print(by_profile: Mapping[str, Sequence[Hour]], *, as_json: bool) -> None:
    found = {name: worst(hours) for name, hours in by_profile.items()}
    if as_json:
        conditions = [Condition(f"{name}, {len(by_profile[name])} hours", {OURS: each}) for name, each in found.items()]
        print_report("music", conditions, as_json=True)
        return
    print(f"{'worst hour':26}{'gate':>16}" + "".join(f"{name[:11]:>12}" for name in found))
    for name, (least, most) in GATES.items():
        cells = "".join(f"{each[name]:>12.4g}" for each in found.values())
        print(f"{name:26}{f'{least:g} to {most:g}':>16}{cells}")


if __name__ == "__main__":
    main()
