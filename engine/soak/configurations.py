"""Hostile configurations: wrong values are refused in words, and what is let in cannot make the music break a limit.

A drawn profile has some of its numbers replaced: by the ends of what is allowed, which is the worst that gets in, and
by what no bound allows.
"""

import math
import random
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from engine.affect.estimate import Route
from engine.config import load, shipped_names
from engine.inputs import Act, Command
from engine.midi import TICKS_PER_SECOND
from engine.offline import Stamper, new_writer
from engine.profile import Profile
from engine.session import Session, Setup
from engine.soak.stream_checker import StreamChecker
from engine.soak.totals import Totals

EDGES: dict[str, tuple[Any, ...]] = {
    "minutes": (0.01, 240),
    "tempo_bpm": (40, 72),
    "density": (0, 1),
    "level_db": (-24, -3),
    "brightness": (20, 85),
    "register_top": (60, 84),
    "tension": (0, 1),
    "tempo_share": (0.3, 0.4),
    "density_share": (0.7, 0.9),
    "brightness_steps": (0, 40),
    "register_semitones": (0, 12),
    "root": (0, 11),
    "register_range": ([28, 96], [28, 28], [96, 96], [60, 61]),
    "velocity": ([1, 1], [72, 72], [1, 72]),
    "chord_breaths": ([1, 1], [6, 6], [1, 6]),
    "trim_db": (-18, 0),
    "program": (1, 128),
    "level_cc": (7, 11),
    "send_program": (True, False),
    "breath_per_min": (5, 5.5),
    "swell_db": (2, 4),
    "rest_offset": (0, 1),
    "infusion_minutes": (5, 240),
    "response": ("lead", "iso", "companion", "steady"),
}
"""The ends of what each key allows; where *calm* has a key of the same name, ``CALM`` has its ends."""

CALM: dict[str, tuple[Any, ...]] = {**EDGES, "level_db": (4, 6)}

WRONG: tuple[Any, ...] = (
    math.nan,
    math.inf,
    -math.inf,
    -1,
    0,
    1e9,
    10**400,
    True,
    "7",
    None,
    [],
    {},
    [9, 1],
    "x" * 999,
)
PLAYED_S = 25
BATCH = 50


@dataclass(frozen=True, slots=True)
class Configured:
    """A batch of drawn configurations, each checked, and played where it is let in."""

    first: int
    count: int

    def live(self) -> Totals:
        """All of the batch."""
        totals = Totals()
        for seed in range(self.first, self.first + self.count):
            totals.counts["hostile configurations"] += 1
            totals.tell(f"configuration {seed}", _try(seed, totals))
        return totals


def configurations(count: int, first_seed: int) -> list[Configured]:
    """So many, in batches."""
    starts = range(first_seed, first_seed + count, BATCH)
    return [Configured(start, min(BATCH, first_seed + count - start)) for start in starts]


def drawn(draw: random.Random) -> dict[str, Any]:
    """A shipped profile with up to all of its numbers at an end, and sometimes one that is wrong."""
    profile = load(draw.choice(shipped_names())).model_dump(mode="json")
    share = draw.choice([0.05, 0.3, 1.0])
    for table, key in _leaves(profile):
        edges = CALM if table is profile["calm"] else EDGES
        if key in edges and draw.random() < share:
            table[key] = draw.choice(edges[key])
    if draw.random() < 0.3:
        table, key = draw.choice(_leaves(profile))
        table[draw.choice([key, "tempo_mim"])] = draw.choice(WRONG)
    return profile


def _leaves(table: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    found = []
    for key, value in table.items():
        inner = value if isinstance(value, list) else [value]
        tables = [each for each in inner if isinstance(each, dict)]
        found += [leaf for each in tables for leaf in _leaves(each)] if tables else [(table, key)]
    return found


def _try(seed: int, totals: Totals) -> list[str]:
    draw = random.Random(f"configuration/{seed}")
    try:
        profile = Profile.model_validate(drawn(draw))
    except ValidationError:
        totals.counts["configurations refused"] += 1
        return []
    totals.counts["configurations played"] += 1
    try:
        return _play(Setup(profile, seed, draw.choice(list(Route)), hears_a_heart=False), draw)
    except Exception as error:  # a profile that was let in and cannot be played is a breach to be told
        return [f"{type(error).__name__}: {error}"]


def _play(setup: Setup, draw: random.Random) -> list[str]:
    """Half a minute, with the phases hurried through: levels, layers and chords all move."""
    session, writer, stamper = Session(setup), new_writer(setup), Stamper()
    checker = StreamChecker(level_cc=setup.profile.output.level_cc, waits=True)
    checker.play_on(0.0)
    acts = {0: Act.PLAY_ON, PLAYED_S * TICKS_PER_SECOND: Act.SILENCE, PLAYED_S * TICKS_PER_SECOND + 1: Act.END}
    acts |= {draw.randrange(1, PLAYED_S * TICKS_PER_SECOND): Act.NEXT_PHASE for _ in range(2)}
    sent = 0
    while not session.finished:
        tick = session.next_tick
        given = [stamper.stamp(tick, Command(acts[tick], "soak"))] if tick in acts else []
        folded = session.fold(tick, given)
        for cue in folded.cues:
            if cue.stop:
                checker.stop(str(cue.stop), tick / TICKS_PER_SECOND)
        writer.take(folded)
        for time_s, data in writer.rendering.wire[sent:]:
            checker.feed(time_s, data)
        sent = len(writer.rendering.wire)
    refused = writer.guard.counts.refused
    breaches = [f"the guardian refused {dict(refused)}"] if refused else []
    try:
        checker.finish()
    except AssertionError:
        breaches += checker.violations
    return breaches
