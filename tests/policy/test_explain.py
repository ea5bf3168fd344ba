"""One sentence for any second: why this arousal, why this confidence, what the music was asked."""

from functools import partial

from engine.affect.estimate import ArousalState, Grade
from engine.inputs import Act
from engine.policy.explain import explain
from tests.policy.hearts import Room, alarmed, heard, level_arc, profile

RISING = "heart rate 10 above expected, rising"


def told(room: Room) -> list[str]:
    return explain(room.controller.standing).split("; ")


def test_a_rise_is_explained_from_the_heart_to_the_music() -> None:
    room = Room(level_arc())
    room.live(300)
    room.live(60, partial(heard, arousal=1.0, slope_bpm_per_min=8.0, reasons=(RISING,), state=ArousalState.ELEVATED))
    assert told(room) == [
        f"thinner and slower: {RISING}",
        "arousal 1.00, elevated",
        "confidence 1.00",
        "asked 1.00 toward calm by the heart",
    ]


def test_a_doubt_is_named_beside_the_confidence_it_lowers() -> None:
    room = Room(level_arc())
    doubtful = partial(
        heard,
        arousal=0.6,
        confidence=0.5,
        baseline=Grade.PROVISIONAL,
        reasons=("heart rate 10 above expected", "short"),
    )
    room.live(60, doubtful)
    assert "confidence 0.50 (short)" in told(room)
    assert "asked 0.25 toward calm by the heart" in told(room)


def test_where_staff_ask_the_heart_is_still_told() -> None:
    room = Room(level_arc())
    room.live(300, partial(heard, reasons=("heart rate 10 above expected",)))
    room.press(Act.EASE)
    room.live(60, partial(heard, reasons=("heart rate 10 above expected",)))
    assert told(room)[1:] == [
        "arousal 0.00, steady: heart rate 10 above expected",
        "confidence 1.00",
        "asked 0.25 toward calm by staff",
    ]
    assert told(room)[0].endswith("staff asked for calmer")


def test_a_cuff_explains_why_nothing_is_believed() -> None:
    room = Room(level_arc())
    reasons = ("blood-pressure cuff", "heart rate 10 above expected")
    room.live(60, partial(heard, arousal=0.9, confidence=0.0, gated=True, reasons=reasons))
    assert "confidence 0.00 (blood-pressure cuff)" in told(room)
    assert told(room)[-1] == "not asked for calm"


def test_before_the_baseline_no_arousal_is_known() -> None:
    room = Room(profile())
    settling = partial(heard, residual_bpm=None, baseline=Grade.NONE, reasons=("finding the resting heart rate",))
    room.live(5, settling)
    assert told(room)[1:] == ["no arousal known", "not asked for calm"]
    assert "finding the resting heart rate" in told(room)[0]


def test_while_the_heart_is_lost_what_it_asked_is_kept_and_said() -> None:
    room = Room(level_arc())
    room.live(60, partial(alarmed))
    lost = partial(heard, residual_bpm=None, data_age_s=14.0, state=ArousalState.COASTING, reasons=("no heartbeat",))
    room.live(5, lost)
    assert told(room)[1:] == ["no arousal known", "kept 1.00 toward calm while the heart is lost"]


def test_a_room_without_a_heart_speaks_of_none() -> None:
    room = Room(level_arc(), staff_only=True)
    room.live(5, lambda _: None)
    assert told(room) == ["as planned for arrival: no heart is listened to", "not asked for calm"]
