"""What the controller says it is doing, and why."""

from functools import partial

import pytest

from engine.affect.estimate import ArousalState, Grade, Route
from engine.inputs import Act
from engine.policy.words import limits_in_words, sentence
from tests.policy.hearts import Room, alarmed, heard, infusion, level_arc, profile

REASON = "heart rate 11 above expected, rising"


def test_a_rise_thins_and_slows_and_says_so() -> None:
    room = Room(level_arc())
    room.live(300)
    room.live(60, alarmed)
    assert sentence(room.controller.standing) == f"thinner and slower: {REASON}"
    assert limits_in_words(room.controller.standing) == ("tempo slew", "register slew", "breath slew")


def test_what_is_asked_is_said_before_it_is_heard() -> None:
    room = Room(level_arc())
    room.live(300)
    room.live(0.05, alarmed)
    assert sentence(room.controller.standing) == f"turning thinner and slower: {REASON}"


def test_a_calm_room_is_as_planned() -> None:
    room = Room(level_arc())
    room.live(300, partial(heard, reasons=("heart rate as expected",)))
    assert sentence(room.controller.standing) == "as planned for plateau: heart rate as expected"
    assert limits_in_words(room.controller.standing) == ()


def test_coming_back_says_so() -> None:
    room = Room(level_arc())
    room.live(300, alarmed)
    room.live(120, partial(heard, reasons=("heart rate as expected",)))
    assert sentence(room.controller.standing) == "coming back, still thinner and slower: heart rate as expected"


def test_a_growing_arc_nears_its_phase() -> None:
    room = Room(profile())
    room.live(10, partial(heard, baseline=Grade.NONE))
    room.live(5, partial(heard, reasons=("heart rate as expected",)))
    assert sentence(room.controller.standing).startswith("nearing plateau, still thinner")


@pytest.mark.parametrize(
    ("act", "value", "why"),
    [(Act.EASE, None, "staff asked for calmer"), (Act.CEILING, 0.5, "staff set a ceiling")],
)
def test_staff_are_named_as_the_cause(act: Act, value: float | None, why: str) -> None:
    room = Room(level_arc())
    room.live(300)
    room.press(act, value)
    room.live(60)
    assert sentence(room.controller.standing).endswith(f": {why}")


def test_a_heart_that_asks_for_more_than_staff_is_named() -> None:
    room = Room(level_arc())
    room.press(Act.EASE)
    room.live(60, alarmed)
    assert sentence(room.controller.standing).endswith(REASON)


def test_a_stay_is_named() -> None:
    room = Room(level_arc())
    room.press(Act.STAY)
    room.live(1)
    assert sentence(room.controller.standing) == "held as it is: staff asked to stay"
    assert "stay" in limits_in_words(room.controller.standing)


def test_a_lost_strap_is_told_with_its_age_and_its_return() -> None:
    room = Room(level_arc())
    room.live(300)
    room.live(14.05, lambda now_s: heard(now_s, data_age_s=now_s - 300))
    assert sentence(room.controller.standing) == "as planned for plateau: no heartbeat for 14 s, nothing grows livelier"
    assert limits_in_words(room.controller.standing) == ("coasting",)
    room.live(5)
    assert sentence(room.controller.standing).endswith("heartbeats are back, waiting for 20 good seconds")


def test_bars_are_named() -> None:
    room = Room(level_arc())
    room.live(300, alarmed)
    room.live(300, partial(heard, state=ArousalState.ELEVATED))
    assert "never louder while arousal is up" in limits_in_words(room.controller.standing)
    iso = Room(level_arc(response="iso"))
    iso.live(300)
    iso.live(5, partial(heard, arousal=1.0, state=ArousalState.RISING))
    assert limits_in_words(iso.controller.standing) == ("iso holds",)


def test_without_a_heart_nobody_is_blamed() -> None:
    room = Room(infusion(), Route.IV, staff_only=True)
    room.live(60)
    assert sentence(room.controller.standing) == "as planned for arrival: no heart is listened to"


def test_before_the_first_heartbeat_it_listens() -> None:
    room = Room(profile())
    room.live(1, partial(heard, reasons=(), baseline=Grade.NONE))
    assert sentence(room.controller.standing) == "as planned for arrival: listening for a heart"


def test_silence_is_called_silence() -> None:
    room = Room(level_arc())
    room.controller.step(0.0, None, playing=False)
    assert sentence(room.controller.standing) == "silent until a person plays on"
