"""What the staff ask, as numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inputs import Act, Command
from engine.policy.commands import Staff


def after(*acts: Act | tuple[Act, float]) -> Staff:
    """The staff after these commands."""
    staff = Staff()
    for act in acts:
        command = Command(act, "page") if isinstance(act, Act) else Command(act[0], "page", act[1])
        staff = staff.after(command)
    return staff


@pytest.mark.parametrize(
    ("acts", "offset"),
    [
        ((), 0.0),
        ((Act.EASE,), 0.25),
        ((Act.EASE, Act.EASE), 0.5),
        ((Act.EASE,) * 7, 1.0),
        ((Act.LIGHTER,), 0.0),
        ((Act.EASE, Act.EASE, Act.LIGHTER), 0.25),
        ((Act.EASE,) * 7 + (Act.LIGHTER,), 0.75),
        ((Act.CUFF, Act.DOSE, Act.SILENCE, Act.PLAY_ON), 0.0),
    ],
)
def test_ease_adds_a_quarter_and_lighter_takes_it_off(acts: tuple[Act, ...], offset: float) -> None:
    assert after(*acts).offset == offset


@pytest.mark.parametrize(
    ("ceiling", "eases", "least"), [(1.0, 0, 0.0), (0.7, 0, 0.3), (0.7, 2, 0.5), (-3.0, 0, 1.0), (5.0, 1, 0.25)]
)
def test_the_stricter_of_ease_and_ceiling_counts(ceiling: float, eases: int, least: float) -> None:
    assert after((Act.CEILING, ceiling), *(Act.EASE,) * eases).least_offset == pytest.approx(least)


def test_a_ceiling_without_a_value_is_lifted() -> None:
    staff = after((Act.CEILING, 0.5)).after(Command(Act.CEILING, "page"))
    assert staff.least_offset == 0.0


def test_stay_lasts_until_move_on() -> None:
    assert after(Act.STAY, Act.EASE, Act.NEXT_PHASE).staying
    assert not after(Act.STAY, Act.MOVE_ON).staying


@given(st.lists(st.sampled_from(Act)))
def test_whatever_is_pressed_the_offset_is_a_share(acts: list[Act]) -> None:
    assert 0.0 <= after(*acts).least_offset <= 1.0
