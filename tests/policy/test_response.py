"""The four ways to answer arousal."""

from dataclasses import replace
from functools import partial

import pytest

from engine.affect.estimate import ArousalState, Estimate
from engine.inputs import Act
from generators.score import Intent
from tests.policy.hearts import Room, calm, heard, level_arc


def distress(time_s: float) -> Estimate:
    """Calm for five minutes, then elevated for good."""
    return heard(time_s, 1.0, state=ArousalState.ELEVATED) if time_s >= 300 else calm(time_s)


def answered(response: str, after_s: float) -> Intent:
    """The intent so long after distress began."""
    return Room(level_arc(response=response)).live(300 + after_s, distress)


def test_lead_goes_all_the_way() -> None:
    intent = answered("lead", 330)
    assert intent.tempo_bpm == pytest.approx(58 * 0.64)
    assert intent.density == pytest.approx(0.75 * 0.26)
    assert intent.calm == 1.0


def test_iso_stays_a_minute_then_leads_at_half_slew() -> None:
    before = answered("iso", -0.05)
    assert answered("iso", 59) == replace(before, may_grow=False)
    assert answered("iso", 60 + 232).tempo_bpm == pytest.approx(answered("lead", 116).tempo_bpm, abs=0.05)
    assert answered("iso", 60 + 480).tempo_bpm == pytest.approx(58 * 0.64)


def test_iso_stays_at_what_it_had_for_the_first_minute_of_each_rise() -> None:
    room = Room(level_arc(response="iso"))
    offsets = []
    for arousal, state in ((0.6, ArousalState.ELEVATED), (0.6, ArousalState.STEADY), (1.0, ArousalState.RISING)):
        for _ in range(2):
            room.live(45, partial(heard, arousal=arousal, state=state))
            offsets.append(room.controller.offset)
    assert offsets == pytest.approx([0.0, 0.5, 0.5, 0.5, 0.5, 1.0])


def test_iso_never_keeps_the_staff_waiting() -> None:
    room = Room(level_arc(response="iso"))
    before = room.live(310, distress)
    room.press(Act.EASE)
    after = room.live(1, distress)
    assert after.level_db <= before.level_db - 1.2


def test_companion_softens_and_keeps_motion_and_harmony() -> None:
    before, after = answered("companion", -0.05), answered("companion", 330)
    assert (after.tempo_bpm, after.density, after.tension, after.calm) == (
        before.tempo_bpm,
        before.density,
        before.tension,
        0.0,
    )
    assert after.level_db == before.level_db - 5
    assert after.brightness < before.brightness
    assert after.velocity_high < before.velocity_high


def test_steady_does_not_follow_but_never_grows_in_distress() -> None:
    before, after = answered("steady", -0.05), answered("steady", 330)
    assert after == replace(before, may_grow=False)


@pytest.mark.parametrize("response", ["lead", "iso", "companion", "steady"])
def test_ease_moves_everything_whatever_the_response(response: str) -> None:
    room = Room(level_arc(response=response))
    before = room.live(300)
    for _ in range(4):
        room.press(Act.EASE)
    after = room.live(330)
    assert after.tempo_bpm == pytest.approx(before.tempo_bpm * 0.64)
    assert after.level_db == pytest.approx(before.level_db - 5)
