"""Gates: for a minute and a half a heart rate tells of something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.affect.gates import GATE_S, GATES, Gates
from engine.inputs import Act


@pytest.mark.parametrize("act", GATES)
def test_each_mark_gates_ninety_seconds_and_says_why(act: Act) -> None:
    gates = Gates()
    gates.mark(act, 100.0)
    assert gates.reasons(100.0) == gates.reasons(189.9) == (GATES[act],)
    assert gates.reasons(100.0 + GATE_S) == ()


def test_a_second_cuff_prolongs_and_another_kind_joins() -> None:
    gates = Gates()
    gates.mark(Act.CUFF, 0.0)
    gates.mark(Act.CUFF, 60.0)
    gates.mark(Act.TALK, 70.0)
    assert gates.reasons(140.0) == ("blood-pressure cuff", "staff talking")
    assert gates.reasons(155.0) == ("staff talking",)


def test_a_mark_told_late_does_not_shorten_a_gate() -> None:
    gates = Gates()
    gates.mark(Act.CUFF, 60.0)
    gates.mark(Act.CUFF, 0.0)
    assert gates.reasons(149.0)


@given(st.sampled_from([act for act in Act if act not in GATES]))
def test_other_acts_gate_nothing(act: Act) -> None:
    gates = Gates()
    gates.mark(act, 0.0)
    assert gates.reasons(1.0) == ()
