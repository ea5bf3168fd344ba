"""The built-in synth never clicks, never clips, never startles, and falls silent when it is told to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.loudness import RATE, centroid_hz, momentary_lufs, steepest_rise_db
from engine.midi import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    BRIGHTNESS,
    CHORUS,
    EXPRESSION,
    REVERB,
    SUSTAIN,
    VOLUME,
    control,
    note_off,
    note_on,
)
from engine.output.synth_core import BLOCK, Synth
from engine.output.synth_effects import CEILING, Chorus, Limiter
from engine.output.synth_render import sound
from engine.output.synth_reverb import Reverb
from engine.output.synth_timbres import TIMBRES, of_program, tables

Floats = NDArray[np.float64]

CHORD = [note_on(0, pitch, 44) for pitch in (50, 57, 62, 65)]


def heard(events: list[tuple[float, bytes]], seconds: float) -> Floats:
    return np.concatenate(list(sound(events, seconds=seconds)), axis=1).astype(np.float64)


def level_db(piece: Floats) -> float:
    return float(10 * np.log10(np.mean(piece**2) + 1e-20))


def part(piece: Floats, start_s: float, end_s: float) -> Floats:
    return piece[:, round(start_s * RATE) : round(end_s * RATE)]


def harshness(piece: Floats) -> float:
    """The greatest bend between neighbouring samples: what a click is made of."""
    return float(np.abs(np.diff(piece, 2, axis=1)).max())


def test_the_fullest_texture_that_the_guardian_lets_pass_does_not_clip() -> None:
    full = [(0.0, control(channel, number, 127)) for channel in range(6) for number in (VOLUME, EXPRESSION, BRIGHTNESS)]
    full += [(0.0, note_on(voice % 6, 36 + 3 * voice, 80)) for voice in range(16)]
    piece = heard(full, 15.0)
    assert np.all(np.isfinite(piece))
    assert np.abs(piece).max() <= CEILING
    assert level_db(part(piece, 13, 15)) > -12


def test_an_ordinary_chord_comes_up_to_near_minus_18_dbfs() -> None:
    level = [(0.0, control(channel, EXPRESSION, 90)) for channel in range(2)]
    drones = [(0.0, note_on(1, pitch, 44)) for pitch in (38, 45)]
    piece = heard([*level, *drones, *((0.0, data) for data in CHORD)], 13.0)
    assert level_db(part(piece, 10, 13)) == pytest.approx(-18, abs=3)


@given(
    st.lists(
        st.tuples(
            st.floats(0, 0.3),
            st.binary(min_size=1, max_size=3).map(lambda data: bytes([0x80 | data[0] & 0x7F, *data[1:]])),
        ),
        max_size=30,
    )
)
@settings(max_examples=25, deadline=None)
def test_whatever_bytes_come_the_sound_is_finite_and_under_the_ceiling(events: list[tuple[float, bytes]]) -> None:
    masked = [(at_s, data[:1] + bytes(byte & 0x7F for byte in data[1:])) for at_s, data in events]
    piece = heard([(0.0, note_on(2, 70, 60)), *masked], 0.4)
    assert np.all(np.isfinite(piece))
    assert np.abs(piece).max() <= CEILING


def test_equal_events_give_equal_sound() -> None:
    events = [(0.0, data) for data in CHORD] + [(0.7, control(0, BRIGHTNESS, 30))]
    assert np.array_equal(heard(events, 1.5), heard(events, 1.5))


@pytest.mark.parametrize("number", [EXPRESSION, VOLUME, BRIGHTNESS, REVERB, CHORUS, 10])
def test_no_step_of_a_controller_clicks(number: int) -> None:
    steps = [(2.5 + 0.1 * step, control(0, number, (127, 40, 90, 0)[step % 4])) for step in range(8)]
    bright = [(0.0, data) for data in CHORD] + [(0.0, control(0, BRIGHTNESS, 127)), (0.0, control(0, number, 127))]
    still, stepped = heard(bright, 3.5), heard(bright + steps, 3.5)
    assert harshness(part(stepped, 2.4, 3.5)) < 1.5 * harshness(part(still, 2.4, 3.5))


def test_a_note_begins_at_its_own_sample_and_not_at_its_block() -> None:
    synth = Synth()
    first = synth.block([(700, note_on(2, 76, 60)), (0, control(2, REVERB, 0))])
    piece = np.concatenate([first, synth.block([]), synth.block([])], axis=1)
    late = BLOCK + Limiter.AHEAD
    assert np.abs(piece[:, : 640 + late]).max() == 0.0
    assert np.abs(piece[:, : 1024 + late + 64]).max() > 0.0


@pytest.mark.parametrize(
    "end",
    [[note_off(0, message[1]) for message in CHORD], [control(0, ALL_NOTES_OFF, 0)], [control(0, ALL_SOUND_OFF, 0)]],
)
def test_no_note_is_stuck(end: list[bytes]) -> None:
    synth = Synth()
    synth.block([(0, data) for data in CHORD])
    for _ in range(60):
        synth.block([])
    synth.block([(10, data) for data in end])
    for _ in range(7 * RATE // BLOCK):
        synth.block([])
    assert synth.sounding == 0
    assert level_db(synth.block([]).astype(np.float64)) < -60


def test_all_sound_off_is_quick() -> None:
    dry = [(0.0, control(0, REVERB, 0)), (0.0, control(0, CHORUS, 0))]
    piece = heard([*dry, *((0.0, data) for data in CHORD), (2.0, control(0, ALL_SOUND_OFF, 0))], 2.5)
    assert level_db(part(piece, 2.1, 2.5)) < -80


def test_the_pedal_holds_what_the_key_let_go_until_it_rises() -> None:
    synth = Synth()
    synth.block([(0, control(0, SUSTAIN, 127)), (0, note_on(0, 60, 40)), (9, note_off(0, 60))])
    for _ in range(5 * RATE // BLOCK):
        synth.block([])
    assert synth.sounding == 1
    synth.block([(0, control(0, SUSTAIN, 0))])
    for _ in range(5 * RATE // BLOCK):
        synth.block([])
    assert synth.sounding == 0


def test_a_crowd_of_notes_never_holds_more_than_its_voices() -> None:
    synth = Synth()
    for strike in range(400):
        synth.block([(0, note_on(2, 28 + strike % 69, 40)), (500, note_off(2, 28 + strike % 69))])
    assert synth.sounding <= 40


def test_the_sound_darkens_with_brightness() -> None:
    centroids = []
    for value in (110, 64, 30, 0):
        piece = heard([(0.0, control(0, BRIGHTNESS, value)), *((0.0, data) for data in CHORD)], 4.0)
        centroids.append(centroid_hz(part(piece, 3, 4)))
    assert centroids == sorted(centroids, reverse=True)
    assert centroids[0] > 1.5 * centroids[-1]


def test_a_voice_that_fades_and_is_cut_never_jumps_up() -> None:
    cut = [(2.0 + 0.2, control(0, ALL_SOUND_OFF, 0))]
    released = [(0.0, note_on(0, 57, 60)), (2.0, note_off(0, 57))]
    assert harshness(part(heard(released + cut, 2.5), 1.9, 2.5)) < 1.5 * harshness(part(heard(released, 2.5), 1.5, 2.0))


def test_a_held_chord_neither_throbs_nor_swells() -> None:
    piece = heard([(0.0, data) for data in CHORD], 14.0)
    assert steepest_rise_db(part(piece, 5, 14)) < 3.0


def test_a_drone_that_renews_itself_is_not_heard_to() -> None:
    renewed = [(0.0, note_on(1, 38, 40)), (16.0, note_off(1, 38)), (16.0, note_on(1, 38, 40))]
    loudness = momentary_lufs(part(heard(renewed, 24.0), 13, 24))
    assert np.ptp(loudness) < 4.0


def test_the_mono_sum_keeps_what_the_stereo_held() -> None:
    piece = part(heard([(0.0, data) for data in CHORD], 6.0), 3, 6)
    mono = piece.mean(axis=0, keepdims=True)
    assert level_db(mono) > level_db(piece) - 3.5
    assert float(np.mean(piece[0] * piece[1])) < 0.95 * float(np.mean(piece**2))


@pytest.mark.parametrize("name", TIMBRES)
def test_every_timbre_sounds_in_every_register(name: str) -> None:
    for pitch in (28, 60, 96):
        cycles = tables(TIMBRES[name], pitch)
        assert np.all(np.isfinite(cycles))
        assert float(np.sqrt(np.mean(cycles[8] ** 2))) == pytest.approx(1.0, abs=1e-3)


def test_programs_choose_their_timbre() -> None:
    assert [of_program(program).name for program in (89, 14, 98, 33)] == ["pad", "bells", "bells", "bass"]


def test_the_limiter_lets_soft_sound_through_and_stops_every_peak() -> None:
    random = np.random.default_rng(1)
    limiter = Limiter(BLOCK)
    for gain in (0.1, 0.1, 9.0, 0.1, 30.0, 0.5):
        block = (gain * random.standard_normal((2, BLOCK))).astype(np.float32)
        assert np.abs(limiter.process(block)).max() <= CEILING
    soft = (0.1 * np.sin(np.arange(2 * BLOCK) / 9.0)).astype(np.float32)
    fresh = Limiter(BLOCK)
    out = np.concatenate([fresh.process(np.stack((half, half))) for half in np.split(soft, 2)], axis=1)
    assert np.array_equal(out[0, Limiter.AHEAD :], soft[: -Limiter.AHEAD])


def test_the_reverb_dies_away_and_then_costs_nothing() -> None:
    reverb = Reverb(BLOCK)
    knock = np.zeros((2, BLOCK), np.float32)
    knock[:, 0] = 1.0
    early = np.abs(np.concatenate([reverb.process(knock)] + [reverb.process(0 * knock) for _ in range(40)], axis=1))
    assert early.max() > 0.01
    later = [np.abs(reverb.process(0 * knock)).max() for _ in range(20 * RATE // BLOCK)]
    assert later[6 * RATE // BLOCK] < 1e-3
    assert later[-1] == 0.0


def test_the_chorus_vanishes_in_mono() -> None:
    wet = Chorus(BLOCK).process(np.sin(np.arange(BLOCK) / 20).astype(np.float32))
    assert np.abs(wet).max() > 0.0
    assert np.array_equal(wet[0], -wet[1])
