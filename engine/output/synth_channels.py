"""The sixteen channels' controllers in the built-in synth, smoothed so that no step of theirs clicks."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from engine.midi import BRIGHTNESS, CHORUS, EXPRESSION, PAN, REVERB, VOLUME
from engine.output.synth_timbres import SAMPLE_RATE, Samples

CHANNELS = 16
GRID = 64
"""Samples between the points at which gains are computed; straight lines between them."""
LEVEL_SMOOTHING_S = 0.03
TIMBRE_SMOOTHING_S = 0.12

_DEFAULTS = {VOLUME: 100, EXPRESSION: 127, PAN: 64, BRIGHTNESS: 64, REVERB: 64, CHORUS: 64}

Steps = Iterable[tuple[int, bytes]]
"""Controller changes within a block: (sample, message)."""


class Channels:
    """Where each channel's controllers stand, and where they are on their way."""

    def __init__(self, block: int) -> None:
        self._points = block // GRID
        self._values = {number: np.full(CHANNELS, value, np.float64) for number, value in _DEFAULTS.items()}
        self._target = self._levels()
        self._stages = np.tile(self._target, (2, 1))
        self._slow = self._timbre_targets()
        self._glide = 1 - np.exp(-GRID / SAMPLE_RATE / LEVEL_SMOOTHING_S)
        self._slow_glide = 1 - np.exp(-block / SAMPLE_RATE / TIMBRE_SMOOTHING_S)

    def block(self, steps: Steps) -> Samples:
        """Take a block's controller changes; each channel's level at the grid's points, the block's end included."""
        by_point: dict[int, list[bytes]] = {}
        for sample, data in steps:
            by_point.setdefault(min(self._points - 1, sample // GRID), []).append(data)
        levels = np.empty((self._points + 1, CHANNELS))
        levels[0] = self._stages[1]
        if not by_point and np.allclose(self._stages, self._target, rtol=0, atol=1e-7):
            levels[:] = self._stages[1]
        else:
            self._smooth(by_point, levels)
        self._slow += self._slow_glide * (self._timbre_targets() - self._slow)
        return np.asarray(levels.T, dtype=np.float32)

    def _smooth(self, by_point: dict[int, list[bytes]], levels: NDArray[np.float64]) -> None:
        first, second = self._stages
        for point in range(self._points):
            for data in by_point.get(point, ()):
                self._set(data)
            first += self._glide * (self._target - first)
            second += self._glide * (first - second)
            levels[point + 1] = second

    def _set(self, data: bytes) -> None:
        values = self._values.get(data[1])
        if values is not None:
            values[data[0] & 0x0F] = data[2]
            self._target = self._levels()

    def _levels(self) -> NDArray[np.float64]:
        """40 log10(value / 127) dB for volume and for expression, as General MIDI asks."""
        return (self._values[VOLUME] * self._values[EXPRESSION] / 127.0**2) ** 2

    def _timbre_targets(self) -> NDArray[np.float64]:
        return np.stack([self._values[number] / 127.0 for number in (BRIGHTNESS, PAN, REVERB, CHORUS)])

    @property
    def brightness(self) -> NDArray[np.float64]:
        """0..1 for each channel."""
        return np.asarray(self._slow[0])

    @property
    def pan(self) -> NDArray[np.float64]:
        """-1 (left) .. 1 for each channel."""
        return np.asarray(self._slow[1] * 127 / 64 - 1)

    @property
    def reverb(self) -> NDArray[np.float64]:
        """The reverb's share, 1 at controller value 64."""
        return np.asarray(self._slow[2] * 127 / 64)

    @property
    def chorus(self) -> NDArray[np.float64]:
        """The chorus's share, 1 at controller value 64."""
        return np.asarray(self._slow[3] * 127 / 64)
