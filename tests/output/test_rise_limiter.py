"""However suddenly a synth speaks, the ear hears it come up."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.loudness import RATE, momentary_lufs, steepest_rise_db
from engine.output.rise_limiter import FLOOR, RiseLimiter
from engine.output.synth_core import BLOCK
from engine.output.weighting import Floats


def limited(sound: Floats) -> Floats:
    limiter = RiseLimiter(BLOCK)
    blocks = np.split(sound[:, : sound.shape[1] // BLOCK * BLOCK].astype(np.float32), sound.shape[1] // BLOCK, axis=1)
    return np.concatenate([limiter.process(block) for block in blocks], axis=1).astype(np.float64)


def tone(seconds: float, hz: float = 300.0, level: float = 0.1) -> Floats:
    wave = level * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return np.stack((wave, wave))


def steepest_audible_rise_db(sound: Floats) -> float:
    """As ``steepest_rise_db``, but what comes up from below the limiter's floor counts from there."""
    loudness = np.maximum(momentary_lufs(sound), -0.691 + 10 * np.log10(FLOOR))
    return float((loudness[4:] - loudness[:-4]).max())


def test_what_is_steady_goes_through_as_it_is() -> None:
    steady = tone(15.0)
    heard = limited(steady)[:, 11 * RATE + BLOCK : 14 * RATE + BLOCK]
    assert np.allclose(heard, steady[:, 11 * RATE : 14 * RATE], atol=1e-6)


def test_a_sudden_sound_over_a_soft_one_comes_up_slowly_and_whole() -> None:
    soft = tone(24.0, level=0.02)
    soft[:, 10 * RATE :] += tone(14.0, 900.0, 0.2)
    heard = limited(soft)
    assert steepest_rise_db(heard[:, 8 * RATE :]) < 3.0
    assert np.abs(heard[:, 22 * RATE :]).max() > 0.2


def sequences(lowest_hz: float) -> st.SearchStrategy[list[tuple[float, float, float]]]:
    """Tones one after the other: seconds, level, Hz."""
    return st.lists(
        st.tuples(st.floats(0.2, 2.0), st.floats(0.02, 0.5), st.floats(lowest_hz, 3000)), min_size=2, max_size=6
    )


def check(tones: list[tuple[float, float, float]], most_db: float) -> None:
    opening = tone(8.0, level=0.02)
    sound = np.concatenate([opening, *(tone(seconds, hz, level) for seconds, level, hz in tones)], axis=1)
    heard = limited(sound)
    assert steepest_audible_rise_db(heard[:, 7 * RATE :]) < most_db
    assert np.abs(heard).max() <= np.abs(sound).max() + 1e-6


@settings(max_examples=15, deadline=None)
@given(sequences(120.0))
def test_no_sequence_of_tones_startles_and_nothing_grows(tones: list[tuple[float, float, float]]) -> None:
    check(tones, 3.0)


@settings(max_examples=10, deadline=None)
@example([(1.0, 0.125, 60.0), (1.0, 0.5, 60.0)])
@example([(1.0, 0.5, 60.0), (1.0, 0.03125, 60.0), (1.0, 0.5, 60.0)])
@example([(0.66, 0.027, 107.0), (0.62, 0.02, 1047.0), (0.46, 0.43, 60.0), (0.66, 0.28, 78.0)])
@given(sequences(60.0))
def test_the_lowest_tones_gain_half_a_decibel_more_at_most(tones: list[tuple[float, float, float]]) -> None:
    check(tones, 3.5)
