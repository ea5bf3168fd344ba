"""A listener whose heart answers the music, whichever way: the intent stays at or under the arc, and nothing hunts."""

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

MINUTES = 45
GAINS = (-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0)
STORIES = ("distress", "drug+panic")
LEAST_SWING = 0.02
"""A turn counts where the offset moved this far since the last one."""


def acts(tick: int) -> list[Input]:
    return [Command(Act.DOSE, "mark")] if tick == 360 * TPS else []


def seconds(listener: SimulatedListener | None) -> Iterator[tuple[Intent, float]]:
    """Each second's intent and offset; the listener hears how calm the music would be, and nothing is composed."""
    session, stamper = Session(a_setup(route=Route.IV, hears_a_heart=listener is not None)), Stamper()
    for tick in range(MINUTES * 60 * TPS):
        heard = listener.pull(tick / TPS) if listener and tick % 2 == 0 else ()
        folded = session.fold(tick, [stamper.stamp(tick, each) for each in (*acts(tick), *heard)])
        if folded.decision:
            if listener:
                listener.hears(folded.decision.offset)
            yield folded.decision.intent, folded.decision.offset


@cache
def the_arc() -> tuple[Intent, ...]:
    """What the arc alone asks for, second by second."""
    return tuple(intent for intent, _ in seconds(None))


def turns(offsets: list[float]) -> list[int]:
    """The seconds in which the offset turned, small wavering left out."""
    found, last, rising = list[int](), offsets[0], True
    for second, offset in enumerate(offsets):
        if (offset > last) == rising:
            last = offset
        elif abs(offset - last) >= LEAST_SWING:
            found.append(second)
            last, rising = offset, not rising
    return found


def most_oscillations_in_a_minute(moments: list[int]) -> float:
    """Between three turns lies one whole oscillation, between five lie two."""
    most = max((sum(moment <= other < moment + 60 for other in moments) for moment in moments), default=1)
    return (most - 1) / 2


@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("story", STORIES)
def test_whatever_the_coupling_the_music_stays_under_the_arc_and_does_not_hunt(story: str, gain: float) -> None:
    lived = list(seconds(SimulatedListener(story, 3, coupling=gain)))
    for (intent, _), arc in zip(lived, the_arc(), strict=True):
        assert intent.tempo_bpm <= arc.tempo_bpm + 1e-6
        assert intent.density <= arc.density + 1e-9
        assert intent.level_db <= arc.level_db + 1e-6
        assert intent.brightness <= arc.brightness + 1e-6
        assert intent.register_top <= arc.register_top
    assert most_oscillations_in_a_minute(turns([offset for _, offset in lived])) <= 2
