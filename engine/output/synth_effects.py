"""Chorus and limiter of the built-in synth, in blocks."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engine.output.synth_timbres import SAMPLE_RATE, Samples

Floats = NDArray[np.float64]

_CHORUS_S = 0.014
_CHORUS_DEPTH_S = 0.003
_CHORUS_HZ = (0.19, 0.23)


class Chorus:
    """Two wandering delays, added to one ear and taken from the other.

    So the image moves while the power of both ears together stands still, and a mono sum loses nothing but the
    effect itself (as in Roland's Dimension D).
    """

    def __init__(self, block: int) -> None:
        self._block = block
        self._longest = int((_CHORUS_S + _CHORUS_DEPTH_S) * SAMPLE_RATE) + 2
        self._past = np.zeros(self._longest + block, np.float32)
        self._frames = np.arange(block)
        self._frame = 0

    def process(self, send: Samples) -> Samples:
        """The wet sound of a block: (block,) in, (2, block) out."""
        self._past[: self._longest] = self._past[self._block :]
        self._past[self._longest :] = send
        time_s = (self._frame + self._frames) / SAMPLE_RATE
        self._frame += self._block
        wet = self._delayed(time_s * _CHORUS_HZ[0]) - self._delayed(time_s * _CHORUS_HZ[1] + 0.25)
        return np.stack((wet, -wet))

    def _delayed(self, turns: Floats) -> Samples:
        delay_s = _CHORUS_S + _CHORUS_DEPTH_S * np.sin(2 * np.pi * turns)
        position = self._longest + self._frames - delay_s * SAMPLE_RATE
        whole = position.astype(np.intp)
        share = (position - whole).astype(np.float32)
        earlier = self._past[whole]
        return np.asarray(earlier + share * (self._past[whole + 1] - earlier), dtype=np.float32)


CEILING = 10 ** (-1 / 20)
"""No sample is above -1 dBFS."""
_STEP = 64
_AHEAD_STEPS = 6
_RELEASE_S = 0.5


class Limiter:
    """Holds the peaks under CEILING: it sees them 8 ms ahead, ducks smoothly and comes back slowly.

    The gain at the edge between two steps is a mean of least gains, each of a stretch that holds both steps, so that
    no peak gets through. The sound comes out AHEAD samples later than it went in.
    """

    AHEAD = _STEP * _AHEAD_STEPS

    def __init__(self, block: int) -> None:
        self._late = np.zeros((2, self.AHEAD), np.float32)
        self._needs = np.ones(_AHEAD_STEPS)
        self._held = np.ones(_AHEAD_STEPS)
        self._ramp = np.arange(_STEP) / _STEP
        self._back = 1 - np.exp(-_STEP / SAMPLE_RATE / _RELEASE_S)
        self._shape = (2, block // _STEP, _STEP)

    def process(self, sound: Samples) -> Samples:
        """A block of (2, block), limited."""
        joined = np.concatenate((self._late, sound), axis=1)
        self._late = joined[:, sound.shape[1] :]
        late = joined[:, : sound.shape[1]]
        peaks = np.abs(sound).reshape(self._shape).max(axis=(0, 2))
        edges = self._edges(CEILING / np.maximum(peaks, CEILING))
        if np.all(edges == 1.0):
            return late
        gain = edges[:-1, None] + np.diff(edges)[:, None] * self._ramp
        return np.clip(late * gain.reshape(-1).astype(np.float32), -CEILING, CEILING)

    def _edges(self, needs: Floats) -> Floats:
        """The gain at the edges of the steps that come out now, from what the steps that came in need."""
        known = np.concatenate((self._needs, needs))
        self._needs = known[-_AHEAD_STEPS:]
        least = sliding_window_view(known, _AHEAD_STEPS + 1).min(axis=1)
        held = np.concatenate((self._held, self._released(least)))
        self._held = held[-_AHEAD_STEPS:]
        return np.asarray(sliding_window_view(held, _AHEAD_STEPS).mean(axis=1))

    def _released(self, least: Floats) -> Floats:
        now = float(self._held[-1])
        if now == 1.0 and np.all(least == 1.0):
            return least
        held = np.empty_like(least)
        for step, most in enumerate(least):
            now = min(float(most), now + (1.0 - now) * self._back)
            held[step] = now = 1.0 if now > 0.99999 else now
        return held
