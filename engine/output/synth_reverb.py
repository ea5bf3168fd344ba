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

_DELAYS = (1151, 1289, 1427, 1583, 1723, 1879, 2039, 2203, 2371, 2549, 2741, 2963, 3203, 3469, 3761, 4093)
_LINES = len(_DELAYS)
_LENGTH = 8192
_WANDER_SAMPLES = 10.0
_SILENT = 1e-7


class Reverb:
    """Stereo in, wet stereo out: (2, block) each, block at most LONGEST_BLOCK."""

    def __init__(self, block: int) -> None:
        if block > LONGEST_BLOCK:
            raise ValueError(f"a block of {block} is longer than the reverb's {LONGEST_BLOCK} samples")
        self._block = block
        self._frame = 0
        self._lines = np.zeros((_LINES, _LENGTH), np.float32)
        self._frames = np.arange(block)
        self._delays = np.array(_DELAYS, np.float64)
        self._gains = (10 ** (-3 * self._delays / SAMPLE_RATE / DECAY_S)).astype(np.float32)[:, None]
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
        return np.asarray(self._out_of @ heard, dtype=np.float32)

    def _read(self) -> Samples:
        position = self._frames + (self._frame - self._wandered(self._frame))[:, None]
        position += np.linspace(0, 1, self._block, endpoint=False) * self._stretch()[:, None]
        whole = np.floor(position).astype(np.intp)
        share = (position - whole).astype(np.float32)
        rows = np.arange(0, _LINES * _LENGTH, _LENGTH)[:, None]
        flat = self._lines.reshape(-1)
        earlier = flat.take(rows + (whole & (_LENGTH - 1)))
        later = flat.take(rows + (whole + 1 & (_LENGTH - 1)))
        return np.asarray(earlier + share * (later - earlier), dtype=np.float32)

    def _wandered(self, frame: int) -> NDArray[np.float64]:
        turns = frame / SAMPLE_RATE * (0.11 + 0.013 * np.arange(_LINES)) + np.arange(_LINES) * 0.618
        return self._delays + _WANDER_SAMPLES * np.sin(2 * np.pi * turns)

    def _stretch(self) -> NDArray[np.float64]:
        """How far the delays move back while this block is read."""
        return self._wandered(self._frame) - self._wandered(self._frame + self._block)

    def _dampened(self, heard: Samples) -> Samples:
        """Three taps (1, 2, 1) / 4: highs lose more with each pass."""
        joined = np.concatenate((self._before, heard), axis=1)
        self._before = joined[:, -2:]
        return np.asarray((joined[:, :-2] + 2 * joined[:, 1:-1] + joined[:, 2:]) * np.float32(0.25), dtype=np.float32)

    def _write(self, sound: Samples) -> None:
        start = self._frame & (_LENGTH - 1)
        self._lines[:, start : start + self._block] = sound


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
