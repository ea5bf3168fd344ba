"""The judge tells music made to lie still for from notes thrown at random."""

from random import Random

import pytest

from generators.judge import judge, likeness
from generators.tempo import tempo_bpm
from tests.generators.playing import NEUTRAL, always, play

Wire = list[tuple[float, bytes]]


def thrown(seconds: float, seed: int = 1) -> Wire:
    """Random chromatic notes at random velocities, two a second."""
    random, wire = Random(seed), Wire()
    for place in range(int(seconds * 2)):
        pitch, velocity = random.randint(36, 84), random.randint(30, 110)
        wire += [(place / 2, bytes((0x90, pitch, velocity))), (place / 2 + 2.0, bytes((0x80, pitch, 0)))]
    return sorted(wire)


@pytest.fixture(scope="module")
def calm() -> Wire:
    return play(900, always(NEUTRAL)).wire()


def test_good_music_passes_every_gate(calm: Wire) -> None:
    measures = judge(calm, tempo=[(0.0, 58.0)])
    assert measures["in_scale_share"] >= 0.99
    assert measures["tonal_step_per_s"] <= 3.2
    assert measures["velocity_jump_p95"] <= 8
    assert measures["velocity_max"] <= 72
    assert measures["low_interval_violations"] == 0
    assert measures["parallels_per_100_moves"] <= 2
    assert measures["voice_move_semitones"] <= 3
    assert 5 <= measures["envelope_peak_per_min"] <= 6.7
    assert 0.25 <= measures["density_variation"] <= 0.9
    assert measures["near_duplicate_share"] < 0.03
    assert measures["tempo_error_p95"] <= 0.05
    assert measures["stuck_notes"] == 0


def test_notes_thrown_at_random_do_not() -> None:
    measures = judge(thrown(900))
    assert measures["in_scale_share"] < 0.8
    assert measures["tonal_step_per_s"] > 5
    assert measures["velocity_jump_p95"] > 30
    assert measures["low_interval_violations"] > 10
    assert measures["density_variation"] < 0.25


def test_no_notes_no_measures() -> None:
    assert judge([]) == {}


def test_two_pieces_are_unlike_and_one_is_like_itself(calm: Wire) -> None:
    other = play(900, always(NEUTRAL), seed="2").wire()
    assert likeness(calm, calm) == 1.0
    assert likeness(calm, other) == 0.0


def test_a_loop_is_found_out() -> None:
    once = [(at_s, data) for at_s, data in thrown(30) if at_s < 30]
    looped = [(at_s + 30.0 * turn, data) for turn in range(8) for at_s, data in once]
    assert judge(sorted(looped))["near_duplicate_share"] == 1.0


@pytest.mark.parametrize("bpm", [36.0, 44.0, 58.0, 66.0])
def test_the_tempo_is_heard_through_lateness_and_rests(bpm: float) -> None:
    random = Random(3)
    grid = [place * 30.0 / bpm for place in range(int(90 * bpm / 30))]
    onsets = [at + random.uniform(0, 0.08) for at in grid if random.random() < 0.4]
    assert tempo_bpm(onsets, 45.0) == pytest.approx(bpm, rel=0.02)


def test_too_few_onsets_tell_no_tempo() -> None:
    assert tempo_bpm([0.0, 1.0, 2.0], 1.0) is None


def test_a_note_without_an_end_is_stuck() -> None:
    assert judge([(0.0, bytes((0x90, 60, 40))), (5.0, bytes((0x90, 64, 40)))])["stuck_notes"] == 2
