"""How loud a sound is to a listener: momentary loudness (ITU-R BS.1770-4), and where its spectrum lies."""

import numpy as np

from engine.output.synth_timbres import SAMPLE_RATE
from engine.output.weighting import Floats, k_weighted

RATE = SAMPLE_RATE
MOMENT_S = 0.4


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


def mean_centroid_hz(sound: Floats, window: int = 8192) -> float:
    """The same of the mean spectrum over all windows: long sounds, whatever their level does."""
    mono = sound.mean(axis=0)
    pieces = mono[: len(mono) // window * window].reshape(-1, window) * np.hanning(window)
    spectrum = np.abs(np.fft.rfft(pieces, axis=1)).mean(axis=0)
    return float((np.fft.rfftfreq(window, 1 / RATE) * spectrum).sum() / spectrum.sum())
