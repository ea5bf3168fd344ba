"""The last minute's heart rate, RMSSD and SDNN: exact, whatever was heard before and however long ago."""

import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.hrv import exactness
from engine.affect.hrv import WINDOW_S, HeartRateVariability
from tests.parts import DATA, needs

Heard = tuple[float, int, bool]
MS = 1000 / 1024


def stream(beats: list[Heard], window_s: float = WINDOW_S) -> HeartRateVariability:
    hrv = HeartRateVariability(window_s)
    for time_s, rr_ticks, adjacent in beats:
        hrv.hear(time_s, rr_ticks, adjacent=adjacent)
    return hrv


def timed(intervals: list[tuple[int, bool]]) -> list[Heard]:
    time_s, beats = 0.0, list[Heard]()
    for rr_ticks, adjacent in intervals:
        time_s += rr_ticks / 1024 if adjacent else 5 + rr_ticks / 1024
        beats.append((time_s, rr_ticks, adjacent))
    return beats


INTERVALS = st.lists(st.tuples(st.integers(300, 2048), st.booleans()), max_size=300)


@given(INTERVALS)
def test_it_says_what_the_plain_formulas_say_of_the_window(intervals: list[tuple[int, bool]]) -> None:
    beats = timed(intervals)
    hrv = stream(beats)
    window = [beat for beat in beats if beat[0] > beats[-1][0] - WINDOW_S]
    rr = [rr_ticks for _, rr_ticks, _ in window]
    steps = [(after[1] - before[1]) ** 2 for before, after in pairwise(window) if after[2]]
    assert hrv.count == len(window)
    assert hrv.hr_bpm == (pytest.approx(60_000 / MS / statistics.fmean(rr)) if rr else None)
    assert hrv.sdnn_ms == (pytest.approx(MS * statistics.stdev(rr), abs=1e-9) if len(rr) > 1 else None)
    assert hrv.rmssd_ms == (pytest.approx(MS * statistics.fmean(steps) ** 0.5) if steps else None)


@given(INTERVALS, INTERVALS)
def test_what_lies_before_the_window_leaves_no_trace(
    early: list[tuple[int, bool]], late: list[tuple[int, bool]]
) -> None:
    first, second = timed(early), [(time_s + 1e4, rr, adjacent) for time_s, rr, adjacent in timed(late)]
    if second:
        second[0] = (*second[0][:2], False)
    alone, after = stream(second), stream([*first, *second])
    after.advance(2e3 + 1e4)
    alone.advance(2e3 + 1e4)
    assert (alone.hr_bpm, alone.rmssd_ms, alone.sdnn_ms) == (after.hr_bpm, after.rmssd_ms, after.sdnn_ms)


def test_nothing_is_known_of_a_silent_heart() -> None:
    hrv = stream([(1.0, 800, False), (1.8, 820, True)])
    assert hrv.rmssd_ms == pytest.approx(20 * MS)
    hrv.advance(61.5)
    assert hrv.count == 1
    assert hrv.rmssd_ms is None
    hrv.advance(100.0)
    assert (hrv.hr_bpm, hrv.rmssd_ms, hrv.sdnn_ms) == (None, None, None)


def test_no_difference_is_taken_across_a_gap() -> None:
    assert stream([(1.0, 500, False), (9.0, 1500, False)]).rmssd_ms is None


def test_hours_later_a_steady_heart_still_has_no_variability_at_all() -> None:
    wild = [(index * 0.9, 600 + index * 7919 % 900, True) for index in range(20_000)]
    steady = [(20_000.0 + index, 1024, index > 0) for index in range(120)]
    hrv = stream([*wild, *steady])
    assert (hrv.hr_bpm, hrv.rmssd_ms, hrv.sdnn_ms) == (60.0, 0.0, 0.0)


@needs("data")
def test_the_reference_values_are_met() -> None:
    results = exactness(DATA / "hrv-reference").results["calando"]
    assert float(results["worst_relative_error"] or 1) <= 1e-6
    assert results["figures_as_printed"] == f"{3 * 78}/{3 * 78}"
