"""The heart's rate: medians over sliding windows, how much of them was heard, and the slope."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.affect.rate import LEAST_COVERAGE, HeartRate, MedianWindow
from sensors.heart import Beat, Verdict


def beats(rate: HeartRate, from_s: float, seconds: float, bpm: float, verdict: Verdict = Verdict.GOOD) -> None:
    """So many seconds of a steady heart."""
    rr_ticks, time_s = round(1024 * 60 / bpm), from_s
    while (time_s := time_s + rr_ticks / 1024) <= from_s + seconds:
        rate.hear_beat(Beat(time_s, 0.01, rr_ticks, verdict, adjacent=True))


def lived(rate: HeartRate, from_s: int, bpms: list[float]) -> None:
    """A minute at each rate, second by second."""
    for minute, bpm in enumerate(bpms):
        start_s = from_s + minute * 60
        beats(rate, start_s, 60, bpm)
        for second in range(start_s + 1, start_s + 61):
            rate.second(float(second))


@given(st.lists(st.tuples(st.floats(0.3, 2.0), st.floats(30, 220)), min_size=1, max_size=300))
def test_the_median_is_that_of_what_lies_in_the_window(heard: list[tuple[float, float]]) -> None:
    window, now_s, kept = MedianWindow(60.0), 0.0, []
    for gap_s, value in heard:
        now_s += gap_s
        window.add(now_s, value, round(gap_s * 1024))
        kept.append((now_s, value, round(gap_s * 1024)))
        window.expire(now_s)
    inside = [each for each in kept if each[0] > now_s - 60.0]
    covered = min(1.0, sum(ticks for *_, ticks in inside) / 1024 / 60)
    assert window.coverage == pytest.approx(covered)
    assert window.median == (pytest.approx(median(v for _, v, _ in inside)) if covered >= LEAST_COVERAGE else None)


def test_a_minute_of_beats_is_a_level_and_half_a_minute_is_shown() -> None:
    rate = HeartRate()
    lived(rate, 0, [60.0, 60.0])
    beats(rate, 120, 40, 90.0)
    for second in range(121, 161):
        rate.second(float(second))
    assert rate.display_bpm == pytest.approx(90, abs=0.2)
    assert rate.level_bpm == pytest.approx(90, abs=0.2)
    assert 60 < rate.slope_bpm_per_min * 1.5 + 60 <= 91


def test_too_little_heard_is_no_level() -> None:
    rate = HeartRate()
    beats(rate, 0, 10, 60.0)
    rate.second(10.0)
    assert rate.level_bpm is None
    beats(rate, 10, 10, 60.0)
    rate.second(20.0)
    assert rate.level_bpm == pytest.approx(60)


def test_only_good_beats_near_the_others_count() -> None:
    rate = HeartRate()
    lived(rate, 0, [60.0])
    for verdict in (Verdict.MISSED, Verdict.EXTRA, Verdict.ECTOPIC):
        beats(rate, 60, 20, 120.0, verdict)
    beats(rate, 60, 3, 30.0)
    rate.second(61.0)
    assert rate.level_bpm == pytest.approx(60)


def test_a_new_rate_is_followed_once_it_has_lasted() -> None:
    rate = HeartRate()
    lived(rate, 0, [60.0, 100.0, 100.0])
    assert rate.level_bpm == pytest.approx(100, abs=0.3)


def test_the_slope_spans_a_minute_and_a_half_and_no_gap() -> None:
    rate = HeartRate()
    lived(rate, 0, [60.0, 60.0, 66.0])
    assert rate.slope_bpm_per_min == pytest.approx(4.0, abs=0.2)
    rate.gap()
    assert rate.slope_bpm_per_min == 0.0
    rate.second(181.0)
    assert rate.slope_bpm_per_min == 0.0


def test_a_strap_without_intervals_has_a_level_from_its_own_values() -> None:
    rate = HeartRate()
    for second in range(1, 31):
        rate.hear_value(float(second), 72)
        rate.second(float(second))
    assert rate.level_bpm == 72.0
    assert rate.coverage == pytest.approx(0.5, abs=0.05)


def test_a_value_speaks_for_three_seconds_at_most() -> None:
    rate = HeartRate()
    for second in (0, 30, 60):
        rate.hear_value(float(second), 72)
    rate.second(60.0)
    assert rate.coverage <= 0.1
    assert rate.level_bpm is None
