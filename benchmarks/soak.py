"""Seeded simulated hours with everything that people, straps and ports do: ``python -m benchmarks.soak [--hours N]``.

Every byte passes the stream checker. One line of totals; exit code 1 where a law was broken.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.affect.estimate import Route
from engine.config import load
from engine.inputs import Act, Command, Input, OutputKind, OutputState, Stamped
from engine.offline import Stamper, Writer, new_writer
from engine.session import Folded, Session, Setup
from sensors.simulated import SimulatedListener
from tests.stream_checker import StreamChecker

PROFILES = ("default", "ketamine-iv-40")
STORIES = ("calm", "distress", "drug", "panic", "cuff", "dropout", "motion", "hr-only", "stall", "non-responder")
TICKS_PER_S = 20
HOUR_TICKS = 3600 * TICKS_PER_S
BETWEEN_ACTS_S = 90.0
ACTS = [act for act in Act if act not in {Act.END, Act.PLAY_ON}]


@dataclass(slots=True)
class Totals:
    """What was lived through, and what broke."""

    hours: int = 0
    notes: int = 0
    acts: int = 0
    broken: list[str] = field(default_factory=list)


def an_hour(seed: int) -> Iterator[tuple[int, list[Input]]]:
    """Everything that reaches a session in an hour, by tick."""
    draw = random.Random(seed)
    listener = SimulatedListener("+".join(draw.sample(STORIES, 2)), seed)
    next_act = 0
    for tick in range(HOUR_TICKS - 60 * TICKS_PER_S):
        given: list[Input] = list(listener.pull(tick / TICKS_PER_S)) if tick % 2 == 0 else []
        if tick == 0:
            given.append(Command(Act.PLAY_ON, "start"))
        if tick >= next_act:
            next_act = tick + round(draw.expovariate(1 / BETWEEN_ACTS_S) * TICKS_PER_S) + 1
            given.extend(_act(draw))
        yield tick, given


def _act(draw: random.Random) -> list[Input]:
    if draw.random() < 0.1:
        return [OutputState(draw.choice([OutputKind.PORT_LOST, OutputKind.READY]), "soak")]
    if draw.random() < 0.4:
        return [Command(Act.PLAY_ON, "soak")]
    act = draw.choice(ACTS)
    return [Command(act, "soak", {Act.EXTEND: 5.0, Act.CEILING: draw.random()}.get(act))]


def live(seed: int, totals: Totals) -> None:
    """One hour through the fold, the guard and the checker."""
    setup = Setup(load(PROFILES[seed % 2]), seed, random.Random(seed).choice(list(Route)))
    session, writer, stamper = Session(setup), new_writer(setup), Stamper()
    checker, told = StreamChecker(composer=True), 0
    for tick, given in an_hour(seed):
        _fold(session, writer, [stamper.stamp(tick, each) for each in given], checker)
        totals.acts += sum(isinstance(each, Command) for each in given)
    ending: Sequence[Input] = [Command(Act.END, "soak")]
    while not session.finished:
        _fold(session, writer, [stamper.stamp(session.next_tick, each) for each in ending], checker)
        ending = ()
    told = len(checker.violations)
    try:
        checker.finish()
    except AssertionError as broken:
        totals.broken.append(f"seed {seed}: {told} breaches; {broken}")
    refused = writer.guard.counts.refused.total()
    if refused:
        totals.broken.append(f"seed {seed}: the guardian refused {refused} messages: {writer.guard.counts.refused}")
    totals.hours += 1
    totals.notes += writer.rendering.notes


def _fold(session: Session, writer: Writer, given: Sequence[Stamped], checker: StreamChecker) -> Folded:
    folded = session.fold(session.next_tick, given)
    sent = len(writer.rendering.wire)
    for cue in folded.cues:
        if cue.stop:
            checker.stop(str(cue.stop), cue.tick / TICKS_PER_S)
    writer.take(folded)
    for at_s, data in writer.rendering.wire[sent:]:
        checker.feed(at_s, data)
    return folded


def main() -> None:
    """Live the hours and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    totals = Totals()
    for seed in range(asked.seed, asked.seed + asked.hours):
        live(seed, totals)
    for broken in totals.broken:
        sys.stderr.write(f"{broken}\n")
    print(
        f"soak: {totals.hours} simulated hours, {totals.notes} notes, {totals.acts} commands: "
        f"{len(totals.broken)} hours in which a law was broken"
    )
    sys.exit(bool(totals.broken))


if __name__ == "__main__":
    main()
