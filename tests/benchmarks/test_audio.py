"""A little of what the audio benchmark hears in five, for every synth that is here."""

import numpy as np
import pytest

from benchmarks.audio import EASES, INSTRUMENTS, later_extract, sounded, taken_up, wire
from benchmarks.loudness import RATE, mean_centroid_hz, steepest_rise_db
from engine.config import load
from engine.midi import control, note_off, note_on
from engine.output.fonts import find_font
from engine.output.synth_effects import CEILING
from tests.parts import needs

HERE = ["built-in", pytest.param("fluidsynth", marks=needs("soundfont"))]


@pytest.mark.parametrize("instrument", HERE)
def test_a_sparse_profile_neither_clips_nor_startles_and_darkens_with_calm(instrument: str) -> None:
    profile = load("snow")
    pieces = [
        later_extract(profile, eases, INSTRUMENTS[instrument](profile), 10.0) for eases in (min(EASES.values()), 4)
    ]
    assert max(np.abs(piece).max() for piece in pieces) < CEILING
    assert steepest_rise_db(pieces[0]) < 3.0
    assert mean_centroid_hz(pieces[1]) < mean_centroid_hz(pieces[0])


def test_a_start_rises_gently_once_it_has_faded_in() -> None:
    profile = load("default")
    start = sounded(wire(profile, 0.5), INSTRUMENTS["built-in"](profile), 26.0)[:, 14 * RATE :]
    assert steepest_rise_db(start) < 3.0


def test_a_wire_that_is_taken_up_stands_where_it_stood() -> None:
    whole = [
        (0.0, control(0, 11, 10)),
        (1.0, control(0, 11, 60)),
        (2.0, note_on(0, 60, 40)),
        (2.0, note_on(0, 64, 40)),
        (3.0, note_off(0, 64)),
        (6.0, note_off(0, 60)),
    ]
    assert taken_up(whole, 5.0) == [(0.0, control(0, 11, 60)), (0.0, note_on(0, 60, 40)), (1.0, note_off(0, 60))]


@needs("soundfont")
def test_there_is_a_font() -> None:
    assert find_font().is_file()
