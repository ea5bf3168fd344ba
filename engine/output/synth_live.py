"""The built-in synth against a live clock: messages come in as they arrive, sound is asked for in pieces."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from engine.clock import Clock
from engine.output.synth_core import BLOCK, BlockSynth
from engine.output.synth_timbres import SAMPLE_RATE

FADE_S = 1.5
"""How long the sound fades when it has to end."""
_RESET_S = 0.25
_FOLLOW = 0.02


class LiveSynth:
    """Gives every message the same delay, so that a device that asks in bursts does not shift the notes.

    ``hear`` may be called from another thread than ``sound``. The delay is the longest piece asked for so far, and
    where the frames stand against ``clock`` is followed slowly, since a sound card's clock is never quite the room's.
    """

    def __init__(self, synth: BlockSynth, clock: Clock) -> None:
        self._synth = synth
        self._clock = clock
        self._arrived: deque[tuple[float, bytes]] = deque()
        self._ready = np.zeros((2, 0), np.float32)
        self._made = 0
        self._given = 0
        self._origin_s: float | None = None
        self._delay_s = 0.0
        self._fade_from: int | None = None
        self.slowest_share = 0.0
        """The longest time a piece took to make, as a share of its own length."""

    def hear(self, data: bytes) -> None:
        """One whole MIDI message, now."""
        self._arrived.append((self._clock(), data))

    def end(self) -> None:
        """Fade to silence over FADE_S from the next sample on."""
        self._fade_from = self._given

    @property
    def ended(self) -> bool:
        """True once the fade is over."""
        return self._fade_from is not None and self._given >= self._fade_from + FADE_S * SAMPLE_RATE

    @property
    def played_s(self) -> float:
        """Seconds of sound given so far."""
        return self._given / SAMPLE_RATE

    def sound(self, frames: int) -> NDArray[np.float32]:
        """The next frames, (frames, 2), as a device wants them."""
        started_s = self._clock()
        self._follow(started_s, frames)
        while self._ready.shape[1] < frames:
            made = self._synth.block(self._due())
            self._ready = np.concatenate((self._ready, made), axis=1)
            self._made += BLOCK
        piece, self._ready = self._ready[:, :frames], self._ready[:, frames:]
        piece = self._faded(piece)
        self._given += frames
        self.slowest_share = max(self.slowest_share, (self._clock() - started_s) * SAMPLE_RATE / frames)
        return np.ascontiguousarray(piece.T)

    def _follow(self, now_s: float, frames: int) -> None:
        """Where frame 0 lies on the clock, if the frames asked for now are heard from now on."""
        self._delay_s = max(self._delay_s, (frames + BLOCK) / SAMPLE_RATE)
        origin_s = now_s - self._given / SAMPLE_RATE
        if self._origin_s is None or not -_RESET_S < origin_s - self._origin_s < _RESET_S:
            self._origin_s = origin_s
        self._origin_s = min(origin_s, self._origin_s + _FOLLOW * (origin_s - self._origin_s))

    def _due(self) -> list[tuple[int, bytes]]:
        """The messages of the block that is made next; a late one comes at its start."""
        due: list[tuple[int, bytes]] = []
        while self._arrived:
            frame = self._frame_of(self._arrived[0][0]) - self._made
            if frame >= BLOCK:
                break
            due.append((max(due[-1][0] if due else 0, frame), self._arrived.popleft()[1]))
        return due

    def _frame_of(self, arrived_s: float) -> int:
        return round((arrived_s + self._delay_s - (self._origin_s or 0.0)) * SAMPLE_RATE)

    def _faded(self, piece: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._fade_from is None:
            return piece
        passed = (self._given - self._fade_from + np.arange(piece.shape[1])) / (FADE_S * SAMPLE_RATE)
        return piece * (0.5 + 0.5 * np.cos(np.pi * np.minimum(1.0, passed))).astype(np.float32)
