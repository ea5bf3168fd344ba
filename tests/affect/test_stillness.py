"""When nothing is learned: a heart that may be aroused must not teach what is calm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.affect.stillness import CALM_S, JUMP_BPM, LONGEST_STILL_S, Stillness


def lived(stillness: Stillness, seconds: int, residual_bpm: float, slope_bpm_per_min: float = 0.0) -> list[bool]:
    """Whether it stood still in each of so many seconds."""
    said = []
    for _ in range(seconds):
        stillness.second(residual_bpm, slope_bpm_per_min)
        said.append(stillness.still)
    return said


def test_calm_teaches() -> None:
    assert not any(lived(Stillness(), 600, 3.0))


@pytest.mark.parametrize(("residual", "slope"), [(8.5, 0.0), (2.0, 5.0)])
def test_level_or_slope_stops_it_at_once(residual: float, slope: float) -> None:
    assert all(lived(Stillness(), 60, residual, slope))


def test_it_learns_again_after_half_a_minute_of_calm_and_not_before() -> None:
    stillness = Stillness()
    lived(stillness, 60, 12.0)
    assert lived(stillness, CALM_S, 2.0) == [True] * (CALM_S - 1) + [False]


def test_noise_around_a_rise_does_not_let_it_in() -> None:
    stillness = Stillness()
    lived(stillness, 60, 9.0)
    for _ in range(20):
        assert all(lived(stillness, 20, 5.0))
        assert all(lived(stillness, 2, 8.5))


def test_after_fifteen_minutes_a_higher_level_is_a_wrong_expectation() -> None:
    said = lived(Stillness(), LONGEST_STILL_S + 60, 12.0)
    assert said == [True] * LONGEST_STILL_S + [False] * 60


def test_a_weak_rise_stops_it_only_with_a_drug_on_board() -> None:
    before, dosed = Stillness(), Stillness(JUMP_BPM)
    for stillness in (before, dosed):
        lived(stillness, 300, 0.0)
    assert not any(lived(before, 600, 6.0))
    assert all(lived(dosed, 600, 6.0))


def test_a_drug_that_climbs_slowly_is_no_jump() -> None:
    dosed = Stillness(JUMP_BPM)
    for second in range(480):
        dosed.second(second * 0.7 / 60, 0.7)
        assert not dosed.still


@given(st.lists(st.tuples(st.floats(-60, 60), st.floats(-60, 60)), max_size=200), st.sampled_from((JUMP_BPM, 1e9)))
def test_where_level_and_slope_are_low_from_the_start_it_never_stands_still(
    heard: list[tuple[float, float]], jump_bpm: float
) -> None:
    stillness = Stillness(jump_bpm)
    for residual, slope in heard:
        stillness.second(min(residual, 4.0), min(slope, 4.0))
        if jump_bpm > JUMP_BPM:
            assert not stillness.still
