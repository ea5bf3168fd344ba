"""The resting heart rate: how it is found and graded, and how it is carried along without being led astray."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.affect.baseline import PRIOR_REACH_BPM, PRIOR_S, Baseline, BaselineKeeper, scale_of, trend_per_min
from engine.affect.estimate import Grade

RESIDUALS = st.floats(-200, 200)


def gathered(
    levels: Sequence[float | None], prior_bpm: float | None = None, *, clean: bool = True
) -> tuple[BaselineKeeper, int]:
    """A keeper that was told a level each second until it accepted one, and the second it did."""
    keeper, second = BaselineKeeper(prior_bpm), 0
    for second, level in enumerate(levels, 1):
        keeper.second(float(second), level, clean=clean)
        if keeper.accepted:
            break
    return keeper, second


def a_baseline(value_bpm: float = 60.0, grade: Grade = Grade.GOOD, gathered_s: float = 300) -> Baseline:
    return Baseline(value_bpm, 2.0, grade, gathered_s, 300.0)


def test_five_calm_minutes_after_the_strap_is_on_make_a_good_baseline() -> None:
    keeper, second = gathered([64.0] * 900)
    assert keeper.accepted is not None
    assert (keeper.accepted.value_bpm, keeper.accepted.grade) == (64.0, Grade.GOOD)
    assert 330 <= second <= 341


def test_the_hand_at_the_strap_counts_for_nothing() -> None:
    keeper, _ = gathered([120.0] * 30 + [64.0] * 600)
    assert keeper.accepted is not None
    assert keeper.accepted.value_bpm == 64.0


def test_a_heart_that_still_settles_is_waited_for() -> None:
    settling = [80.0 - min(second, 420) / 30 for second in range(900)]
    keeper, second = gathered([*settling])
    assert keeper.accepted is not None
    assert second > 500
    assert keeper.accepted.value_bpm < 69.0


def test_after_ten_minutes_what_was_gathered_is_provisional() -> None:
    keeper, second = gathered([80.0 - second / 20 for second in range(900)])
    assert keeper.accepted is not None
    assert keeper.accepted.grade is Grade.PROVISIONAL
    assert 625 <= second <= 640


def test_without_a_heart_it_is_given_up_and_a_heart_that_comes_late_is_still_found() -> None:
    keeper, _ = gathered([None] * 700)
    assert keeper.given_up
    for second in range(701, 1050):
        keeper.second(float(second), 66.0, clean=True)
    assert keeper.accepted is not None
    assert keeper.accepted.grade is Grade.GOOD


def test_noisy_seconds_never_count() -> None:
    keeper, _ = gathered([64.0] * 700, clean=False)
    assert keeper.accepted is None
    assert keeper.clean_s == 0


@given(st.floats(20, 250))
def test_earlier_sessions_weigh_as_one_minute_at_most(prior_bpm: float) -> None:
    keeper, _ = gathered([64.0] * 400, prior_bpm)
    assert keeper.accepted is not None
    assert abs(keeper.accepted.value_bpm - 64.0) <= PRIOR_REACH_BPM * PRIOR_S / (PRIOR_S + 300)


def test_seconds_handed_in_by_label_are_the_baseline_and_no_others() -> None:
    keeper = BaselineKeeper(None, (100.0, 300.0))
    for second in range(1, 301):
        keeper.second(float(second), 70.0 if second >= 100 else 120.0, clean=False)
    assert keeper.accepted is not None
    assert keeper.accepted.value_bpm == 70.0


def test_a_short_baseline_still_expects_the_heart_to_settle_a_long_one_hardly() -> None:
    short, long = a_baseline(), a_baseline(gathered_s=1500)
    assert short.expected_bpm(300.0) == 60.0
    assert short.expected_bpm(300.0 + 3600) == pytest.approx(57.0, abs=0.01)
    assert long.expected_bpm(300.0 + 3600) > 59.8


def test_the_longer_the_calm_the_surer_the_baseline() -> None:
    spreads = [Baseline(60.0, 2.0, Grade.GOOD, seconds, 0.0).sd_bpm for seconds in (30, 90, 180, 300, 900, 3600)]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[0] == pytest.approx((2**2 + 3**2) ** 0.5)
    assert spreads[-1] > 2.0
    kept = a_baseline()
    before = kept.sd_bpm
    for _ in range(300):
        kept.adapt(0.0, still=False)
    assert kept.sd_bpm < before


@given(RESIDUALS, st.booleans())
def test_no_second_moves_it_far_and_stillness_lets_it_only_fall(residual: float, still: bool) -> None:
    kept = a_baseline()
    kept.adapt(residual, still=still)
    moved = kept.value_bpm - 60.0
    assert -1.5 / 480 - 1e-9 <= moved <= 8.0 / 480 + 1e-9
    assert moved * residual >= 0
    assert not (still and moved > 0)


def test_calm_minutes_make_a_provisional_baseline_good_and_aroused_ones_do_not() -> None:
    kept = a_baseline(grade=Grade.PROVISIONAL)
    grades = []
    for still, seconds in ((True, 600), (False, 299), (False, 1)):
        for _ in range(seconds):
            kept.adapt(2.0, still=still)
        grades.append(kept.grade)
    assert grades == [Grade.PROVISIONAL, Grade.PROVISIONAL, Grade.GOOD]


@given(RESIDUALS)
def test_not_distressed_lifts_it_by_the_excess_once_and_by_eight_at_most(residual: float) -> None:
    kept = a_baseline()
    kept.absorb(residual)
    assert kept.value_bpm == 60.0 + max(0.0, min(residual, 8.0))


@given(st.floats(-5, 5), st.floats(30, 200))
def test_a_trend_is_told_in_beats_a_minute_each_minute(per_min: float, start_bpm: float) -> None:
    assert trend_per_min([start_bpm + per_min * s / 60 for s in range(180)]) == pytest.approx(per_min, abs=1e-6)
    assert trend_per_min([start_bpm]) == 0.0


@given(st.floats(0, 50), st.floats(0, 50))
def test_an_uneven_heart_needs_more_to_stand_out(one: float, other: float) -> None:
    assert scale_of(0.0, 0.0) == 1.0
    assert (scale_of(one, 2.0) - scale_of(other, 2.0)) * (one - other) >= 0
    assert scale_of(one, other) == scale_of(other, one)
