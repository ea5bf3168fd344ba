"""Each layer thins by threshold: the same draws whatever is asked, and less density never brings another note."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.breath import Breathing
from generators.ensemble import LAYERS as ALL
from generators.harmony import Harmony, Wish
from generators.pitch import Scale, pedal
from generators.score import Note
from generators.touch import register
from generators.voicing import Room
from tests.generators.playing import LAYERS, NEUTRAL, always, play, windows

SPECS = {spec.name: spec for spec in LAYERS}


def heard(name: str, seed: int, densities: list[float], top: float, seconds: float = 90.0) -> list[Note]:
    """One layer by itself over a fixed harmony and breath, its density walking through these values."""
    scale = Scale(2, "dorian")
    layer = ALL[name](SPECS[name], Random(seed))
    breathing = Breathing(6.0, 3.0, Random(seed))
    harmony = Harmony(Room(scale, 48, 76, pedal(scale, 33, 50)), (2, 4), Random(seed))
    chord, ends, notes = None, 0, list[Note]()
    for window, intent in windows(seconds, always(NEUTRAL, register_top=top)):
        breathing.advance(0.05, 6.0, may_deepen=True)
        breath = breathing.now()
        if chord is None or breath.index >= ends:
            chord = harmony.next(Wish(0.4, 0.0, 76, 10.0))
            ends = breath.index + chord.breaths
        density = densities[int(window.start_s / seconds * len(densities))]
        played = layer.play(window, chord, breath, replace(intent, density=density))
        notes += [note for note in played if isinstance(note, Note)]
    return notes


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 9999),
    path=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=6),
    top=st.floats(66, 82),
)
def test_a_lower_density_yields_a_subset(name: str, seed: int, path: list[tuple[float, float]], top: float) -> None:
    lower = heard(name, seed, [min(pair) for pair in path], top)
    higher = heard(name, seed, [max(pair) for pair in path], top)
    assert set(lower) <= set(higher)


@pytest.mark.parametrize("name", ALL)
def test_a_layer_keeps_to_its_register_and_to_half_beats(name: str) -> None:
    spec = SPECS[name]
    notes = heard(name, 3, [1.0], 84.0, 300.0)
    assert len(notes) > 5
    assert all(spec.register_low <= note.pitch <= spec.register_high for note in notes)
    assert all(note.at_beat * 2 == int(note.at_beat * 2) for note in notes)
    assert all(0 <= note.late_s < 0.3 for note in notes)


@pytest.mark.parametrize("name", ALL)
def test_no_note_starts_above_the_register_asked_for(name: str) -> None:
    assert all(note.pitch <= 67 for note in heard(name, 4, [1.0], 67.0, 300.0))


@pytest.mark.parametrize("seed", "123456")
def test_no_tone_of_the_drone_is_away_for_a_breath(seed: str) -> None:
    drone = play(900, always(NEUTRAL, tempo_bpm=53.0), seed=seed).of("drone")
    for pitch in {note.pitch for _, note in drone}:
        own = [(at_s, at_s + note.length_s) for at_s, note in drone if note.pitch == pitch]
        away_s = [again_s - ended_s for (_, ended_s), (again_s, _) in pairwise(own)]
        assert len(away_s) > 10
        assert max(away_s) < 3.0


def test_the_drone_renews_its_tones_in_turn_in_the_trough() -> None:
    drone = play(300, always(NEUTRAL)).of("drone")
    pitches = [note.pitch for _, note in drone]
    assert set(pitches) == {38, 45}
    assert all(before != after for before, after in pairwise(pitches))
    assert all(at_s % 10.0 < 1.1 or at_s % 10.0 > 9.9 for at_s, _ in drone)
    assert all(note.length_s <= 60 for _, note in drone)


def test_a_common_tone_is_held_and_not_struck_again() -> None:
    pad = play(600, always(NEUTRAL)).of("pad")
    for pitch in {note.pitch for _, note in pad}:
        own = [(at_s, at_s + note.length_s) for at_s, note in pad if note.pitch == pitch]
        assert all(ended_s < start_s for (_, ended_s), (start_s, _) in pairwise(own))
    assert max(note.length_s for _, note in pad) > 20


def test_rolled_pad_voices_stand_60_ms_apart() -> None:
    onsets = [at_s for at_s, _ in play(900, always(NEUTRAL)).of("pad")]
    assert min(after - before for before, after in pairwise(sorted(onsets))) >= 0.06 - 1e-9


def test_a_melody_remembers() -> None:
    melody = play(1800, always(NEUTRAL, density=1.0)).of("melody")
    rhythms = [round((b.at_beat - a.at_beat) * 2) for (_, a), (_, b) in pairwise(melody)]
    threes = [tuple(rhythms[i : i + 3]) for i in range(len(rhythms) - 2) if max(rhythms[i : i + 3]) < 5]
    assert len(set(threes)) < 0.6 * len(threes)


@pytest.mark.parametrize("only", [28, 96])
def test_a_layer_that_is_given_one_pitch_still_finds_every_chord_a_tone(only: int) -> None:
    low, high = register(replace(SPECS["bells"], register_low=only, register_high=only), NEUTRAL)
    assert {pitch % 12 for pitch in range(low, high + 1)} == set(range(12))
