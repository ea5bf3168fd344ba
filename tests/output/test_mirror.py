"""The mirror forgets a note only when a guardian that had its output must have ended it."""

from hypothesis import given
from hypothesis import strategies as st

from engine.midi import note_off, note_on
from engine.output.mirror import HELD_BACK_S, Mirror


def a_mirror() -> Mirror:
    """A held note at 55, and one at 48 whose end is due at second 10.3."""
    mirror = Mirror()
    mirror.note(0.0, note_on(0, 48, 50))
    mirror.note(5.0, note_on(0, 55, 50))
    mirror.note(10.3, note_off(0, 48))
    return mirror


def test_an_end_that_was_due_after_the_guardians_death_is_told_to_every_heir() -> None:
    mirror = a_mirror()
    mirror.answered(10.0)
    assert [mirror.legacy().notes for _ in range(3)] == [((0, 55), (0, 48))] * 3


def test_a_note_that_a_living_guardian_ended_is_forgotten() -> None:
    mirror = a_mirror()
    mirror.answered(10.3 + HELD_BACK_S)
    assert mirror.sounding() == ((0, 55), (0, 48)), "its cable may have been pulled just before"
    mirror.answered(10.4 + HELD_BACK_S)
    assert mirror.sounding() == ((0, 55),)


def test_an_older_answer_takes_nothing_back() -> None:
    mirror = a_mirror()
    mirror.answered(20.0)
    mirror.answered(10.0)
    assert mirror.sounding() == ((0, 55),)


def test_a_note_struck_again_has_not_ended() -> None:
    mirror = a_mirror()
    mirror.note(10.5, note_on(0, 48, 50))
    mirror.answered(100.0)
    assert mirror.sounding() == ((0, 48), (0, 55))


def test_what_all_off_ended_is_forgotten_and_what_begins_later_is_not() -> None:
    mirror = a_mirror()
    mirror.note(12.0, note_on(3, 70, 50))
    mirror.all_off(11.0)
    mirror.answered(20.0)
    assert mirror.legacy().notes == ((3, 70),)
    assert mirror.legacy().channels == (0, 3)


def test_all_off_makes_no_note_younger_that_ended_long_ago() -> None:
    mirror = Mirror.of_whoever_came_before((0,), 100.0)
    mirror.note(500.0, note_on(0, 60, 50))
    mirror.all_off(1000.0)
    mirror.answered(1000.5)
    assert mirror.sounding() == ((0, 60),)


def test_before_the_first_guardian_any_note_may_sound_until_one_has_lived_a_while_with_its_outputs() -> None:
    mirror = Mirror.of_whoever_came_before((0, 3), 100.0)
    assert set(mirror.legacy().notes) == {(channel, pitch) for channel in (0, 3) for pitch in range(28, 97)}
    assert mirror.legacy().channels == (0, 3)
    mirror.answered(100.0 + HELD_BACK_S)
    assert len(mirror.sounding()) == 2 * 69
    mirror.answered(100.1 + HELD_BACK_S)
    assert mirror.sounding() == ()


def test_the_youngest_note_is_ended_first() -> None:
    mirror = Mirror.of_whoever_came_before((0,), 100.0)
    mirror.note(101.0, note_on(0, 60, 50))
    mirror.note(102.0, note_on(0, 55, 50))
    assert mirror.sounding()[:3] == ((0, 55), (0, 60), (0, 28))


@given(
    notes=st.lists(st.tuples(st.floats(0, 20), st.floats(0, 5), st.integers(40, 60)), unique_by=lambda note: note[2]),
    died_s=st.floats(0, 25),
)
def test_whatever_a_dead_guardian_left_sounding_is_in_the_legacy(
    notes: list[tuple[float, float, int]], died_s: float
) -> None:
    mirror = Mirror()
    for begin_s, length_s, pitch in notes:
        mirror.note(begin_s, note_on(0, pitch, 50))
        mirror.note(begin_s + length_s, note_off(0, pitch))
    mirror.answered(died_s)
    left = {(0, pitch) for begin_s, length_s, pitch in notes if begin_s <= died_s <= begin_s + length_s}
    assert left <= set(mirror.legacy().notes)
