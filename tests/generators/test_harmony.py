"""Chords of one scale that move like voices, hold what they share, and never clash where it is heard."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.harmony import Chord, Harmony, Wish
from generators.pitch import STEPS, Scale, is_muddy, muddy_pairs, pedal
from generators.tonal_space import FURTHEST, dissonance, distance, of_pitch_classes
from generators.voicing import Room, is_parallel


def chords(
    scale: str, root: int = 2, seed: int = 1, count: int = 60, wish: Wish | None = None, low: int = 48
) -> list[Chord]:
    where = Scale(root, scale)
    harmony = Harmony(Room(where, low, 76, pedal(where, 33, 50)), (2, 4), Random(seed))
    wanted = wish or Wish(0.4, 0.0, 79, 10.0)
    return [harmony.next(wanted) for _ in range(count)]


@pytest.mark.parametrize("scale", STEPS)
@settings(max_examples=6, deadline=None)
@given(root=st.integers(0, 11), seed=st.integers(0, 999), calm=st.floats(0, 1))
def test_every_chord_is_clean(scale: str, root: int, seed: int, calm: float) -> None:
    for chord in chords(scale, root, seed, 20, Wish(0.4 * (1 - calm), calm, round(79 - 12 * calm), 10.0)):
        tones = chord.voicing
        assert {pitch % 12 for pitch in tones} <= set(chord.scale.pitch_classes)
        assert list(tones) == sorted(set(tones))
        assert max(tones) <= 79 - 12 * calm
        assert muddy_pairs((*chord.pedal, *tones)) == 0
        assert all(after - before not in (1, 6) for before, after in pairwise(tones))
        assert (tones[-1] - tones[0]) % 12 != 6


@pytest.mark.parametrize("scale", STEPS)
def test_voices_move_little_and_never_in_parallel_fifths_or_octaves(scale: str) -> None:
    told = chords(scale)
    moved = [
        abs(a - b) for before, after in pairwise(told) for a, b in zip(before.voicing, after.voicing, strict=False)
    ]
    assert sum(moved) / len(moved) <= 3
    assert not any(is_parallel(before.voicing, after.voicing) for before, after in pairwise(told))


def test_what_is_kept_is_tied_in_the_next_chord_and_for_no_longer() -> None:
    told = chords("dorian")
    for before, after in pairwise(told):
        assert before.kept == after.tied
        assert set(before.kept) <= set(before.voicing) & set(after.voicing)
        assert not set(after.tied) & set(after.kept)
    assert sum(len(chord.kept) for chord in told) > len(told) / 2


def test_more_tension_is_asked_and_given() -> None:
    def mean(tension: float) -> float:
        told = chords("dorian", count=120, wish=Wish(tension, 0.0, 79, 10.0))
        return sum(chord.tension for chord in told) / len(told)

    assert mean(0.05) < mean(0.4) < mean(0.8)


def test_calm_shares_more_tones_and_lasts_longer() -> None:
    lively, calm = chords("dorian", count=120), chords("dorian", count=120, wish=Wish(0.0, 1.0, 79, 10.0))

    def common(told: list[Chord]) -> float:
        return sum(len(set(a.voicing) & set(b.voicing)) for a, b in pairwise(told)) / len(told)

    assert common(calm) > common(lively)
    assert sum(chord.breaths for chord in calm) > sum(chord.breaths for chord in lively)


def test_a_register_too_narrow_for_another_chord_keeps_the_last_one() -> None:
    told = chords("mixolydian", 7, wish=Wish(0.4, 1.0, 57, 10.0), count=12)
    assert all(chord.voicing for chord in told)


def test_an_octave_carries_anywhere_and_a_third_does_not() -> None:
    assert not is_muddy(33, 45)
    assert is_muddy(40, 43)
    assert not is_muddy(60, 63)


def test_the_tonal_space_agrees_with_its_paper() -> None:
    assert pytest.approx(32.863, abs=0.001) == FURTHEST
    assert dissonance(of_pitch_classes([0])) == pytest.approx(0.0)
    major, fifth_up, far = (of_pitch_classes([(r + i) % 12 for i in (0, 4, 7)]) for r in (0, 7, 6))
    assert dissonance(major) < dissonance(of_pitch_classes([0, 1, 2]))
    assert distance(major, fifth_up) < distance(major, far)
