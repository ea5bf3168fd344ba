"""How loud a sound is to a listener: K-weighting and momentary loudness (ITU-R BS.1770-4), by Fourier transform."""

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
MOMENT_S = 0.4

Floats = NDArray[np.float64]

_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
"""BS.1770-4, tables 1 and 2, at 48 kHz: (feed-forward, feedback)."""


def k_weighted(sound: Floats) -> Floats:
    """Each channel of (2, samples) as the ear weighs it."""
    padded = sound.shape[1] + RATE
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(padded))
    response = np.ones_like(turn)
    for forward, back in (_SHELF, _HIGH_PASS):
        response *= np.polyval(forward[::-1], turn) / np.polyval(back[::-1], turn)
    weighted = np.fft.irfft(np.fft.rfft(sound, padded, axis=1) * response, padded, axis=1)
    return np.asarray(weighted[:, : sound.shape[1]])


def momentary_lufs(sound: Floats, step_s: float = 0.1) -> Floats:
    """Loudness of each 400-ms window, one every ``step_s``."""
    power = np.cumsum(np.concatenate(([0.0], (k_weighted(sound) ** 2).sum(axis=0))))
    window = round(MOMENT_S * RATE)
    starts = np.arange(0, sound.shape[1] - window + 1, round(step_s * RATE))
    mean = (power[starts + window] - power[starts]) / window
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(mean, 1e-12)))


def steepest_rise_db(sound: Floats) -> float:
    """The most that momentary loudness rises within 400 ms."""
    loudness = momentary_lufs(sound)
    return float((loudness[4:] - loudness[:-4]).max())


def centroid_hz(sound: Floats) -> float:
    """Where the middle of the spectrum's amplitude lies."""
    spectrum = np.abs(np.fft.rfft(sound.mean(axis=0) * np.hanning(sound.shape[1])))
    return float((np.fft.rfftfreq(sound.shape[1], 1 / RATE) * spectrum).sum() / spectrum.sum())
