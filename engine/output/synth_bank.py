"""All oscillators of all voices of the built-in synth, a block at a time, in a few array operations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.output.synth_channels import GRID, Channels
from engine.output.synth_timbres import BRIGHTNESS_STEPS, SAMPLE_RATE, TABLE_SIZE, Samples, frequency_hz, tables
from engine.output.synth_voices import QUICK_S, Voice

BUSES = 5
"""Left and right dry, left and right to the reverb, one to the chorus."""

_OSCILLATORS = 3
_GOLDEN = 0.618034
_TABLE_SHIFT = np.uint32(32 - (TABLE_SIZE.bit_length() - 1))
_SHARE_MASK = np.uint32((1 << int(_TABLE_SHIFT)) - 1)
_SHARE_SCALE = np.float32(1.0 / (1 << int(_TABLE_SHIFT)))
_STILL = 1e-4

Floats = NDArray[np.float64]


class Bank:
    """Turns voices into samples.

    A voice's sound follows from its note and the frame; the only memory is the cycle each voice read at the end of
    the block before, from which a changing brightness is crossed over.
    """

    def __init__(self, block: int) -> None:
        self._block = block
        self._frames = np.arange(block, dtype=np.uint32)
        self._grid = np.arange(0, block + 1, GRID)
        self._ramp = (np.arange(GRID) / GRID).astype(np.float32)
        self._long_ramp = (np.arange(block) / block).astype(np.float32)
        self._cycles: dict[Voice, _Cycle] = {}
        self._layout = _Layout.of(())
        self._weights = np.zeros((BUSES, 0), np.float32)
        self._scratch = _Scratch(0, block)

    def render(self, voices: Sequence[Voice], frame: int, levels: Samples, channels: Channels) -> Samples:
        """The block from ``frame`` on, by bus: (BUSES, block)."""
        if not voices:
            return np.zeros((BUSES, self._block), np.float32)
        self._arrange(tuple(voices), channels)
        samples = self._oscillators(frame, channels.brightness)
        self._multiply_gains(samples, frame, levels)
        return self._mix(samples, channels)

    def _arrange(self, voices: tuple[Voice, ...], channels: Channels) -> None:
        if voices == self._layout.voices:
            return
        self._layout = _Layout.of(voices)
        brightness = channels.brightness
        self._cycles = {
            voice: self._cycles.get(voice) or _Cycle.at(voice, float(brightness[voice.channel])) for voice in voices
        }
        self._weights = self._layout.weights(channels)
        self._scratch = _Scratch(len(voices) * _OSCILLATORS, self._block)

    def _oscillators(self, frame: int, brightness: Floats) -> Samples:
        layout, scratch = self._layout, self._scratch
        layout.place(frame, self._frames, scratch)
        before = [self._cycles[voice] for voice in layout.voices]
        after = [
            cycle.moved(voice, float(brightness[voice.channel]))
            for voice, cycle in zip(layout.voices, before, strict=True)
        ]
        samples = _read(before, scratch, scratch.samples)
        if any(new is not old for new, old in zip(after, before, strict=True)):
            change = _read(after, scratch, scratch.change)
            change -= samples
            change *= self._long_ramp
            samples += change
            self._cycles = dict(zip(layout.voices, after, strict=True))
        return samples

    def _multiply_gains(self, samples: Samples, frame: int, levels: Samples) -> None:
        gains = self._layout.gains(frame + self._grid, levels)
        steps = self._scratch.change.reshape(len(gains), -1, GRID)
        np.multiply(np.diff(gains, axis=1)[:, :, None], self._ramp, out=steps)
        steps += gains[:, :-1, None]
        samples *= self._scratch.change

    def _mix(self, samples: Samples, channels: Channels) -> Samples:
        weights = self._layout.weights(channels)
        mixed = self._weights @ samples
        change = weights - self._weights
        if np.any(np.abs(change) > _STILL):
            mixed += (change @ samples) * self._long_ramp
            self._weights = weights
        return mixed


@dataclass(frozen=True, slots=True)
class _Cycle:
    """The single cycle a voice reads at one brightness."""

    brightness: float
    samples: Samples
    steps: Samples
    """From each sample to the next."""

    @classmethod
    def at(cls, voice: Voice, brightness: float) -> "_Cycle":
        position = brightness * (BRIGHTNESS_STEPS - 1)
        lower = min(int(position), BRIGHTNESS_STEPS - 2)
        cycles = tables(voice.timbre, voice.pitch)
        share = np.float32(position - lower)
        samples = cycles[lower] + share * (cycles[lower + 1] - cycles[lower])
        steps = np.empty_like(samples)
        np.subtract(samples[1:], samples[:-1], out=steps[:-1])
        steps[-1] = samples[0] - samples[-1]
        return cls(brightness, samples, steps)

    def moved(self, voice: Voice, brightness: float) -> "_Cycle":
        return self if abs(brightness - self.brightness) < _STILL else _Cycle.at(voice, brightness)


class _Scratch:
    """Room for a block's arrays, one row an oscillator, kept: fresh pages cost more than the arithmetic."""

    def __init__(self, rows: int, block: int) -> None:
        self.phase = np.empty((rows, block), np.uint32)
        self.share = np.empty((rows, block), np.float32)
        self.index = np.empty((rows, block), np.intp)
        self.earlier = np.empty((rows, block), np.float32)
        self.samples = np.empty((rows, block), np.float32)
        self.change = np.empty((rows, block), np.float32)


def _read(cycles: Sequence[_Cycle], at: _Scratch, out: Samples) -> Samples:
    """What the oscillators read where they stand: straight lines between a cycle's samples."""
    np.concatenate([cycle.steps for cycle in cycles]).take(at.index, out=out, mode="clip")
    out *= at.share
    np.concatenate([cycle.samples for cycle in cycles]).take(at.index, out=at.earlier, mode="clip")
    out += at.earlier
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """What is constant while the same voices sound, one row a voice (V) or an oscillator (V x 3)."""

    voices: tuple[Voice, ...]
    channel: NDArray[np.intp]
    onset: NDArray[np.int64]
    attack: Floats
    release: Floats
    amplitude: Floats
    """Of each oscillator: (V, 3)."""
    decay: Floats
    """Seconds to 1/e, of each oscillator: (V, 3)."""
    increment: NDArray[np.uint32]
    """Phase of each oscillator a sample, in 2**-32 of a cycle: (V x 3)."""
    pan: Floats
    """Of each oscillator, -1..1: (V, 3)."""
    reverb: Floats
    """Share of each oscillator sent: (V, 3). A detuned pair stays dry, or the hall would beat with it."""
    chorus: Floats

    @classmethod
    def of(cls, voices: tuple[Voice, ...]) -> "_Layout":
        timbres = [voice.timbre for voice in voices]
        shape = (len(voices), _OSCILLATORS)
        cents = np.array([timbre.detune_cents for timbre in timbres]).reshape(shape)
        ratios = np.array([timbre.ratios for timbre in timbres]).reshape(shape) * 2 ** (cents / 1200)
        base_hz = np.array([frequency_hz(voice.pitch) for voice in voices])
        loud = np.array([voice.amplitude for voice in voices])
        scatter = np.array([voice.timbre.spread * (2 * (voice.pitch * _GOLDEN % 1) - 1) for voice in voices])
        return cls(
            voices=voices,
            channel=np.array([voice.channel for voice in voices], dtype=np.intp),
            onset=np.array([voice.onset for voice in voices], dtype=np.int64),
            attack=np.array([timbre.attack_s for timbre in timbres]),
            release=np.array([timbre.release_s for timbre in timbres]),
            amplitude=np.array([timbre.amplitudes for timbre in timbres]).reshape(shape) * loud[:, None],
            decay=np.array([timbre.decay_s for timbre in timbres]).reshape(shape),
            increment=np.rint(ratios * base_hz[:, None] / SAMPLE_RATE * 2.0**32).astype(np.uint32).ravel(),
            pan=np.array([timbre.pans for timbre in timbres]).reshape(shape) + scatter[:, None] * (cents == 0),
            reverb=np.array([timbre.reverb for timbre in timbres])[:, None] * (cents == 0),
            chorus=np.array([timbre.chorus for timbre in timbres])[:, None] * (cents == 0),
        )

    def place(self, frame: int, frames: NDArray[np.uint32], scratch: _Scratch) -> None:
        """Where each oscillator reads, the voices' tables one after the other, and the share to the next sample.

        Phase counts from frame 0 and not from the onset, so that a note that renews itself is in phase with the one
        that fades, and their sum neither dips nor swells.
        """
        phase, first = scratch.phase, np.arange(len(self.voices), dtype=np.uint32) * TABLE_SIZE
        np.multiply(self.increment[:, None], frames + np.uint32(frame & 0xFFFFFFFF), out=phase)
        np.bitwise_and(phase, _SHARE_MASK, out=scratch.share, casting="unsafe")
        scratch.share *= _SHARE_SCALE
        phase >>= _TABLE_SHIFT
        np.add(phase, np.repeat(first, _OSCILLATORS)[:, None], out=scratch.index, casting="unsafe")

    def gains(self, at: NDArray[np.int64], levels: Samples) -> Samples:
        """Envelope, velocity and channel level of each oscillator at the grid's points: (V x 3, points)."""
        since_s = np.maximum(0, at - self.onset[:, None]) / SAMPLE_RATE
        rise = 0.5 - 0.5 * np.cos(np.pi * np.minimum(1.0, since_s / self.attack[:, None]))
        envelope = rise * self._fall(at) * levels[self.channel]
        fading = np.exp(-since_s[:, None, :] / self.decay[:, :, None])
        gains = envelope[:, None, :] * self.amplitude[:, :, None] * fading
        return np.asarray(gains.reshape(-1, len(at)), dtype=np.float32)

    def _fall(self, at: NDArray[np.int64]) -> Floats:
        released = _faded(at, [voice.released for voice in self.voices], self.release)
        return released * _faded(at, [voice.cut for voice in self.voices], np.full(len(self.voices), QUICK_S))

    def weights(self, channels: Channels) -> Samples:
        """How much of each oscillator goes to each bus: (BUSES, V x 3)."""
        pan = np.clip(self.pan + channels.pan[self.channel][:, None], -1, 1).ravel()
        angle = (pan + 1) * np.pi / 4
        dry = np.stack((np.cos(angle), np.sin(angle)))
        reverb = (self.reverb * channels.reverb[self.channel][:, None]).ravel()
        chorus = (self.chorus * channels.chorus[self.channel][:, None]).reshape(1, -1)
        return np.concatenate((dry, dry * reverb, chorus)).astype(np.float32)


def _faded(at: NDArray[np.int64], starts: Sequence[int], seconds: Floats) -> Floats:
    """A smooth fall from 1 to 0 over so many seconds from each start: (V, points)."""
    share = np.clip((at - np.array(starts, dtype=np.int64)[:, None]) / (seconds * SAMPLE_RATE)[:, None], 0.0, 1.0)
    return np.asarray((1 - share) ** 2 * (1 + 2 * share))
