"""Keeps a synth's loudness from rising suddenly, whatever its sounds do by themselves.

Momentary loudness (ITU-R BS.1770-4, 400 ms) never gains more than ``MOST_DB`` in 400 ms: beating, sweeps and sharp
attacks that a controller's limits cannot see are held back, and let up again as slowly. It only ever takes away.
A block holds less than three cycles below 120 Hz: a pure tone there that begins at full strength may gain half a
decibel more.
"""

from collections import deque

import numpy as np

from engine.output.synth_timbres import SAMPLE_RATE, Samples
from engine.output.weighting import k_response

MOST_DB = 2.0
"""In 400 ms, against 3 dB that may be heard: loudness is followed block by block."""
AT_ONCE_DB = 1.6
"""How far a block may stand out of the 400 ms before it."""
FLOOR = 10 ** (-45 / 10)
"""Mean square of what hardly anybody hears: from there on down everything may rise."""
MOMENT_S = 0.4
_BACK_DB_PER_S = 6.0


class RiseLimiter:
    """Blocks in, blocks out one block later; what is no louder than the moments before goes through as it is."""

    def __init__(self, block: int) -> None:
        moment = round(MOMENT_S * SAMPLE_RATE / block)
        self._late = np.zeros((2, block), np.float32)
        self._weights = np.abs(k_response(block)) ** 2 / (block * block / 2)
        self._given: deque[float] = deque([0.0] * moment, maxlen=moment)
        self._moments: deque[float] = deque([0.0] * moment, maxlen=moment)
        self._ramp = (np.arange(block) / block).astype(np.float32)
        self._back = 10 ** (_BACK_DB_PER_S * block / SAMPLE_RATE / 20)
        self._most = 10 ** (MOST_DB / 10)
        self._at_once = 10 ** (AT_ONCE_DB / 10)
        self._gain = self._late_gain = 1.0
        self._late_power = 0.0

    def process(self, sound: Samples) -> Samples:
        """The block before this one, (2, block)."""
        power = self._power(sound)
        gain = min(self._late_gain * self._back, 1.0, self._allowed(max(self._late_power, power)))
        before, after = self._gain, min(self._late_gain, gain)
        out = self._late
        if before != 1.0 or after != 1.0:
            out = out * (np.float32(before) + np.float32(after - before) * self._ramp)
        self._remember(self._late_power * ((before + after) / 2) ** 2)
        self._late, self._late_power = sound, power
        self._gain, self._late_gain = after, gain
        return out

    def _power(self, sound: Samples) -> float:
        """K-weighted mean square, both channels together."""
        spectrum = np.fft.rfft(sound, axis=1)
        return float(((spectrum.real**2 + spectrum.imag**2) @ self._weights).sum())

    def _allowed(self, power: float) -> float:
        """The gain with which so much power stands out little, and the moment it ends is no sudden rise.

        It is not held below what was heard just now: a dip would startle too.
        """
        ago, now = max(self._moments[0], FLOOR), max(self._moments[-1], FLOOR)
        left = self._most * ago * len(self._given) - (sum(self._given) - self._given[0])
        most = max(min(left, self._at_once * now), min(self._most * ago, now))
        return 1.0 if power <= most else float(np.sqrt(most / power))

    def _remember(self, power: float) -> None:
        self._given.append(power)
        self._moments.append(sum(self._given) / len(self._given))
