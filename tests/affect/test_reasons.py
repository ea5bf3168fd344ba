"""Reasons in words that a nurse would use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.affect import reasons
from engine.affect.estimate import ArousalState


@pytest.mark.parametrize(
    ("residual", "slope", "words"),
    [
        (11.2, 6.0, "heart rate 11 above expected, rising"),
        (11.2, 0.0, "heart rate 11 above expected"),
        (-7.9, -6.0, "heart rate 8 below expected, falling"),
        (1.9, 0.0, "heart rate as expected"),
        (-1.9, 4.5, "heart rate as expected, rising"),
    ],
)
def test_where_the_heart_rate_stands(residual: float, slope: float, words: str) -> None:
    assert reasons.of_rate(residual, slope) == words


@given(st.floats(-200, 200), st.floats(-200, 200))
def test_no_number_is_longer_than_a_heart_rate(residual: float, slope: float) -> None:
    said = reasons.of_rate(residual, slope)
    assert said.startswith("heart rate ")
    assert len(said) < 50


def test_only_a_doubt_that_costs_something_is_told() -> None:
    assert reasons.of_doubt((("baseline", 0.5), ("drug", 0.97), ("gate", 0.0))) == ("short baseline",)


@pytest.mark.parametrize(
    ("age_s", "words"),
    [
        (float("inf"), "no heartbeat yet"),
        (42.4, "no heartbeat for 42 s"),
        (1.0, "heartbeats are back, waiting for 20 good seconds"),
    ],
)
def test_why_it_coasts(age_s: float, words: str) -> None:
    assert reasons.of_coasting(age_s) == words


@pytest.mark.parametrize(
    ("clean_s", "words"), [(0, "0 clean minutes"), (60, "1 clean minute so far"), (179, "2 clean minutes")]
)
def test_what_is_waited_for(clean_s: int, words: str) -> None:
    assert words in reasons.of_settling(clean_s)


def test_every_state_has_words() -> None:
    assert {reasons.words_of(state) for state in ArousalState} == {
        "settling in",
        "steady",
        "rising",
        "elevated",
        "recovering",
        "coasting",
    }
