"""What the controller says it is doing, and why."""

from functools import partial

import pytest

from engine.affect.estimate import ArousalState, Grade, Route
from engine.inputs import Act
from tests.policy.hearts import Room, alarmed, heard, infusion, level_arc, profile

REASON = "heart rate 11 above expected, rising"


def test_a_rise_thins_and_slows_and_says_so() -> None:
    room = Room(level_arc())
    room.live(300)
    room.live(60, alarmed)
    assert room.controller.sentence == f"thinner and slower: {REASON}"
    assert room.controller.limited_by == ("tempo slew", "register slew", "breath slew")


def test_what_is_asked_is_said_before_it_is_heard() -> None:
    room = Room(level_arc())
    room.live(300)
    room.live(0.05, alarmed)
    assert room.controller.sentence == f"turning thinner and slower: {REASON}"


def test_a_calm_room_is_as_planned() -> None:
    room = Room(level_arc())
    room.live(300, partial(heard, reasons=("heart rate as expected",)))
    assert room.controller.sentence == "as planned for plateau: heart rate as expected"
    assert room.controller.limited_by == ()


def test_coming_back_says_so() -> None:
    room = Room(level_arc())
    room.live(300, alarmed)
    room.live(120, partial(heard, reasons=("heart rate as expected",)))
    assert room.controller.sentence == "coming back, still thinner and slower: heart rate as expected"


def test_a_growing_arc_nears_its_phase() -> None:
    room = Room(profile())
    room.live(10, partial(heard, baseline=Grade.NONE))
    room.live(5, partial(heard, reasons=("heart rate as expected",)))
    assert room.controller.sentence.startswith("nearing plateau, still thinner")


@pytest.mark.parametrize(
    ("act", "value", "why"),
    [(Act.EASE, None, "staff asked for calmer"), (Act.CEILING, 0.5, "staff set a ceiling")],
)
def test_staff_are_named_as_the_cause(act: Act, value: float | None, why: str) -> None:
    room = Room(level_arc())
    room.live(300)
    room.press(act, value)
    room.live(60)
    assert room.controller.sentence.endswith(f": {why}")


def test_a_heart_that_asks_for_more_than_staff_is_named() -> None:
    room = Room(level_arc())
    room.press(Act.EASE)
    room.live(60, alarmed)
    assert room.controller.sentence.endswith(REASON)


def test_a_stay_is_named() -> None:
    room = Room(level_arc())
    room.press(Act.STAY)
    room.live(1)
    assert room.controller.sentence == "held as it is: staff asked to stay"
    assert "stay" in room.controller.limited_by


def test_a_lost_strap_is_told_with_its_age_and_its_return() -> None:
    room = Room(level_arc())
    room.live(300)
    room.live(14.05, lambda now_s: heard(now_s, data_age_s=now_s - 300))
    assert room.controller.sentence == "as planned for plateau: no heartbeat for 14 s, nothing grows livelier"
    assert room.controller.limited_by == ("coasting",)
    room.live(5)
    assert room.controller.sentence.endswith("heartbeats are back, waiting for 20 good seconds")


def test_bars_are_named() -> None:
    room = Room(level_arc())
    room.live(300, alarmed)
    room.live(300, partial(heard, state=ArousalState.ELEVATED))
    assert "never louder while arousal is up" in room.controller.limited_by
    iso = Room(level_arc(response="iso"))
    iso.live(300)
    iso.live(5, partial(heard, arousal=1.0, state=ArousalState.RISING))
    assert iso.controller.limited_by == ("iso holds",)


def test_without_a_heart_nobody_is_blamed() -> None:
    room = Room(infusion(), Route.IV, staff_only=True)
    room.live(60)
    assert room.controller.sentence == "as planned for arrival: no heart is listened to"


def test_before_the_first_heartbeat_it_listens() -> None:
    room = Room(profile())
    room.live(1, partial(heard, reasons=(), baseline=Grade.NONE))
    assert room.controller.sentence == "as planned for arrival: listening for a heart"


def test_silence_is_called_silence() -> None:
    room = Room(level_arc())
    room.controller.step(0.0, None, playing=False)
    assert room.controller.sentence == "silent until a person plays on"
