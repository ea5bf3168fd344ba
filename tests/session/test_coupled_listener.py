"""A listener whose heart answers the music, for better or worse: the loop is closed; nothing runs away or hunts."""

from collections.abc import Iterator
from functools import cache

import pytest

from engine.affect.estimate import Route
from engine.inputs import Act, Command, Input
from engine.offline import Stamper
from engine.session import Session
from generators.score import Intent
from sensors.simulated import SimulatedListener
from tests.session.sessions import TPS, a_setup
from tests.turns import most_turns_in_a_minute

MINUTES = 45
DOSE_S = 360
GAINS = range(-3, 4)
"""The share of fear that wholly calm music takes away; below 0 it adds some."""
LEAST_SWING = 0.02
"""A turn of the offset counts after a move that could be heard."""
LIVELY = ("tempo_bpm", "density", "level_db", "brightness", "register_top")


def seconds(listener: SimulatedListener | None) -> Iterator[tuple[Intent, float]]:
    """Each second's intent and offset; the listener hears how calm the music would be, and nothing is composed."""
    session, stamper = Session(a_setup(route=Route.IV, hears_a_heart=listener is not None)), Stamper()
    for tick in range(MINUTES * 60 * TPS):
        heard: tuple[Input, ...] = listener.pull(tick / TPS) if listener and tick % 2 == 0 else ()
        acts: list[Input] = [Command(Act.DOSE, "mark")] if tick == DOSE_S * TPS else []
        folded = session.fold(tick, [stamper.stamp(tick, each) for each in (*acts, *heard)])
        if folded.decision:
            if listener:
                listener.hears(folded.decision.offset)
            yield folded.decision.intent, folded.decision.offset


@cache
def the_arc() -> tuple[Intent, ...]:
    """What the arc alone asks for, second by second."""
    return tuple(intent for intent, _ in seconds(None))


@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("story", ["distress", "drug+panic"])
def test_whatever_the_gain_the_music_stays_under_the_arc_and_does_not_hunt(story: str, gain: int) -> None:
    lived = list(seconds(SimulatedListener(story, 3, coupling=float(gain))))
    offsets = [offset for _, offset in lived]
    assert max(offsets) > 0.1, "the listener is heard"
    for second, ((intent, _), arc) in enumerate(zip(lived, the_arc(), strict=True)):
        for name in LIVELY:
            assert getattr(intent, name) <= getattr(arc, name) + 1e-9, (second, name)
    assert most_turns_in_a_minute(offsets, LEAST_SWING) <= 4
