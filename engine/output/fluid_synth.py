"""SoundFonts through FluidSynth (the extra ``fluidsynth``): the only module that knows it.

The same limited bytes as every output hears, the same ceiling and the same way to the loudspeaker as the built-in
synth's.
"""

import ctypes
import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import UsageError
from engine.midi import ALL_SOUND_OFF, BRIGHTNESS, is_control, is_note_off, is_note_on, is_program
from engine.output.font_fitting import Envelope, fitted
from engine.output.fonts import PROGRAMS, MissingSoundFontError
from engine.output.rise_limiter import RiseLimiter
from engine.output.synth_core import BLOCK, Timed
from engine.output.synth_effects import Limiter
from engine.output.synth_timbres import CHANNEL_TIMBRES, SAMPLE_RATE, Samples, Timbre

GAIN_DB = 12.0
"""Brings what the sounds were levelled to as near -18 dBFS as the built-in synth's chord."""
_LIBRARY_GAIN = 5.0
PROBE_VELOCITY = 44
OTHER_PROGRAM = 89

_ATTACK, _ATTENUATION = 34, 48
_FITTED: dict[tuple[Path, int, Timbre], Envelope] = {}
"""What was found for a font's program and a timbre: a second of listening each, and always the same."""
_FILTER_CUTOFF, _FILTER_STEP_CENTS = 8, 40.0
"""SoundFont 2.04, 8.1.2: initialFilterFc, which no default modulator ties to controller 74."""
_MIDDLE = 64
_CHANNELS = [channel for channel in range(16) if channel != 9]


def load() -> Any:
    """The binding. Raises MissingSoundFontError where it or its library is not here."""
    try:
        import fluidsynth
    except ImportError as error:
        raise MissingSoundFontError(
            "FluidSynth is not here: pip install 'calando[fluidsynth]', and its library (on Debian: apt install "
            "libfluidsynth3); or leave it to the built-in synth."
        ) from error
    return fluidsynth


class SoundFontSynth:
    """Sixteen channels of a SoundFont through FluidSynth's chorus and reverb and our limiter.

    ``programs`` are General MIDI programs (0-127) by channel, until a program change says otherwise; each of them is
    brought to the loudness and the attack of the built-in synth's timbre on its channel. Controller 74 moves each
    channel's filter, which SoundFonts leave out. Equal input gives equal sound.
    """

    def __init__(
        self, font: Path, programs: Mapping[int, int] = PROGRAMS, timbres: Mapping[int, Timbre] = CHANNEL_TIMBRES
    ) -> None:
        binding = load()
        self._synth = binding.Synth(_LIBRARY_GAIN, float(SAMPLE_RATE), 16, **{"synth.polyphony": 128})
        self._pointer = self._synth.synth
        self._write = _function(binding, "fluid_synth_write_float", ctypes.c_void_p, ctypes.c_int, *_TWO_BUFFERS)
        self._set_generator = _function(
            binding, "fluid_synth_set_gen", ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_float
        )
        if self._synth.sfload(str(font)) < 0:
            raise UsageError(f"{font} is no SoundFont that FluidSynth can read.")
        self._synth.set_reverb(0.0, 0.0, 0.0, 0.0)
        for channel in _CHANNELS:
            self._synth.program_change(channel, programs.get(channel, OTHER_PROGRAM))
        for channel, timbre in timbres.items():
            key = font, programs.get(channel, OTHER_PROGRAM), timbre
            if key not in _FITTED:
                _FITTED[key] = fitted(partial(self._probe, channel), timbre)
            self._change(channel, _FITTED[key])
        self._synth.set_reverb(0.85, 0.35, 1.0, 0.8)
        self._rise = RiseLimiter(BLOCK)
        self._limiter = Limiter(BLOCK)
        self._gain = np.float32(10 ** (GAIN_DB / 20))

    def _probe(self, channel: int, envelope: Envelope, pitch: int, seconds: float) -> Samples:
        """A note to itself, without reverb; then everything is still again."""
        self._change(channel, envelope)
        self._synth.noteon(channel, pitch, _velocity(PROBE_VELOCITY))
        note = np.zeros((2, round(seconds * SAMPLE_RATE)), np.float32)
        self._render(note)
        self._synth.cc(channel, ALL_SOUND_OFF, 0)
        self._render(np.zeros((2, BLOCK), np.float32))
        return note

    def _change(self, channel: int, envelope: Envelope) -> None:
        self._set_generator(self._pointer, channel, _ATTACK, float(envelope.attack_timecents))
        self._set_generator(self._pointer, channel, _ATTENUATION, envelope.attenuation_cb)

    @property
    def sounding(self) -> int:
        """How many voices sound, the fading ones included."""
        return int(self._synth.get_active_voice_count())

    def block(self, messages: Timed) -> Samples:
        """The next BLOCK frames, (2, BLOCK), -1..1. Messages that it does not know are passed over."""
        sound = np.zeros((2, BLOCK), np.float32)
        done = 0
        for frame, data in messages:
            self._render(sound[:, done:frame])
            done = max(done, frame)
            self._take(data)
        self._render(sound[:, done:])
        return self._limiter.process(self._rise.process(sound * self._gain))

    def _render(self, out: Samples) -> None:
        frames = out.shape[1]
        if frames > 0:
            left, right = (np.empty(frames, np.float32) for _ in range(2))
            self._write(self._pointer, frames, left.ctypes.data, 0, 1, right.ctypes.data, 0, 1)
            out[0], out[1] = left, right

    def _take(self, data: bytes) -> None:
        channel = data[0] & 0x0F
        if is_note_on(data):
            self._synth.noteon(channel, data[1], _velocity(data[2]))
        elif is_note_off(data):
            self._synth.noteoff(channel, data[1])
        elif is_control(data) and data[1] == BRIGHTNESS:
            cents = (data[2] - _MIDDLE) * _FILTER_STEP_CENTS
            self._set_generator(self._pointer, channel, _FILTER_CUTOFF, cents)
        elif is_control(data):
            self._synth.cc(channel, data[1], data[2])
        elif is_program(data):
            self._synth.program_change(channel, data[1])


def _velocity(velocity: int) -> int:
    """Amplitude in proportion to velocity, as the built-in synth has it: SoundFonts take its square."""
    return round(math.sqrt(127 * velocity))


_TWO_BUFFERS = (ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_int)


def _function(binding: Any, name: str, *types: Any) -> Any:
    """A function of the library that the binding leaves out."""
    function = getattr(binding._fl, name)  # noqa: SLF001
    function.argtypes, function.restype = list(types), ctypes.c_int
    return function
