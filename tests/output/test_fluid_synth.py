"""SoundFonts through FluidSynth: the same bytes, the same ceiling, a filter that obeys controller 74."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.loudness import RATE, centroid_hz
from engine.errors import UsageError
from engine.midi import BRIGHTNESS, EXPRESSION, control, note_off, note_on
from engine.output.choice import choose, dressed
from engine.output.fluid_synth import SoundFontSynth
from engine.output.fonts import MissingSoundFontError, find_font
from engine.output.spec import parse_output
from engine.output.synth_core import BLOCK, Synth
from engine.output.synth_effects import CEILING
from engine.output.synth_render import Event, sound
from engine.output.weighting import Floats
from tests.parts import needs
from tests.session.sessions import default_profile

pytestmark = needs("soundfont")

CHORD = [(0.0, note_on(0, pitch, 44)) for pitch in (50, 57, 62, 69)]


def heard(events: Sequence[Event], seconds: float) -> Floats:
    blocks = sound(events, seconds=seconds, synth=SoundFontSynth(find_font()))
    return np.concatenate(list(blocks), axis=1).astype(np.float64)


def level_db(piece: Floats) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(piece**2)) + 1e-12))


def test_a_chord_is_about_as_loud_as_the_built_in_synth_plays_it() -> None:
    built_in = np.concatenate(list(sound(CHORD, seconds=24.0, synth=Synth())), axis=1).astype(np.float64)
    assert level_db(heard(CHORD, 24.0)[:, 20 * RATE :]) == pytest.approx(level_db(built_in[:, 20 * RATE :]), abs=5.0)


def test_nothing_is_above_the_ceiling() -> None:
    crowd: list[Event] = [(0.1 * index, note_on(index % 6, 40 + 2 * index, 80)) for index in range(16)]
    assert np.abs(heard(crowd, 4.0)).max() <= CEILING


def test_the_level_controller_is_obeyed_as_law_5_counts_it() -> None:
    soft = heard([(0.0, control(0, EXPRESSION, 64)), *CHORD], 26.0)
    loud = heard([(0.0, control(0, EXPRESSION, 127)), *CHORD], 26.0)
    assert level_db(soft[:, 22 * RATE :]) - level_db(loud[:, 22 * RATE :]) == pytest.approx(-11.9, abs=1.0)


def test_the_sound_darkens_with_brightness() -> None:
    centroids = [centroid_hz(heard([(0.0, control(0, BRIGHTNESS, value)), *CHORD], 5.0)) for value in (100, 64, 30)]
    assert centroids == sorted(centroids, reverse=True)
    assert centroids[0] > 1.3 * centroids[-1]


def test_a_note_that_ends_is_over() -> None:
    synth = SoundFontSynth(find_font())
    synth.block([(0, note_on(0, 60, 40)), (5, b"\xf8"), (600, note_off(0, 60))])
    for _ in range(10 * RATE // BLOCK):
        synth.block([])
    assert synth.sounding == 0


def test_equal_events_give_equal_sound() -> None:
    assert np.array_equal(heard(CHORD, 1.0), heard(CHORD, 1.0))


def test_a_font_is_chosen_and_dressed_with_the_layers_programs() -> None:
    chosen = choose(["fluidsynth"], None, tuple, lambda: False)
    assert find_font().name in chosen.why
    (spec,) = (parse_output(each) for each in dressed(chosen.live, default_profile().layer))
    assert (3, 99) in spec.program
    assert Path(spec.name) == find_font()


def test_a_font_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"no SoundFont 'nowhere\.sf2'"):
        choose(["fluidsynth:nowhere.sf2"], None, tuple, lambda: False)
    monkeypatch.setattr("engine.output.fonts._FOLDERS", ())
    with pytest.raises(MissingSoundFontError, match="--out fluidsynth:FILE"):
        find_font()


def test_what_is_no_font_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.sf2").write_bytes(b"RIFFnothing")
    with pytest.raises(UsageError, match="no SoundFont that FluidSynth can read"):
        SoundFontSynth(tmp_path / "x.sf2")
