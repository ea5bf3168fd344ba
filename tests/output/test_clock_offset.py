"""Pings compare clocks: a slow answer moves no note, and two clocks are told from one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.midi import note_on
from engine.output.clock_offset import OTHER_CLOCK_S, RECENT_PONGS, ClockOffset
from engine.output.guardian_link import GuardianLink
from engine.output.protocol import Events, Order

SECONDS = st.floats(0.0, 5.0)


class Late:
    """A link on a clock that stands until it is moved, and what it tells its guardian."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s, self.told = 10.0, list[Order]()
        self.link = GuardianLink((), clock=lambda: self.now_s)
        monkeypatch.setattr(self.link, "_tell", self.told.append)

    def read(self, sent_s: float, at_s: float, read_s: float) -> None:
        self.now_s = read_s
        self.link._hear({"pong": sent_s, "at": at_s})

    def due_s(self) -> float:
        """When a note for second 20 is told to be due."""
        self.link.send(1, [(20.0, note_on(0, 60, 40))])
        events = self.told[-1]
        assert isinstance(events, Events)
        return events.timed[0][0]


@pytest.mark.parametrize("late_s", [0.15, 3.0])
def test_an_engine_that_reads_an_answer_late_plays_no_note_early(
    late_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Late(monkeypatch)
    engine.read(10.0, 10.0005, 10.0 + late_s)
    assert engine.due_s() == 20.0


def test_a_guardian_that_answers_late_is_told_no_note_late(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Late(monkeypatch)
    engine.read(10.0, 10.3, 10.3005)
    assert engine.due_s() == 20.0


def test_the_notes_of_another_clock_are_told_on_that_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Late(monkeypatch)
    engine.read(10.0, 510.0005, 10.001)
    assert engine.due_s() == pytest.approx(520.0)


@given(pongs=st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=20))
def test_on_one_clock_no_answer_however_slow_moves_a_note(pongs: list[tuple[float, float]]) -> None:
    offset, now_s = ClockOffset(), 1000.0
    for there_s, back_s in pongs:
        offset.pong(now_s, now_s + there_s, now_s + there_s + back_s)
        assert offset.seconds == 0.0
        now_s += 0.5


@given(apart_s=st.floats(-1e4, 1e4), delays=st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=20))
def test_of_two_clocks_the_quickest_of_the_recent_answers_is_believed(
    apart_s: float, delays: list[tuple[float, float]]
) -> None:
    offset = ClockOffset()
    for there_s, back_s in delays:
        offset.pong(1000.0, 1000.0 + there_s + apart_s, 1000.0 + there_s + back_s)
    quickest_s = min(there_s + back_s for there_s, back_s in delays[-RECENT_PONGS:])
    if offset.seconds:
        assert abs(offset.seconds - apart_s) <= quickest_s / 2 + 1e-6
    else:
        assert abs(apart_s) <= quickest_s + OTHER_CLOCK_S + 1e-6


def test_clocks_that_drift_together_are_one_again() -> None:
    offset = ClockOffset()
    offset.pong(10.0, 15.0, 10.0)
    assert offset.seconds == 5.0
    for _ in range(RECENT_PONGS):
        offset.pong(20.0, 20.0, 20.001)
    assert offset.seconds == 0.0
