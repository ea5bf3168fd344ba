"""The artefact benchmark counts as it says, and a peer that is missing is said to be."""

import json
import random
import sys
from pathlib import Path

import pytest

from benchmarks import artefacts
from benchmarks.artefacts import Found, Series, heard, labelled, ours, score

TRUTH = ("ok", "ok", "missed", "ok", "extra", "extra", "ok", "jitter", "jitter", "ok")
RR_MS = (800.0, 810.0, 1610.0, 800.0, 400.0, 410.0, 805.0, 900.0, 700.0, 800.0)
SERIES = Series("a", "0.03", RR_MS, TRUTH, 10.0)


def test_a_flag_is_right_where_the_truth_is_an_artefact_whatever_its_kind() -> None:
    scored = score([SERIES], [Found(frozenset({0, 2, 4, 5, 7}), 12.0)])
    assert scored["sensitivity"] == 4 / 5
    assert (scored["missed_sensitivity"], scored["extra_sensitivity"], scored["jitter_sensitivity"]) == (1.0, 1.0, 0.5)
    assert scored["precision"] == 4 / 5
    assert scored["rmssd_error_median_pct"] == pytest.approx(20.0)
    assert "low_quality_series_share" not in scored


def test_no_rmssd_at_all_is_wholly_wrong_and_nothing_flagged_is_no_precision() -> None:
    scored = score([SERIES], [Found(frozenset(), None, low_quality=True)])
    assert (scored["rmssd_error_median_pct"], scored["sensitivity"], scored["precision"]) == (100.0, 0.0, 0.0)
    assert scored["low_quality_series_share"] == 1.0


def test_who_knows_the_labels_takes_only_differences_of_good_neighbours() -> None:
    found = labelled(SERIES)
    assert found.flagged == {2, 4, 5, 7, 8}
    assert found.rmssd_ms == pytest.approx(10.0)


def test_every_interval_is_judged_and_quality_is_asked_after_half_a_minute() -> None:
    dice = random.Random(1)
    rr_ms = [800 + dice.gauss(0, 10) for _ in range(100)]
    beats, low = heard(rr_ms)
    assert len(beats) == 100
    assert (len(low), any(low)) == (sum(sum(rr_ms[: index + 1]) > 30_000 for index in range(100)), False)
    assert ours(Series("a", "0.01", tuple(rr_ms), ("ok",) * 100, 14.0)).flagged == frozenset()


def test_one_object_for_a_machine_with_a_missing_peer_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"a,{rr},{truth}" for rr, truth in zip(RR_MS, TRUTH, strict=True)]
    (tmp_path / "series.csv").write_text("\n".join(["series,rr_ms,truth", *lines]))
    (tmp_path / "truth.csv").write_text("series,rate,true_rmssd\na,0.03,10.0\nb,0.03,10.0\n")
    monkeypatch.setattr(artefacts, "run_peer", lambda *_, **__: {})
    monkeypatch.setattr(sys, "argv", ["artefacts", str(tmp_path), "--json"])
    artefacts.main()
    told = json.loads(capsys.readouterr().out)
    (condition,) = told["conditions"]
    assert (told["benchmark"], condition["name"]) == ("artefacts", "3% of beats")
    assert list(condition["results"]) == ["calando", "labels known", "prototype", "neurokit2"]
    assert condition["results"]["neurokit2"] == {"missing": "could not be run"}
