"""What the page shows follows from the room's news alone."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.console.board import RECORD_LATE_S, Board
from engine.console.history import COARSE_S, FINE_S, MOST_POINTS, History
from engine.console.past import past_board
from engine.console.viewers import compact
from engine.decision import Decision
from engine.inputs import UNDOABLE, Act, Command, OutputKind, OutputState, Stamped
from engine.news import News, RecordedUpTo, Trouble
from engine.record.folder import RecordFolder, keep
from engine.session import Folded
from sensors.heart import Link, LinkState
from tests.session.sessions import TPS, a_setup, commands, fold, heard, merged, steady_heart


def some_news(seconds: int = 20) -> list[Folded]:
    """A session's folds, heart and all."""
    _, folds = fold(a_setup(), seconds, merged(commands({0.0: Act.PLAY_ON}), heard(steady_heart(seconds))))
    return folds


def decision_of(folds: list[Folded]) -> Decision:
    return next(each.decision for each in reversed(folds) if each.decision)


def told(*news: News) -> Board:
    board = Board()
    for each in news:
        board.hear(each)
    return board


def pressed(act: Act, at_s: float, seq: int, value: float | None = None) -> Stamped:
    return Stamped(round(at_s * TPS), seq, Command(act, "page", value))


def test_before_any_news_nothing_is_known_and_it_can_be_sent() -> None:
    shown = Board().shown(0.0)
    assert shown["heart"] == {"hr_bpm": None, "age_s": None, "known": False}
    assert shown["undo"] is None
    compact(shown)


def test_the_heart_ages_while_no_news_come() -> None:
    board = told(*some_news())
    first, later = board.shown(20.0)["heart"], board.shown(27.0)["heart"]
    assert isinstance(first, dict)
    assert isinstance(later, dict)
    assert later["age_s"] == first["age_s"] + 7
    assert later["hr_bpm"] == first["hr_bpm"]


def test_strap_and_synth_are_told_as_they_were_last_heard() -> None:
    lost = LinkState(3.0, Link.LOST, "out of range")
    silenced = OutputState(OutputKind.PORT_LOST, "the cable was pulled")
    shown = told(Stamped(60, 1, lost), Stamped(61, 2, silenced)).shown(4.0)
    assert shown["strap"] == {"state": "lost", "words": "lost", "why": "out of range"}
    assert shown["output"] == {"state": "port_lost", "why": "the cable was pulled"}


def test_what_was_played_on_is_no_longer_told_as_silenced_but_a_port_that_is_away_is() -> None:
    playing = decision_of(some_news())
    panic = OutputState(OutputKind.SILENCED, "panic")
    away = OutputState(OutputKind.PORT_LOST, "the cable was pulled")
    for state, shown in ((panic, "ready"), (away, "port_lost")):
        board = told(Stamped(61, 2, state))
        assert board.shown(4.0)["output"] == {"state": str(state.kind), "why": state.why}
        board.hear(Folded(playing.tick, 1, (), (), playing, 40.0, 0.0))
        told_then = board.shown(25.0)["output"]
        assert isinstance(told_then, dict)
        assert told_then["state"] == shown


def test_the_record_is_late_until_the_disk_has_what_was_pressed() -> None:
    board = told(pressed(Act.CUFF, 10.0, 7))
    assert board.shown(11.0)["record"] != board.shown(10.0 + RECORD_LATE_S + 1)["record"]
    board.hear(RecordedUpTo(7))
    record = board.shown(30.0)["record"]
    assert isinstance(record, dict)
    assert record["state"] == "kept"


def test_only_the_last_undoable_act_can_be_undone_for_ten_seconds_and_once() -> None:
    board = told(pressed(Act.DOSE, 10.0, 1), pressed(Act.CUFF, 12.0, 2), pressed(Act.EASE, 13.0, 3))
    undo = board.shown(14.0)["undo"]
    assert isinstance(undo, dict)
    assert (undo["seq"], undo["act"], undo["left_s"]) == (2, "cuff", 8.0)
    assert board.shown(22.1)["undo"] is None
    board.hear(pressed(Act.UNDO, 15.0, 4, 2.0))
    assert board.shown(15.0)["undo"] is None
    assert [mark[1] for mark in board.history.whole()["marks"]] == ["dose", "ease"]  # type: ignore[attr-defined]


def test_trouble_is_shown_for_a_minute() -> None:
    board = told(pressed(Act.CUFF, 10.0, 1), Trouble("The disk is slow."))
    assert board.shown(20.0)["trouble"] == "The disk is slow."
    assert board.shown(80.0)["trouble"] is None


def test_hours_of_history_stay_small_and_keep_their_order() -> None:
    history, decision = History(), decision_of(some_news())
    for second in range(1, 3 * MOST_POINTS):
        history.take(replace(decision, tick=second * TPS))
    points = history.whole()["points"]
    assert isinstance(points, list)
    seconds = [point[0] for point in points]
    assert seconds == sorted(set(seconds))
    assert len(points) <= MOST_POINTS // COARSE_S + FINE_S + MOST_POINTS
    assert seconds[-FINE_S:] == list(range(seconds[-1] - FINE_S + 1, seconds[-1] + 1))


ACTS = st.sampled_from(sorted(Act))


@given(st.lists(st.tuples(ACTS, st.floats(0, 100), st.integers(1, 50)), max_size=12), st.floats(0, 200))
def test_whatever_comes_it_can_be_sent_and_undo_names_something_undoable(
    given_acts: list[tuple[Act, float, int]], now_s: float
) -> None:
    board = told(*(pressed(act, at_s, seq, float(seq)) for act, at_s, seq in given_acts))
    shown = board.shown(now_s)
    compact(shown)
    undo = shown["undo"]
    assert undo is None or (isinstance(undo, dict) and undo["act"] in UNDOABLE)


def test_a_session_taken_up_again_shows_what_its_record_holds(tmp_path: Path) -> None:
    inputs = merged(commands({0.0: Act.PLAY_ON, 12.0: Act.CUFF}), heard(steady_heart(30)))
    rendering, folds = fold(a_setup(), 30, inputs)
    folder = RecordFolder(tmp_path)
    keep(rendering, folder)
    lived, taken_up = told(*rendering.inputs, *folds), past_board(folder.journal, rendering.inputs)
    assert taken_up.history.whole() == lived.history.whole()
    assert past_board(tmp_path / "nothing.sqlite", ()).history.latest is None
