"""Confidence: a product of named shares, each of which only falls as its input gets worse."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.affect.confidence import between, factors, fresh, product
from engine.affect.estimate import Grade

BEST: dict[str, Any] = {
    "age_s": 0.0,
    "quality": 1.0,
    "coverage": 1.0,
    "share_of_expected": 1.0,
    "grade": Grade.GOOD,
    "drug_sd_bpm": 0.0,
    "hr_only": False,
    "beta_blocked": False,
    "gated": False,
}
SHARE = st.floats(0, 1)
INPUTS = st.fixed_dictionaries(
    {
        "age_s": st.floats(0, 100) | st.just(float("inf")),
        "quality": SHARE,
        "coverage": SHARE,
        "share_of_expected": st.floats(0, 3),
        "grade": st.sampled_from(Grade),
        "drug_sd_bpm": st.floats(0, 50),
        "hr_only": st.booleans(),
        "beta_blocked": st.booleans(),
        "gated": st.booleans(),
    }
)
WORSE = {
    "age_s": st.floats(0, 200),
    "quality": SHARE,
    "coverage": SHARE,
    "share_of_expected": SHARE,
    "drug_sd_bpm": st.floats(0, 100),
}
RISING_IS_WORSE = {"age_s", "drug_sd_bpm"}


def confidence(**changes: Any) -> float:
    return product(factors(**BEST | changes))


def test_a_clean_strap_with_a_good_baseline_is_believed_whole() -> None:
    assert factors(**BEST) == ()
    assert confidence() == 1.0


@given(INPUTS)
def test_it_is_a_share_whatever_comes_in(inputs: dict[str, Any]) -> None:
    assert 0.0 <= confidence(**inputs) <= 1.0


@given(INPUTS, st.data())
def test_it_never_rises_with_a_worse_input(inputs: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(WORSE)))
    other = data.draw(WORSE[name])
    better, worse = sorted((inputs[name], other), reverse=name not in RISING_IS_WORSE)
    assert confidence(**inputs | {name: worse}) <= confidence(**inputs | {name: better})


@given(INPUTS)
def test_a_worse_grade_a_flag_a_gate_and_a_coarser_strap_only_lower_it(inputs: dict[str, Any]) -> None:
    usual = inputs | {"hr_only": False, "beta_blocked": False, "gated": False}
    by_grade = [confidence(**usual | {"grade": grade}) for grade in (Grade.NONE, Grade.PROVISIONAL, Grade.GOOD)]
    assert by_grade == sorted(by_grade)
    for worse in ({"hr_only": True}, {"beta_blocked": True}, {"gated": True}):
        assert confidence(**usual | worse) <= confidence(**usual)


@pytest.mark.parametrize(
    ("changes", "at_most", "name"),
    [
        ({"grade": Grade.PROVISIONAL}, 0.5, "baseline"),
        ({"beta_blocked": True}, 0.6, "beta-blocker"),
        ({"quality": 0.8}, 0.3, "signal"),
        ({"coverage": 0.49}, 0.5, "coverage"),
        ({"share_of_expected": 0.5}, 0.2, "halved rate"),
        ({"age_s": 10.0}, 0.0, "data age"),
        ({"gated": True}, 0.0, "gate"),
        ({"hr_only": True}, 0.8, "hr-only"),
        ({"drug_sd_bpm": 6.0}, 0.71, "drug"),
    ],
)
def test_each_doubt_has_its_name_and_its_cap(changes: dict[str, Any], at_most: float, name: str) -> None:
    assert confidence(**changes) <= at_most
    assert [factor for factor, _ in factors(**BEST | changes)] == [name]


def test_the_strongest_doubt_is_named_first() -> None:
    named = factors(**BEST | {"grade": Grade.PROVISIONAL, "hr_only": True, "quality": 0.8})
    assert [name for name, _ in named] == ["signal", "baseline", "hr-only"]


def test_three_seconds_old_data_are_fresh_and_ten_second_old_ones_nothing() -> None:
    assert [fresh(age_s) for age_s in (0.0, 3.0, 6.5, 10.0, float("inf"))] == [1.0, 1.0, 0.5, 0.0, 0.0]


@given(st.floats(-10, 10))
def test_a_line_through_points_keeps_to_their_heights(value: float) -> None:
    assert 0.2 <= between(value, ((0.6, 0.2), (0.72, 1.0))) <= 1.0
