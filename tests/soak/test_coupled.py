"""A listener whose heart answers the music, for better or worse: the loop is closed; nothing runs away or swings."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from engine.affect.estimate import Route
from engine.decision import Decision
from engine.inputs import Act, Command, Input
from engine.offline import Stamper
from engine.session import Session
from sensors.simulated import SimulatedListener
from tests.session.sessions import TPS, a_setup

MINUTES = 45
MOVE = 0.02
"""A turn of the offset smaller than this is nothing that could be heard."""


def lived(listener: SimulatedListener | None) -> list[Decision]:
    """A session with an infusion; the listener hears how calm the music is, and answers."""
    session, stamper = Session(a_setup(1, Route.IV, hears_a_heart=listener is not None)), Stamper()
    decisions = []
    for tick in range(MINUTES * 60 * TPS):
        given: list[Input] = [*listener.pull(tick / TPS)] if listener and tick % 2 == 0 else []
        acts = {0: Act.PLAY_ON, 8 * 60 * TPS: Act.DOSE}
        given += [Command(acts[tick], "test")] if tick in acts else []
        decision = session.fold(tick, [stamper.stamp(tick, each) for each in given]).decision
        if decision:
            decisions.append(decision)
            if listener:
                listener.hears(decision.offset)
    return decisions


@pytest.fixture(scope="module")
def the_arc() -> list[Decision]:
    """What plays where nobody listens."""
    return lived(None)


def turns(offsets: Sequence[float]) -> list[int]:
    """The seconds at which the offset turned, after a move worth the name."""
    found, last, way = [], offsets[0], 0
    for second, offset in enumerate(offsets):
        if abs(offset - last) < MOVE:
            continue
        if way and (offset > last) != (way > 0):
            found.append(second)
        way, last = (1 if offset > last else -1), offset
    return found


@pytest.mark.parametrize("gain", [-3.0, -1.0, 1.0, 3.0])
def test_whatever_the_gain_the_music_stays_under_the_arc_and_does_not_swing(
    gain: float, the_arc: list[Decision]
) -> None:
    decisions = lived(SimulatedListener("distress", 1, coupling=gain))
    assert max(decision.offset for decision in decisions) > 0.1, "the listener is heard"
    for decision, arc in zip(decisions, the_arc, strict=True):
        for name in ("tempo_bpm", "density", "level_db", "brightness", "register_top"):
            assert getattr(decision.intent, name) <= getattr(arc.intent, name) + 1e-9, (decision.time_s, name)
    swings = turns([decision.offset for decision in decisions])
    assert all(later - sooner > 60 for sooner, later in pairwise(swings[::2])), swings
