"""The drug's own effect: its curve by route, the size that is learned within bounds, and doses as staff give them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.affect.drug import PRIORS, DrugOffset, absorption_share, infusion_share
from engine.affect.estimate import Flag, Route

DRUGGED = [route for route in Route if route is not Route.NONE]
NO_FLAGS: frozenset[Flag] = frozenset()
TABLE = {
    Route.IV: {5: 0.30, 10: 0.52, 20: 0.79, 30: 0.93, 40: 1.0, 50: 0.61, 60: 0.37, 75: 0.17, 90: 0.08, 120: 0.02},
    Route.IM: {5: 0.15, 10: 0.64, 20: 1.0, 30: 0.83, 40: 0.55, 50: 0.33, 60: 0.18, 75: 0.07, 90: 0.02, 120: 0.0},
    Route.INTRANASAL: {5: 0.0, 10: 0.07, 20: 0.5, 30: 0.88, 40: 1.0, 50: 0.92, 60: 0.74, 75: 0.46, 90: 0.26, 120: 0.06},
    Route.ORAL: {5: 0.0, 10: 0.05, 20: 0.52, 30: 0.89, 40: 1.0, 50: 0.93, 60: 0.77, 75: 0.51, 90: 0.31, 120: 0.09},
}
"""Shares of the peak by minute, as docs/estimator.md prints them."""


def dosed(route: Route, minutes: float = 0.0, known_bpm: float | None = None) -> DrugOffset:
    """A drug so many minutes after its dose at second 600."""
    drug = DrugOffset(route, 40.0, NO_FLAGS, known_bpm)
    drug.dose(600.0)
    drug.second(600.0 + minutes * 60)
    return drug


@pytest.mark.parametrize("route", DRUGGED)
def test_each_route_has_the_curve_that_the_page_prints(route: Route) -> None:
    for minute, share in TABLE[route].items():
        assert dosed(route, minute).share == pytest.approx(share, abs=0.006)


@given(st.floats(-1e4, 1e4), st.floats(1, 240))
def test_a_curve_is_a_share_and_its_peak_is_whole(since_min: float, infusion_min: float) -> None:
    assert 0.0 <= infusion_share(since_min, infusion_min) <= 1.0
    assert infusion_share(infusion_min, infusion_min) == pytest.approx(1.0)
    for prior in PRIORS.values():
        assert 0.0 <= absorption_share(since_min, prior) <= 1.0
        assert absorption_share(prior.lag_min + prior.peak_min, prior) == pytest.approx(1.0)


def test_before_a_mark_and_without_a_route_nothing_is_expected() -> None:
    for drug in (DrugOffset(Route.IM, 40.0, NO_FLAGS), dosed(Route.NONE, 20)):
        drug.second(1800.0)
        assert (drug.expected_bpm, drug.sd_bpm, drug.acts) == (0.0, 0.0, False)


@pytest.mark.parametrize("route", DRUGGED)
def test_it_acts_from_the_dose_until_a_strong_effect_is_below_one_a_minute(route: Route) -> None:
    acting = [minute for minute in range(600) if dosed(route, minute).acts]
    assert acting == list(range(acting[-1] + 1))
    prior = PRIORS[route]
    assert (prior.mean_bpm + prior.sd_bpm) * dosed(route, acting[-1] + 1).share < 1.0


@pytest.mark.parametrize("route", DRUGGED)
def test_the_doubt_is_widest_where_the_curve_is_high(route: Route) -> None:
    assert dosed(route, 2).sd_bpm < dosed(route, 15).sd_bpm <= PRIORS[route].sd_bpm


@given(st.sampled_from(DRUGGED), st.lists(st.floats(-100, 100), max_size=300), st.floats(0, 100))
def test_learning_is_slow_capped_and_only_grows_surer(route: Route, residuals: list[float], minute: float) -> None:
    drug, prior = dosed(route, minute), PRIORS[route]
    for residual in residuals:
        expected, doubt = drug.expected_bpm, drug.sd_bpm
        drug.learn(residual)
        assert abs(drug.expected_bpm - expected) <= 1 / 60 + 1e-9
        assert abs(drug.size_bpm - prior.mean_bpm) <= 2 * prior.sd_bpm + 1e-9
        assert drug.sd_bpm <= doubt + 1e-12


def test_a_strong_responder_is_learned_within_the_ramp() -> None:
    drug = dosed(Route.IV)
    for second in range(1, 25 * 60):
        drug.second(600.0 + second)
        drug.learn(14.0 * drug.share - drug.expected_bpm)
    assert drug.size_bpm == pytest.approx(14.0, abs=1.5)
    assert drug.learned_bpm == drug.size_bpm


def test_nothing_learned_is_not_called_learned() -> None:
    assert dosed(Route.IV, 30).learned_bpm is None


@given(st.sampled_from(DRUGGED), st.floats(-500, 500), st.floats(0, 200))
def test_not_distressed_never_takes_more_than_the_cap(route: Route, residual: float, minute: float) -> None:
    drug = dosed(route, minute)
    drug.absorb(residual)
    assert abs(drug.size_bpm - PRIORS[route].mean_bpm) <= 2 * PRIORS[route].sd_bpm + 1e-9


def test_a_mark_soon_after_corrects_a_later_one_adds() -> None:
    corrected, again, once = (dosed(Route.IM) for _ in range(3))
    corrected.dose(900.0)
    again.dose(600.0 + 1800)
    for drug in (corrected, again, once):
        drug.second(600.0 + 2700)
    assert corrected.share == pytest.approx(dosed(Route.IM, 40).share)
    assert again.share == pytest.approx(once.share + dosed(Route.IM, 15).share)


def test_a_beta_blocker_halves_what_is_expected() -> None:
    plain, blocked = (DrugOffset(Route.IM, 40.0, flags) for flags in (NO_FLAGS, frozenset({Flag.BETA_BLOCKER})))
    assert blocked.size_bpm == plain.size_bpm / 2


def test_a_size_known_from_before_is_met_half_way_within_the_cap() -> None:
    assert dosed(Route.IV, known_bpm=10.0).size_bpm == 7.0
    assert dosed(Route.IV, known_bpm=900.0).size_bpm == 16.0
