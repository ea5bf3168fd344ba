"""The variability benchmark feeds every participant the same beats, and tells exactness from speed."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import hrv
from benchmarks.hrv import _plain, exactness, speed, streamed
from tests.parts import DATA, needs

RR_MS = st.lists(st.decimals(300, 2000, places=3).map(Fraction), min_size=3, max_size=60)


@given(RR_MS)
def test_what_is_streamed_is_what_the_plain_formulas_say(rr_ms: list[Fraction]) -> None:
    assert streamed(rr_ms) == pytest.approx(_plain(rr_ms), rel=1e-9, abs=1e-6)


def test_peers_that_cannot_be_run_are_missing_and_ours_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hrv, "run_peer", lambda *_: {})
    results = speed(2_000).results
    assert list(results) == ["calando", "numpy", "hrv-analysis", "heartpy", "pyhrv", "neurokit2"]
    assert results["numpy"] == {"missing": "could not be run"}
    assert float(results["calando"]["beats_per_s"] or 0) > 0


@needs("data")
def test_the_reference_is_met_to_a_millionth() -> None:
    results = exactness(DATA / "hrv-reference").results["calando"]
    assert float(results["worst_relative_error"] or 1) <= 1e-6
    agreeing, figures = str(results["figures_as_printed"]).split("/")
    assert agreeing == figures
