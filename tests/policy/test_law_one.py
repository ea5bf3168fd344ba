"""Biometrics only calm: of two histories that differ by more arousal alone, the second is at no tick livelier."""

from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.affect.estimate import ArousalState, Estimate, Grade, Route
from engine.config import load, shipped_names
from engine.inputs import Act
from engine.midi import TICKS_PER_SECOND
from engine.policy.aim import ArcPoint
from engine.profile import Profile
from generators.score import Intent
from tests.policy.hearts import Room, heard, infusion, profile

LIVELY = ("tempo_bpm", "density", "level_db", "brightness", "register_top")
ALSO_LIVELY = ("velocity_low", "velocity_high", "tension", "breath_per_min")
SHARE = st.floats(min_value=0, max_value=1)
STAFF_ACTS = (Act.EASE, Act.LIGHTER, Act.STAY, Act.MOVE_ON, Act.NEXT_PHASE, Act.EXTEND, Act.CEILING, Act.DOSE)


@dataclass(frozen=True)
class Stretch:
    """Some seconds in which everything but arousal is the same for both listeners."""

    seconds: int
    arousal: float
    more: float
    confidence: float
    quality: float
    data_age_s: float
    gated: bool
    state: ArousalState
    baseline: Grade
    press: Act | None
    value: float


STRETCHES = st.lists(
    st.builds(
        Stretch,
        seconds=st.integers(1, 90),
        arousal=SHARE,
        more=SHARE,
        confidence=SHARE | st.just(1.0),
        quality=st.sampled_from((0.5, 0.9, 1.0)),
        data_age_s=st.sampled_from((0.0, 0.0, 0.0, 5.0, 15.0, 40.0)),
        gated=st.sampled_from((False, False, False, True)),
        state=st.sampled_from(ArousalState),
        baseline=st.sampled_from((Grade.GOOD, Grade.GOOD, Grade.PROVISIONAL, Grade.NONE)),
        press=st.none() | st.sampled_from(STAFF_ACTS),
        value=SHARE,
    ),
    min_size=1,
    max_size=12,
)
PROFILES = st.builds(
    lambda name, response: load(name).model_copy(update={"response": response}),
    st.sampled_from(shipped_names()),
    st.sampled_from(("lead", "iso", "companion", "steady")),
)


def lived(profile: Profile, route: Route, stretches: list[Stretch], *, more: bool) -> list[Intent]:
    """Every intent of a history, for the calmer listener or the more aroused one."""
    room = Room(profile, route)
    intents: list[Intent] = []
    for stretch in stretches:
        if stretch.press is not None:
            room.press(stretch.press, stretch.value)
        arousal = stretch.arousal + (1 - stretch.arousal) * stretch.more * more

        def story(now_s: float, stretch: Stretch = stretch, arousal: float = arousal) -> Estimate:
            return replace(
                heard(now_s, arousal),
                confidence=stretch.confidence,
                quality=stretch.quality,
                data_age_s=stretch.data_age_s,
                gated=stretch.gated,
                state=stretch.state,
                baseline=stretch.baseline,
            )

        intents += room.ticks(stretch.seconds, story)
    return intents


@settings(deadline=None, max_examples=60)
@given(PROFILES, st.sampled_from((Route.NONE, Route.IV)), STRETCHES)
def test_more_arousal_is_at_no_tick_livelier(profile: Profile, route: Route, stretches: list[Stretch]) -> None:
    calmer = lived(profile, route, stretches, more=False)
    aroused = lived(profile, route, stretches, more=True)
    for less, more in zip(calmer, aroused, strict=True):
        for name in LIVELY:
            assert getattr(more, name) <= getattr(less, name)
        for name in ALSO_LIVELY:
            assert getattr(more, name) <= getattr(less, name) + 1e-12


@settings(deadline=None, max_examples=40)
@given(PROFILES, STRETCHES)
def test_no_heart_lifts_the_music_above_the_arc(profile: Profile, stretches: list[Stretch]) -> None:
    points = [ArcPoint.of(phase) for phase in profile.phases(Route.IV)]
    for intent in lived(profile, Route.IV, stretches, more=True):
        for name in LIVELY:
            assert getattr(intent, name) <= max(getattr(point, name) for point in points) + 1e-9


@settings(deadline=None, max_examples=40)
@given(STRETCHES)
def test_every_step_keeps_its_slew(stretches: list[Stretch]) -> None:
    intents = lived(infusion(), Route.IV, stretches, more=True)
    for before, after in pairwise(intents):
        a_tick = before.tempo_bpm**2 / 60 / TICKS_PER_SECOND
        assert -0.0025 * a_tick - 1e-9 <= after.tempo_bpm - before.tempo_bpm <= 0.0008 * a_tick + 1e-9
        assert -0.1 - 1e-9 <= after.level_db - before.level_db <= 0.025 + 1e-9
        assert abs(after.brightness - before.brightness) <= 1 / 6 + 1e-9
        assert abs(after.register_top - before.register_top) <= 1 / 300 + 1e-9
        assert abs(after.breath_per_min - before.breath_per_min) <= 0.5 / 60 / TICKS_PER_SECOND + 1e-9
        assert after.density >= before.density * 2 ** (-1 / 600) - 1e-9
        assert after.density <= before.density * 2 ** (1 / 1800) + 1e-9


@pytest.mark.parametrize("response", ["lead", "iso", "companion", "steady"])
def test_a_storm_ends_no_livelier_than_a_calm(response: str) -> None:
    story = [
        Stretch(60, 0.0, 1.0, 1.0, 1.0, 0.0, gated=False, state=state, baseline=Grade.GOOD, press=None, value=0.0)
        for state in (*ArousalState, *ArousalState)
    ]
    played = profile(response=response)
    calmer, stormy = (lived(played, Route.NONE, story, more=more) for more in (False, True))
    assert all(getattr(stormy[-1], name) <= getattr(calmer[-1], name) for name in LIVELY)
