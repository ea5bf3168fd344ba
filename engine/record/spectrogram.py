"""What a WAV file sounds like, as a picture: loudness by time and pitch. numpy, and the file read in pieces."""

import math
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WINDOW = 8192
"""Frames an analysis sees: 6 Hz apart at 48 kHz, so that the drone's tones stand apart."""
COLUMNS = 1200
LOWEST_HZ, HIGHEST_HZ = 40.0, 12_000.0
ROWS = 220
FLOOR_DB = -100.0


@dataclass(frozen=True, slots=True)
class Spectrogram:
    """``db`` is (ROWS, columns) in dB under full scale, the lowest frequency first, frequencies spaced as pitch."""

    db: NDArray[np.float64]
    end_s: float


def row_of(frequency_hz: float) -> float:
    """Where a frequency lies among the rows."""
    return ROWS * math.log(frequency_hz / LOWEST_HZ) / math.log(HIGHEST_HZ / LOWEST_HZ)


def spectrogram(path: Path | str) -> Spectrogram:
    """Analyse a 16-bit WAV file at up to ``COLUMNS`` moments, evenly apart."""
    with wave.open(str(path), "rb") as file:
        rate, frames, channels = file.getframerate(), file.getnframes(), file.getnchannels()
        columns = max(1, min(COLUMNS, frames // WINDOW))
        heard = []
        for place in range(columns):
            file.setpos(min(place * frames // columns, max(frames - WINDOW, 0)))
            heard.append(_powers(file.readframes(WINDOW), channels, rate))
    return Spectrogram(np.array(heard).T, frames / rate)


def _powers(data: bytes, channels: int, rate: int) -> NDArray[np.float64]:
    """The strongest partial of each row, in dB."""
    samples = np.frombuffer(data, dtype="<i2").reshape(-1, channels).mean(axis=1) / 32768.0
    padded = np.zeros(WINDOW)
    padded[: len(samples)] = samples
    spectrum = np.abs(np.fft.rfft(padded * np.hanning(WINDOW))) * 4.0 / WINDOW
    edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, ROWS + 1) * WINDOW / rate
    first = np.minimum(edges[:-1].astype(int), len(spectrum) - 2)
    peaks = np.maximum.reduceat(spectrum, np.append(first, first[-1] + 1))[:ROWS]
    loud: NDArray[np.float64] = 20.0 * np.log10(np.maximum(peaks, 10 ** (FLOOR_DB / 20.0)))
    return loud
