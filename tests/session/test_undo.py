"""Undo is a command of its own: for ten seconds the last of the undoable acts can be as if it had not been."""

import pytest

from engine.affect.estimate import Route
from engine.decision import Decision
from engine.inputs import NOTES, UNDOABLE, Act, Command, Input
from engine.record.rows import from_row, to_row
from engine.session import Session
from sensors.heart import HeartPacket
from tests.session.sessions import TPS, a_setup, commands, fold, heard, merged, steady_heart

PRESSED_S = 400.0


def lived(*given: tuple[float, Command], seconds: float = 460.0, route: Route = Route.IV) -> list[Decision]:
    """A session that plays, hears a steady heart, and is given commands; the *play on* at second 0 is number 1."""
    heart = heard(steady_heart(int(seconds)))
    at: dict[int, list[Input]] = {}
    for at_s, command in given:
        at.setdefault(round(at_s * TPS), []).append(command)
    rendering, _ = fold(a_setup(route=route), seconds, merged(commands({0.0: Act.PLAY_ON}), at, heart))
    return rendering.decisions


def seq_of(at_s: float) -> float:
    """The number of the first command of its tick: the *play on*, and the packets that came before it."""
    return float(1 + sum(packet.arrival_s * TPS < at_s * TPS for packet in heart_of(at_s)) + 1)


def heart_of(at_s: float) -> list[HeartPacket]:
    return steady_heart(int(at_s) + 1)


def undone(act: Act, value: float | None = None, after_s: float = 5.0) -> tuple[tuple[float, Command], ...]:
    undo = Command(Act.UNDO, "page", seq_of(PRESSED_S))
    return (PRESSED_S, Command(act, "page", value)), (PRESSED_S + after_s, undo)


@pytest.mark.parametrize("act", sorted(UNDOABLE))
def test_what_is_undone_leaves_phase_ceiling_and_estimate_as_if_it_had_not_been(act: Act) -> None:
    value = 0.4 if act is Act.CEILING else None
    without, with_undo = lived()[-1], lived(*undone(act, value))[-1]
    assert with_undo.phase == without.phase
    assert with_undo.phase_left_s == without.phase_left_s
    assert with_undo.ceiling == without.ceiling
    assert with_undo.estimate.gated == without.estimate.gated
    assert with_undo.estimate.expected_bpm == pytest.approx(without.estimate.expected_bpm, abs=0.3)


@pytest.mark.parametrize("act", [Act.NEXT_PHASE, Act.DOSE])
def test_after_ten_seconds_it_is_too_late(act: Act) -> None:
    assert lived(*undone(act, after_s=11.0))[-1].phase != lived()[-1].phase


def test_undo_of_another_number_or_of_ease_changes_nothing() -> None:
    eased = lived(*undone(Act.EASE))[-1]
    assert eased.staff_offset == 0.25
    wrong = Command(Act.UNDO, "page", 3.0)
    assert lived((PRESSED_S, Command(Act.NEXT_PHASE, "page")), (PRESSED_S + 1, wrong))[-1].phase != "arrival"


def test_an_arc_that_ran_goes_on_where_it_would_be() -> None:
    dose = (10.0, Command(Act.DOSE, "page"))
    undo = (PRESSED_S + 8.0, Command(Act.UNDO, "page", seq_of(PRESSED_S) + 1))
    without = lived(dose)
    with_undo = lived(dose, (PRESSED_S, Command(Act.NEXT_PHASE, "page")), undo)
    during = with_undo[round(PRESSED_S) + 3]
    assert during.phase != without[round(PRESSED_S) + 3].phase
    assert (with_undo[-1].phase, with_undo[-1].phase_left_s) == (without[-1].phase, without[-1].phase_left_s)


@pytest.mark.parametrize("note", sorted(NOTES))
def test_a_note_moves_nothing_and_is_kept(note: Act) -> None:
    rendering, _ = fold(a_setup(), 30, commands({0.0: Act.PLAY_ON, 10.0: note}))
    plain, _ = fold(a_setup(), 30, commands({0.0: Act.PLAY_ON}))
    assert [event.data for event in rendering.events] == [event.data for event in plain.events]
    stamped = next(each for each in rendering.inputs if isinstance(each.input, Command) and each.input.act is note)
    assert from_row(to_row(stamped)) == stamped


def test_undo_before_anything_is_nothing() -> None:
    session = Session(a_setup())
    rendering, _ = fold(session.setup, 2, {0: [Command(Act.UNDO, "page", 1.0), Command(Act.UNDO, "page", None)]})
    assert rendering.decisions
