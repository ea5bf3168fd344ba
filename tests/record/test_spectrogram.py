"""The spectrogram shows what sounds, where it sounds."""

import wave
from pathlib import Path

import numpy as np
import pytest

from engine.record.spectrogram import HIGHEST_HZ, LOWEST_HZ, ROWS, row_of, spectrogram

RATE = 48_000


def tones(path: Path, frequencies: list[float], seconds: float) -> Path:
    """One tone after another, each at -20 dB."""
    times = np.arange(int(seconds * RATE)) / RATE
    sound = np.concatenate([0.1 * np.sin(2 * np.pi * each * times) for each in frequencies])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.repeat(sound, 2) * 32767).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize("frequency", [110.0, 440.0, 3520.0])
def test_a_tone_is_loudest_in_its_own_row(tmp_path: Path, frequency: float) -> None:
    found = spectrogram(tones(tmp_path / "tone.wav", [frequency], 2.0))
    assert np.argmax(found.db[:, 3]) == pytest.approx(row_of(frequency), abs=2)
    assert found.db[:, 3].max() == pytest.approx(-20, abs=2)


def test_time_runs_from_left_to_right(tmp_path: Path) -> None:
    found = spectrogram(tones(tmp_path / "two.wav", [200.0, 2000.0], 3.0))
    loudest = found.db.argmax(axis=0)
    assert loudest[1] < row_of(400) < loudest[-2]
    assert found.end_s == pytest.approx(6.0)


def test_rows_are_spaced_as_pitch_is() -> None:
    assert row_of(LOWEST_HZ) == 0
    assert row_of(HIGHEST_HZ) == pytest.approx(ROWS)
    assert row_of(400) - row_of(200) == pytest.approx(row_of(800) - row_of(400))


def test_silence_and_a_sound_shorter_than_a_window_are_drawn_too(tmp_path: Path) -> None:
    assert spectrogram(tones(tmp_path / "short.wav", [0.0], 0.05)).db.max() == pytest.approx(-100)
