"""A sound as the ear weighs it: K-weighting (ITU-R BS.1770-4), by Fourier transform."""

import numpy as np
from numpy.typing import NDArray

from engine.output.synth_timbres import SAMPLE_RATE

Floats = NDArray[np.float64]

_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
"""BS.1770-4, tables 1 and 2, at 48 kHz: (feed-forward, feedback)."""


def k_response(samples: int) -> NDArray[np.complex128]:
    """The weighting of each frequency of a real transform of so many samples."""
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(samples))
    response: NDArray[np.complex128] = np.ones_like(turn)
    for forward, back in (_SHELF, _HIGH_PASS):
        response *= np.polyval(forward[::-1], turn) / np.polyval(back[::-1], turn)
    return np.asarray(response)


def k_weighted(sound: Floats) -> Floats:
    """Each channel of (2, samples) as the ear weighs it."""
    padded = sound.shape[1] + SAMPLE_RATE
    weighted = np.fft.irfft(np.fft.rfft(sound, padded, axis=1) * k_response(padded), padded, axis=1)
    return np.asarray(weighted[:, : sound.shape[1]])
