"""A finished session as sound: the built-in synth, offline, into a WAV file."""

import wave
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.midi import MidiEvent
from engine.output.saving import save_whole
from engine.output.synth_core import BLOCK, BlockSynth, Synth
from engine.output.synth_timbres import SAMPLE_RATE, Samples

TAIL_S = 8.0
"""Seconds of reverb after the last event."""

Event = MidiEvent | tuple[float, bytes]


def render_wav(
    events: Sequence[Event],
    path: Path | str,
    *,
    seconds: float | None = None,
    synth: BlockSynth | None = None,
) -> None:
    """Save what ``events`` sound like: 48 kHz, stereo, 16 bit with dither, the same for the same events.

    ``seconds`` is the length; else the last event's time and a tail. ``synth`` is the built-in one where it is not
    said, and is used up. Raises SaveError where it cannot be saved.
    """
    save_whole(path, lambda file: _write(file, sound(events, seconds=seconds, synth=synth)))


def sound(
    events: Sequence[Event], *, seconds: float | None = None, synth: BlockSynth | None = None
) -> Iterator[Samples]:
    """The same as blocks of samples, (2, BLOCK) each, -1..1."""
    timed = sorted(map(_timed, events), key=itemgetter(0))
    last_s = timed[-1][0] / SAMPLE_RATE if timed else 0.0
    blocks = -(-round((last_s + TAIL_S if seconds is None else seconds) * SAMPLE_RATE) // BLOCK)
    player, position = synth or Synth(), 0
    for start in range(0, blocks * BLOCK, BLOCK):
        first = position
        while position < len(timed) and timed[position][0] < start + BLOCK:
            position += 1
        yield player.block([(frame - start, data) for frame, data in timed[first:position]])


def _timed(event: Event) -> tuple[int, bytes]:
    time_s, data = (event.time_s, event.data) if isinstance(event, MidiEvent) else event
    return round(time_s * SAMPLE_RATE), data


@contextmanager
def recorded(sound: Callable[[int], NDArray[np.float32]], path: Path | str) -> Iterator[Callable[[int], Samples]]:
    """``sound``, and what it gives is kept: saved at ``path`` on leaving. For minutes, since it waits in memory."""
    heard: list[Samples] = []

    def heard_too(frames: int) -> Samples:
        heard.append(sound(frames))
        return heard[-1]

    yield heard_too
    save_whole(path, lambda file: _write(file, (piece.T for piece in heard)))


def _write(file: BinaryIO, blocks: Iterable[Samples]) -> None:
    dither = np.random.default_rng(0)
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        for block in blocks:
            out.writeframesraw(_whole_numbers(block, dither).tobytes())


def _whole_numbers(block: Samples, dither: np.random.Generator) -> NDArray[np.int16]:
    """16 bits, with triangular dither of one bit each way, so that a fade ends in hiss and not in distortion."""
    noise = dither.random(block.shape, dtype=np.float32) - dither.random(block.shape, dtype=np.float32)
    return np.asarray(np.rint(block * 32_766 + noise).T.astype("<i2"), order="C")
