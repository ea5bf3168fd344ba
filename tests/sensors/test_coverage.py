"""The good share of the last seconds, and how old data is, are what a plain count of them says."""

from itertools import accumulate
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.coverage import LAG_S, Coverage
from sensors.data_age import FROZEN_INTERVALS, FROZEN_TICKS, DataAge

Span = tuple[float, float, bool]

SPANS = st.lists(
    st.tuples(st.floats(0.3, 3.0), st.floats(0.3, 4.0), st.booleans()),
    min_size=1,
    max_size=150,
)


def placed(spans: list[Span]) -> list[Span]:
    """Steps from end to end, lengths and verdicts as spans of ``(start_s, end_s, good)`` that do not overlap."""
    ends = list(accumulate(step for step, _, _ in spans))
    starts = [end - length for end, (_, length, _) in zip(ends, spans, strict=True)]
    starts[1:] = [max(start, before) for start, before in zip(starts[1:], ends, strict=False)]
    return [(start, end, good) for start, end, (_, _, good) in zip(starts, ends, spans, strict=True)]


def good_between(spans: list[Span], start_s: float, end_s: float) -> float:
    return sum(max(0.0, min(end, end_s) - max(start, start_s)) for start, end, good in spans if good)


@given(SPANS, st.floats(0, 90), st.sampled_from([10.0, 30.0, 60.0]))
def test_the_share_is_what_a_plain_sum_says(spans: list[Span], later_s: float, window_s: float) -> None:
    coverage, known = Coverage(), placed(spans)
    for (_, length_s, good), (_, end_s, _) in zip(spans, known, strict=True):
        coverage.add(end_s, length_s, good=good)
    last_s = known[-1][1]
    now_s = last_s + later_s
    end_s, start_s = max(last_s, now_s - LAG_S), max(known[0][0], now_s - window_s)
    expected = good_between(known, start_s, end_s) / (end_s - start_s) if end_s > start_s else 0.0
    assert coverage.share(now_s, window_s) == pytest.approx(expected, abs=1e-9)


def test_hours_of_spans_are_forgotten_and_the_last_minute_is_not() -> None:
    coverage = Coverage()
    for beat in range(20_000):
        coverage.add(0.3 * (beat + 1), 0.3, good=beat % 4 > 0)
    assert coverage.share(6000.0, 60.0) == pytest.approx(0.75, abs=0.01)
    assert len(coverage._ends_s) <= 1024


STONE = st.integers(0, 60).map(lambda draw: 908 if draw == 0 else 900 + 2 * (draw % 3))
PACKETS = st.lists(st.tuples(st.floats(0.1, 5.0), st.lists(STONE, max_size=3)), max_size=200)


@given(PACKETS)
def test_data_is_as_old_as_its_last_telling_packet_or_as_its_first_repeat(
    packets: list[tuple[float, list[int]]],
) -> None:
    age, now_s = DataAge(), 0.0
    intervals: list[tuple[float, int]] = []
    for wait_s, rr_ticks in packets:
        now_s += wait_s
        if rr_ticks:
            age.intervals(now_s, tuple(rr_ticks))
            intervals += [(now_s, each) for each in rr_ticks]
        last_s = intervals[-1][0] if intervals else -inf
        recent = intervals[-FROZEN_INTERVALS:]
        frozen = len(recent) == FROZEN_INTERVALS and _alike([rr for _, rr in recent])
        assert (age.frozen_since_s is not None) == frozen
        if frozen:
            assert age.age_s(now_s) == now_s - _first_repeat_s(intervals)
        else:
            assert age.age_s(now_s) == now_s - last_s


def _alike(ticks: list[int]) -> bool:
    return max(ticks) - min(ticks) <= FROZEN_TICKS


def _first_repeat_s(intervals: list[tuple[float, int]]) -> float:
    """The arrival of the second interval of the window in which the source was first seen to be frozen."""
    end = len(intervals)
    while end > FROZEN_INTERVALS and _alike([rr for _, rr in intervals[end - 1 - FROZEN_INTERVALS : end - 1]]):
        end -= 1
    return intervals[end - FROZEN_INTERVALS + 1][0]
