"""Controllers move on change only, at most 12 a second, the ones that lag most first, and a start rises slowly."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from engine.limiter import Limiter
from engine.limits import COMPOSER
from engine.midi import BRIGHTNESS, EXPRESSION
from engine.mixer import MESSAGES_PER_S, Mixer, db_of_value, value_of_db
from generators.score import Control

CHANNELS = {"drone": 1, "pad": 0, "bells": 2, "air": 3, "bass": 4, "melody": 5}


def a_mixer(level_cc: int = EXPRESSION) -> Mixer:
    return Mixer(Limiter(COMPOSER), CHANNELS, level_cc)


def walk(mixer: Mixer, seconds: float, asked: list[Control]) -> list[tuple[float, bytes]]:
    mixer.start(0.0)
    walked: list[tuple[float, bytes]] = []
    for step in range(round(seconds * 10)):
        walked.extend((step / 10, data) for data in mixer.walk(step / 10, asked if step == 0 else []))
    return walked


def test_what_was_asked_once_is_reached_without_asking_again() -> None:
    walked = walk(a_mixer(), 20, [Control("pad", EXPRESSION, 70.0)])
    assert walked[-1][1] == bytes((0xB0, EXPRESSION, 70))


def test_a_start_takes_at_least_10_s_and_stays_under_3_decibel_a_second() -> None:
    walked = walk(a_mixer(), 20, [Control("pad", EXPRESSION, 80.0)])
    assert next(at_s for at_s, data in walked if data[2] == 80) >= 10
    for (early_s, early), (late_s, late) in itertools.pairwise(walked):
        one_step_db = db_of_value(early[2] + 1) - db_of_value(early[2])
        assert db_of_value(late[2]) - db_of_value(early[2]) <= 3.0 * (late_s - early_s) + one_step_db + 1e-9


def test_a_room_that_obeys_volume_is_told_volume() -> None:
    walked = walk(a_mixer(level_cc=7), 5, [Control("pad", EXPRESSION, 80.0)])
    assert {data[1] for _, data in walked} == {7}


def test_a_layer_that_nobody_hears_costs_no_messages() -> None:
    mixer = a_mixer()
    mixer.start(0.0)
    mixer.walk(0.0, [Control("air", EXPRESSION, 5.0), Control("air", BRIGHTNESS, 50.0)])
    assert mixer.walk(0.1, [Control("air", EXPRESSION, 15.0), Control("air", BRIGHTNESS, 70.0)]) == []


def test_nothing_is_said_twice() -> None:
    walked = walk(a_mixer(), 30, [Control("pad", EXPRESSION, 60.0), Control("pad", BRIGHTNESS, 50.0)])
    for number in (EXPRESSION, BRIGHTNESS):
        values = [data[2] for _, data in walked if data[1] == number]
        assert all(before != after for before, after in itertools.pairwise(values))


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(CHANNELS)), st.sampled_from([EXPRESSION, BRIGHTNESS]), st.floats(0, 127)),
        max_size=80,
    )
)
def test_never_more_than_12_messages_in_any_second_besides_first_values(asks: list[tuple[str, int, float]]) -> None:
    mixer = a_mixer()
    mixer.start(0.0)
    times_s: list[float] = []
    known = {(channel, EXPRESSION) for channel in CHANNELS.values()}
    for step in range(200):
        asked = [Control(*asks[step])] if step < len(asks) else []
        walked = [(data[0] & 0x0F, data[1]) for data in mixer.walk(step / 10, asked)]
        times_s.extend(step / 10 for key in walked if key in known)
        known.update(walked)
    for at_s in times_s:
        assert sum(at_s <= other_s < at_s + 0.999 for other_s in times_s) <= MESSAGES_PER_S


@given(st.floats(20, 127))
def test_level_and_value_undo_each_other(value: float) -> None:
    assert abs(value_of_db(db_of_value(value)) - value) < 1e-9
