"""SoundFonts through FluidSynth (the extra ``fluidsynth``): the only module that knows it.

The same limited bytes as every output hears, the same ceiling and the same way to the loudspeaker as the built-in
synth's.
"""

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import UsageError
from engine.midi import BRIGHTNESS, is_control, is_note_off, is_note_on
from engine.output.fonts import PROGRAMS, MissingSoundFontError
from engine.output.synth_core import BLOCK, Timed
from engine.output.synth_effects import Limiter
from engine.output.synth_timbres import SAMPLE_RATE, Samples

GAIN = 5.0
"""Brings a chord of pads as near -18 dBFS as the built-in synth's."""
OTHER_PROGRAM = 89

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
            "libfluidsynth3); or play the built-in synth with --out synth."
        ) from error
    return fluidsynth


class SoundFontSynth:
    """Sixteen channels of a SoundFont through FluidSynth's chorus and reverb and our limiter.

    ``programs`` are General MIDI programs (0-127) by channel, until a program change says otherwise. Controller 74
    moves each channel's filter, which SoundFonts leave out. Equal input gives equal sound.
    """

    def __init__(self, font: Path, programs: Mapping[int, int] = PROGRAMS) -> None:
        binding = load()
        self._synth = binding.Synth(GAIN, float(SAMPLE_RATE), 16, **{"synth.polyphony": 128})
        self._pointer = self._synth.synth
        self._write = _function(binding, "fluid_synth_write_float", ctypes.c_void_p, ctypes.c_int, *_TWO_BUFFERS)
        self._set_generator = _function(
            binding, "fluid_synth_set_gen", ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_float
        )
        if self._synth.sfload(str(font)) < 0:
            raise UsageError(f"{font} is no SoundFont that FluidSynth can read.")
        for channel in _CHANNELS:
            self._synth.program_change(channel, programs.get(channel, OTHER_PROGRAM))
        self._synth.set_reverb(0.85, 0.35, 1.0, 0.8)
        self._limiter = Limiter(BLOCK)

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
        return self._limiter.process(sound)

    def _render(self, out: Samples) -> None:
        frames = out.shape[1]
        if frames > 0:
            left, right = (np.empty(frames, np.float32) for _ in range(2))
            self._write(self._pointer, frames, left.ctypes.data, 0, 1, right.ctypes.data, 0, 1)
            out[0], out[1] = left, right

    def _take(self, data: bytes) -> None:
        channel = data[0] & 0x0F
        if is_note_on(data):
            self._synth.noteon(channel, data[1], data[2])
        elif is_note_off(data):
            self._synth.noteoff(channel, data[1])
        elif is_control(data) and data[1] == BRIGHTNESS:
            cents = (data[2] - _MIDDLE) * _FILTER_STEP_CENTS
            self._set_generator(self._pointer, channel, _FILTER_CUTOFF, cents)
        elif is_control(data):
            self._synth.cc(channel, data[1], data[2])
        elif len(data) == 2 and data[0] & 0xF0 == 0xC0:
            self._synth.program_change(channel, data[1])


_TWO_BUFFERS = (ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_int)


def _function(binding: Any, name: str, *types: Any) -> Any:
    """A function of the library that the binding leaves out."""
    function = getattr(binding._fl, name)  # noqa: SLF001
    function.argtypes, function.restype = list(types), ctypes.c_int
    return function
