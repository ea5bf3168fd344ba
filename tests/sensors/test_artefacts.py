"""What is not a heartbeat is judged so, at most two intervals late, and nothing is measured across it."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.artefacts import annotated, frequent, labelled, ours, read, score
from sensors.artefacts import ArtefactJudge, Judged, plausible
from sensors.heart import RR_TICKS_PER_SECOND, Verdict
from tests.parts import DATA, needs

USUAL = 870


def calm(count: int, seed: int = 1) -> list[int]:
    """A resting heart: breathing, and a little noise, in ticks."""
    dice = random.Random(seed)
    return [round(USUAL + 20 * (index % 5 - 2) / 2 + dice.gauss(0, 8)) for index in range(count)]


def judge(rr_ticks: list[int]) -> list[Judged]:
    judging, judged = ArtefactJudge(), list[Judged]()
    for each in rr_ticks:
        judged += judging.hear(each)
    return [*judged, *judging.gap()]


def verdicts(rr_ticks: list[int]) -> list[Verdict]:
    return [each.verdict for each in judge(rr_ticks)]


def around(*middle: int) -> list[int]:
    """A calm heart with these intervals in its midst, after 40 beats."""
    return [*calm(40), *middle, *calm(20, seed=2)]


def test_a_calm_heart_is_good_throughout() -> None:
    assert set(verdicts(calm(300))) == {Verdict.GOOD}


@pytest.mark.parametrize(
    ("middle", "verdict"),
    [
        ((2 * USUAL,), Verdict.MISSED),
        ((3 * USUAL - 20,), Verdict.MISSED),
        ((350, USUAL - 350), Verdict.EXTRA),
        ((600, USUAL - 600), Verdict.EXTRA),
        ((290, 290, 290), Verdict.EXTRA),
        ((600, 2 * USUAL - 600), Verdict.ECTOPIC),
        ((600,), Verdict.ECTOPIC),
        ((780, 960), Verdict.JITTER),
        ((960, 780), Verdict.JITTER),
    ],
)
def test_each_kind_is_named_and_its_neighbours_stay_good(middle: tuple[int, ...], verdict: Verdict) -> None:
    found = verdicts(around(*middle))
    assert found[40 : 40 + len(middle)] == [verdict] * len(middle)
    assert {*found[:40], *found[40 + len(middle) :]} == {Verdict.GOOD}


def test_artefacts_side_by_side_are_told_apart() -> None:
    found = verdicts(around(2 * USUAL, 860, 400, USUAL - 400, 880, 600, 2 * USUAL - 600))
    missed, extra, ectopic, good = Verdict.MISSED, Verdict.EXTRA, Verdict.ECTOPIC, Verdict.GOOD
    assert found[40:47] == [missed, good, extra, extra, good, ectopic, ectopic]


def test_a_heart_that_jumps_to_a_new_level_is_believed_there() -> None:
    assert set(verdicts([*calm(40), *[650, 655, 648, 652] * 10])) == {Verdict.GOOD}


def test_an_artefact_in_the_first_beats_does_not_bind_the_judge_to_a_wrong_level() -> None:
    found = verdicts([USUAL, 420, 450, *calm(60)])
    assert set(found[8:]) == {Verdict.GOOD}


def test_no_interval_waits_for_more_than_two_others() -> None:
    judging, judged = ArtefactJudge(), 0
    for heard, each in enumerate(around(600, 1140), start=1):
        judged += len(judging.hear(each))
        assert heard - judged <= 2


def test_the_interval_that_spans_a_gap_is_a_gap_and_nothing_joins_across_it() -> None:
    judging = ArtefactJudge()
    for each in calm(40):
        judging.hear(each)
    assert [j.verdict for j in judging.gap()] == [Verdict.GOOD, Verdict.GOOD]
    assert judging.hear(USUAL) == (Judged(USUAL, Verdict.GAP, adjacent=False),)
    after = [j for each in calm(4) for j in judging.hear(each)]
    assert [j.adjacent for j in after] == [False, True]


def test_where_beats_may_be_lost_only_the_difference_is_left_out() -> None:
    judging, judged = ArtefactJudge(), list[Judged]()
    for index, each in enumerate(calm(20)):
        if index == 10:
            judging.part()
        judged += judging.hear(each)
    assert {j.verdict for j in judged} == {Verdict.GOOD}
    assert [index for index, j in enumerate(judged) if not j.adjacent] == [0, 10]


ANY_TICKS = st.lists(st.integers(0, 65535) | st.integers(250, 2200), max_size=120)


@given(ANY_TICKS)
def test_every_interval_gets_one_verdict_in_order(rr_ticks: list[int]) -> None:
    assert [each.rr_ticks for each in judge(rr_ticks)] == rr_ticks


@given(ANY_TICKS)
def test_only_what_a_heart_can_do_is_good(rr_ticks: list[int]) -> None:
    assert all(plausible(each.rr_ticks) for each in judge(rr_ticks) if each.verdict is Verdict.GOOD)


@given(ANY_TICKS)
def test_adjacent_are_only_two_good_intervals_in_a_row(rr_ticks: list[int]) -> None:
    judged = judge(rr_ticks)
    assert not judged or not judged[0].adjacent
    for before, after in pairwise(judged):
        assert not after.adjacent or before.verdict is after.verdict is Verdict.GOOD


@given(ANY_TICKS, st.lists(st.integers(250, 2200), min_size=3, max_size=10))
def test_a_verdict_once_given_does_not_depend_on_what_follows(rr_ticks: list[int], more: list[int]) -> None:
    now = [j for judging in [ArtefactJudge()] for each in rr_ticks for j in judging.hear(each)]
    later = [j for judging in [ArtefactJudge()] for each in [*rr_ticks, *more] for j in judging.hear(each)]
    assert later[: len(now)] == now


@given(ANY_TICKS)
def test_after_any_nonsense_a_calm_heart_is_believed_again(rr_ticks: list[int]) -> None:
    found = verdicts([*rr_ticks, *calm(40)])
    assert set(found[-20:]) == {Verdict.GOOD}


@needs("data")
@pytest.mark.parametrize(
    ("rate", "precision", "rmssd_error_pct"), [("0.01", 0.90, 1.0), ("0.03", 0.95, 2.5), ("0.08", 0.97, 5.0)]
)
def test_injected_artefacts_are_found(rate: str, precision: float, rmssd_error_pct: float) -> None:
    series = [each for each in read(DATA / "artefact-bench") if each.rate == rate]
    found = [ours(each) for each in series]
    scored = score(series, found)
    assert float(scored["sensitivity"] or 0) >= 0.95
    assert float(scored["precision"] or 0) >= precision
    assert float(scored["rmssd_error_median_pct"] or 0) <= rmssd_error_pct
    assert all(each.low_quality is (rate == "0.08") for each in found)


@needs("data")
def test_the_truth_itself_scores_as_truth() -> None:
    series = read(DATA / "artefact-bench")[:30]
    scored = score(series, [labelled(each) for each in series])
    assert scored["sensitivity"] == scored["precision"] == 1.0


@needs("data")
def test_a_cardiologists_ectopic_beats_are_found() -> None:
    scored = annotated(DATA / "strap-samples" / "mitdb_100_annotated.csv").results["calando"]
    assert float(scored["sensitivity"] or 0) >= 0.95
    assert float(scored["precision"] or 0) >= 0.9


@needs("data")
def test_a_heart_with_very_frequent_ectopy_never_gets_a_baseline() -> None:
    scored = frequent(DATA / "strap-samples" / "polar_h10_pvc_device_rr.csv").results["calando"]
    assert float(scored["low_quality_s"] or 0) >= 0.98 * float(scored["seconds"] or 0)
    assert (scored["with_baseline_s"], scored["believed_s"]) == (0, 0)


def test_ticks_are_of_1024_to_the_second() -> None:
    assert plausible(round(0.3 * RR_TICKS_PER_SECOND) + 1)
    assert plausible(2 * RR_TICKS_PER_SECOND)
    assert not plausible(2 * RR_TICKS_PER_SECOND + 1)
    assert not plausible(307)
