"""A long, dark hall: a feedback delay network for the built-in synth, in blocks.

Sixteen delays feed one another through a Hadamard matrix (Jot and Chaigne, AES 90, 1991). Every delay is longer than
a block, so a block is computed at once. They wander slowly, which keeps long tones from ringing at the delays' own
resonances.
"""

import numpy as np
from numpy.typing import NDArray

from engine.output.synth_timbres import SAMPLE_RATE, Samples

LONGEST_BLOCK = 1024
DECAY_S = 6.0
"""Until the tail is 60 dB down, at low frequencies; highs go first."""

_DELAYS = np.array((1151, 1289, 1427, 1583, 1723, 1879, 2039, 2203, 2371, 2549, 2741, 2963, 3203, 3469, 3761, 4093))
"""Samples; primes, so that their echoes seldom meet."""
_LINES = len(_DELAYS)
_LENGTH = 8192
_WANDER_SAMPLES = 4.0
_WANDER_HZ = 0.11 + 0.013 * np.arange(_LINES)
_WANDER_START = 0.618 * np.arange(_LINES)
_SILENT = 1e-7


class Reverb:
    """Stereo in, wet stereo out: (2, block) each, block at most LONGEST_BLOCK."""

    def __init__(self, block: int) -> None:
        if block > LONGEST_BLOCK:
            raise ValueError(f"a block of {block} is longer than the reverb's {LONGEST_BLOCK} samples")
        self._block = block
        self._frame = 0
        self._lines = np.zeros((_LINES, _LENGTH), np.float32)
        self._steps = np.zeros_like(self._lines)
        self._frames = np.arange(block, dtype=np.float32)
        self._ramp = self._frames / np.float32(block)
        self._first = np.arange(0, _LINES * _LENGTH, _LENGTH)[:, None]
        self._gains = (10 ** (-3 * _DELAYS / SAMPLE_RATE / DECAY_S)).astype(np.float32)[:, None]
        self._mixing = (_hadamard(_LINES) / np.sqrt(_LINES)).astype(np.float32)
        self._into = _spread(2) / np.float32(np.sqrt(_LINES / 2))
        self._out_of = _spread(5).T / np.float32(np.sqrt(_LINES / 2))
        self._before = np.zeros((_LINES, 2), np.float32)
        self._quiet = True

    def process(self, send: Samples) -> Samples:
        """The wet sound of a block; a tail that nobody hears any more is cut, and costs nothing."""
        if self._quiet and not send.any():
            return np.zeros_like(send)
        heard = self._read()
        self._write(self._mixing @ (self._dampened(heard) * self._gains) + self._into @ send)
        self._frame += self._block
        self._quiet = float(np.abs(heard).max()) < _SILENT and not send.any()
        if self._quiet:
            self._lines[:] = 0.0
            self._steps[:] = 0.0
        return np.asarray(self._out_of @ heard, dtype=np.float32)

    def _read(self) -> Samples:
        """What entered each line its delay ago, between two samples by a straight line."""
        delay, delay_after = self._wandered(self._frame), self._wandered(self._frame + self._block)
        position = self._ramp * (delay - delay_after)[:, None]
        position += self._frames - delay[:, None]
        whole = np.floor(position)
        position -= whole
        index = whole.astype(np.intp)
        index += self._frame & (_LENGTH - 1)
        index &= _LENGTH - 1
        index += self._first
        heard = self._steps.reshape(-1).take(index)
        heard *= position
        heard += self._lines.reshape(-1).take(index)
        return heard

    def _wandered(self, frame: int) -> Samples:
        turns = frame / SAMPLE_RATE * _WANDER_HZ + _WANDER_START
        return (_DELAYS + _WANDER_SAMPLES * np.sin(2 * np.pi * turns)).astype(np.float32)

    def _dampened(self, heard: Samples) -> Samples:
        """Three taps (1, 2, 1) / 4: highs lose more with each pass."""
        joined = np.concatenate((self._before, heard), axis=1)
        self._before = joined[:, -2:]
        return np.asarray((joined[:, :-2] + 2 * joined[:, 1:-1] + joined[:, 2:]) * np.float32(0.25), dtype=np.float32)

    def _write(self, sound: Samples) -> None:
        start = self._frame & (_LENGTH - 1)
        self._lines[:, start : start + self._block] = sound
        self._steps[:, start : start + self._block - 1] = np.diff(sound, axis=1)
        self._steps[:, start - 1] = sound[:, 0] - self._lines[:, start - 1]


def _hadamard(size: int) -> NDArray[np.float64]:
    matrix = np.ones((1, 1))
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def _spread(turn: int) -> Samples:
    """Left to the even delays, right to the odd ones, with signs that do not repeat: (_LINES, 2)."""
    line = np.arange(_LINES)
    signs = np.where(line // turn % 2 == 0, 1.0, -1.0)
    return np.stack((signs * (line % 2 == 0), signs * (line % 2 == 1)), axis=1).astype(np.float32)
