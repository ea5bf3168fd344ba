"""The estimator's benchmark: what it scores, what it compares, and that the estimator never sees a label."""

import json
import random
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import affect
from benchmarks.affect_listeners import cuff, elevated_s, live, off_body, rise, seen_within
from benchmarks.affect_windows import Labels, Pulse, hear
from benchmarks.ranking import Scored, auc, hits_at_5_pct, pooled_auc, subject_aucs, summary
from engine.affect.estimate import ArousalState
from sensors.replay import Replay
from tests.parts import DATA, needs

LABELS = Labels(frozenset({"rest"}), frozenset({"stress"}), frozenset({"pause"}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people: ten minutes of rest, five of stress at +15, five of pause."""
    path = tmp_path_factory.mktemp("recordings") / "people"
    path.mkdir()
    lines = ["subject,time_s,rr_ms,label"]
    for subject, resting in (("A", 60.0), ("B", 75.0)):
        draw, time_s = random.Random(subject), 0.0
        while time_s < 1200:
            label, bpm = ("rest", resting) if time_s < 600 else ("stress", resting + 15)
            if time_s >= 900:
                label, bpm = "pause", resting + 1
            rr_ms = 60_000 / bpm + draw.gauss(0, 20)
            time_s += rr_ms / 1000
            lines.append(f"{subject},{time_s:.3f},{rr_ms:.1f},{label}")
    (path / "beats.csv").write_text("\n".join(lines))
    return path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, dict[str, float]]]:
    affect.main([*arguments, "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["benchmark"] == "affect"
    return {each["name"]: each["results"] for each in said["conditions"]}


def test_a_clear_rise_is_told_from_rest_by_everyone_and_time_alone_is_no_help(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = printed(capsys, str(folder), "--baseline", "rest", "--stress", "stress", "--rest", "pause")
    assert set(told) == {"people: all rests", "people: baseline only"}
    for results in told.values():
        assert results["calando"]["pooled_auc"] > 0.9
        assert results["naive"]["pooled_auc"] > 0.9
        assert results["calando"]["hit_share"] > 0.7
    assert told["people: baseline only"]["time only"]["pooled_auc"] == 1.0
    assert told["people: all rests"]["time only"]["pooled_auc"] < 0.7


def test_the_first_half_of_the_baseline_is_never_scored(folder: Path) -> None:
    heard = hear(folder / "beats.csv", "A", LABELS)
    assert heard is not None
    assert min(window.end_s for window in heard.windows) >= 360
    assert all(window.label != "rest" or window.end_s > 300 for window in heard.windows)
    assert heard.calibration.hr_bpm == pytest.approx(60, abs=1)


def test_other_labels_on_the_same_beats_change_no_estimate(folder: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "beats.csv"
    text = (folder / "beats.csv").read_text()
    renamed.write_text(text.replace(",stress", ",x").replace(",pause", ",stress").replace(",x", ",pause"))
    told = [hear(path, "A", LABELS) for path in (folder / "beats.csv", renamed)]
    assert told[0] is not None
    assert told[1] is not None
    assert told[0].seconds == told[1].seconds


def test_without_labels_elevated_time_is_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (results,) = printed(capsys, str(folder)).values()
    assert 0.1 < results["calando"]["elevated_share"] < 0.5
    assert results["calando"]["people_h"] == pytest.approx(0.5, abs=0.02)


def test_the_naive_pulse_is_cleaned_of_what_is_far_from_its_neighbours(tmp_path: Path) -> None:
    rows = [f"A,{beat * 0.8:.3f},{400 if beat % 10 == 5 else 800},rest" for beat in range(1, 100)]
    (tmp_path / "beats.csv").write_text("\n".join(["subject,time_s,rr_ms,label", *rows]))
    window = Pulse(Replay.open(tmp_path / "beats.csv", "A").events).window("rest", 0.0, 60.0)
    assert window is not None
    assert window.hr_bpm == pytest.approx(75, abs=0.5)


SCORES = st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=1, max_size=40)


@given(SCORES)
def test_auc_is_the_share_of_pairs_in_order(scored: list[tuple[int, bool]]) -> None:
    scores, stress = np.array([float(s) for s, _ in scored]), np.array([t for _, t in scored])
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[stress] for b in scores[~stress]]
    expected = pytest.approx(float(np.mean(pairs))) if pairs else pytest.approx(float("nan"), nan_ok=True)
    assert auc(scores, stress) == expected


def test_at_one_false_alarm_in_twenty_a_threshold_finds_what_lies_above_it() -> None:
    rest, stress = np.arange(101.0), np.array([94.0, 95.5, 200.0, 300.0])
    scored = Scored(np.concatenate([rest, stress]), np.concatenate([np.zeros(101, bool), np.ones(4, bool)]))
    assert hits_at_5_pct([scored]) == 0.75
    assert np.isnan(hits_at_5_pct([Scored(rest, np.zeros(101, bool))]))


def test_the_interval_is_over_people_and_holds_the_figure() -> None:
    draw = np.random.default_rng(3)
    people = []
    for _ in range(12):
        stress = np.arange(40) % 2 == 0
        people.append(Scored(draw.normal(0, 1, 40) + stress * draw.uniform(0, 2), stress))
    figures = summary(people, people)
    assert figures["pooled_auc_low"] < figures["pooled_auc"] < figures["pooled_auc_high"]
    assert figures["gain_auc"] == figures["gain_auc_low"] == figures["gain_auc_high"] == 0.0
    assert figures["subject_auc_min"] <= figures["subject_auc_mean"] <= figures["subject_auc_max"]
    assert pooled_auc(people) == figures["pooled_auc"]
    assert len(subject_aucs(people)) == 12


@pytest.mark.parametrize("seed", range(3))
def test_simulated_listeners_live_their_stories(seed: int) -> None:
    assert seen_within(live(rise(15.0, 660.0, seed, drug=False), seed), 660.0)
    assert elevated_s(live(cuff(gated=True), seed)) == 0
    states = [key for key, _ in groupby(each.state for each in live(off_body(jitter=bool(seed % 2)), seed)[700:])]
    assert states[-1] is ArousalState.COASTING


@needs("data")
def test_on_a_noisy_wrist_arousal_ranks_better_than_the_heart_rate_alone(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(
        capsys,
        str(DATA / "stress-predict"),
        *("--baseline", "baseline_pre", "--stress", "stroop,interview,hyperventilation"),
        *("--rest", "relax1,relax2,relax3,baseline_post"),
    )
    rests, alone = told["stress-predict: all rests"], told["stress-predict: baseline only"]
    assert rests["calando"]["people"] == 23
    assert rests["calando"]["gain_auc"] >= 0.04
    assert rests["calando"]["false_alarm_share"] <= 0.05
    assert alone["calando"]["gain_auc"] >= -0.02


@needs("data")
def test_on_other_recordings_nothing_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    chest = printed(capsys, str(DATA / "gudb-rpeaks"), "--baseline", "sitting", "--stress", "maths")
    rate = printed(capsys, str(DATA / "mist-hr"), "--baseline", "BL", "--stress", "AT", "--rest", "FB")
    for results in (*chest.values(), *rate.values()):
        assert results["calando"]["gain_auc"] >= -0.01
    (life,) = printed(capsys, str(DATA / "healthy-rr")).values()
    assert life["calando"]["elevated_share"] <= life["frozen"]["elevated_share"]
