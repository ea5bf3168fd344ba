"""How late notes left: counted, summed up in one sentence that never flatters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.output.lateness import EDGES_MS, Lateness, told


@given(late_ms=st.lists(st.floats(0.0, 400.0), min_size=1), share=st.floats(0.01, 1.0))
def test_at_least_this_share_left_within_what_is_said(late_ms: list[float], share: float) -> None:
    lateness = Lateness()
    for each in late_ms:
        lateness.add(each / 1000)
    within_ms = lateness.at_most_ms(share)
    assert lateness.total == len(late_ms)
    assert sum(each <= within_ms + 1e-9 for each in late_ms) >= share * len(late_ms) - 1e-9
    assert lateness.worst_ms == pytest.approx(max(late_ms))


def test_an_early_note_is_not_late() -> None:
    lateness = Lateness()
    lateness.add(-0.001)
    assert lateness.counts[0] == 1


def a_report(late_ms: float, notes: int, dropped: int) -> dict[str, object]:
    counts = [0] * (len(EDGES_MS) + 1)
    counts[EDGES_MS.index(2.0)] = notes
    return {"lateness": counts, "worst_late_ms": late_ms, "late": dropped}


def test_a_session_is_summed_up_in_a_sentence() -> None:
    expected = "All 300 notes left within 2 ms of their moment, the latest 1.7 ms after it."
    assert told(a_report(1.7, 300, 0)) == expected


def test_only_where_some_left_later_it_is_a_share() -> None:
    report = a_report(60.0, 99, 0)
    report["lateness"] = [*([0] * 5), 99, 0, 0, 0, 0, 1, 0, 0]
    assert str(told(report)).startswith("99 % of 100 notes left within 2 ms of their moment, the latest 60.0 ms")
    assert str(told(a_report(1.0, 1, 0))).startswith("The one note left within 2 ms")


def test_what_came_too_late_is_said() -> None:
    assert "; 4 more came too late and were left out." in str(told(a_report(1.7, 300, 4)))


@pytest.mark.parametrize("report", [{}, {"lateness": "?"}, a_report(0.0, 0, 0)])
def test_without_notes_nothing_is_said(report: dict[str, object]) -> None:
    assert told(report) is None
