"""The softest level of the last second, and what all off sets free."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.knobs import Knobs, Softest
from engine.limits import JUST_S, OUTER

WAITS_AND_LEVELS = st.lists(st.tuples(st.sampled_from([0.0, 0.05, 0.3, 1.0]) | st.floats(0, 2), st.floats(-32, 0)))


@given(told=WAITS_AND_LEVELS, last_wait_s=st.floats(0, 2))
def test_the_softest_is_what_a_plain_look_through_the_last_second_finds(
    told: list[tuple[float, float]], last_wait_s: float
) -> None:
    softest, now_s = Softest(), 0.0
    levels = [(0.0, -3.0), *told]
    heard: list[tuple[float, float]] = []
    for wait_s, level in levels:
        now_s += wait_s
        softest.add(now_s, level)
        heard.append((now_s, level))
    now_s += last_wait_s
    begun_s = now_s - 1.0 - JUST_S
    at_its_beginning = [level for at_s, level in heard if at_s <= begun_s][-1:]
    since = [level for at_s, level in heard if at_s > begun_s]
    assert softest.at(now_s) == min(at_its_beginning + since)


@pytest.mark.parametrize(("number", "refused"), [(74, None), (11, "controller steps")])
def test_all_off_sets_a_silent_channels_colour_free_but_not_its_level(number: int, refused: str | None) -> None:
    sounding: dict[tuple[int, int], int] = {}
    knobs = Knobs(OUTER, sounding)
    knobs.accept(0.0, 3, number, 20)
    assert knobs.refusal(5.0, 3, number, 90) == "controller steps"
    knobs.release(3)
    assert knobs.refusal(5.0, 3, number, 90) == refused
    sounding[3, 60] = 40
    assert knobs.refusal(5.0, 3, number, 90) == "controller steps"


def test_what_is_asked_leaves_no_trace() -> None:
    knobs = Knobs(OUTER, {(3, 60): 40})
    assert knobs.refusal(0.0, 3, 74, 127) == "controller steps"
    assert knobs.nearest(0.0, 3, 74, 127) == 84
    assert knobs.sent(3, 74) is None
    assert knobs.of_channel(3) == ()
