"""The built-in synth whole: MIDI messages in, stereo sound out, block by block. No clock, no device."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from engine.midi import ALL_NOTES_OFF, ALL_SOUND_OFF, SUSTAIN, is_control, is_note_off, is_note_on, is_program
from engine.output.rise_limiter import RiseLimiter
from engine.output.synth_bank import Bank
from engine.output.synth_channels import Channels
from engine.output.synth_effects import Chorus, Limiter
from engine.output.synth_reverb import Reverb
from engine.output.synth_timbres import CHANNEL_TIMBRES, PAD, Samples, Timbre, of_program
from engine.output.synth_voices import Notes

BLOCK = 1024
"""Frames that are made at once: 21 ms at 48 kHz."""
MASTER_DB = -8.0
"""A chord of two drones and four pads, at velocity 44 and level -10 dB, comes out near -18 dBFS (RMS)."""

Timed = Sequence[tuple[int, bytes]]
"""Messages within a block and the frame of each, in order."""


class BlockSynth(Protocol):
    """What turns MIDI messages into sound, block by block."""

    def block(self, messages: Timed) -> Samples:
        """The next BLOCK frames, (2, BLOCK), -1..1."""


class Synth:
    """Sixteen channels of the six timbres through chorus, reverb and limiters; equal input gives equal sound."""

    def __init__(self, timbres: Mapping[int, Timbre] = CHANNEL_TIMBRES) -> None:
        self._timbres = dict(timbres)
        self._frame = 0
        self._notes = Notes()
        self._channels = Channels(BLOCK)
        self._bank = Bank(BLOCK)
        self._chorus = Chorus(BLOCK)
        self._reverb = Reverb(BLOCK)
        self._rise = RiseLimiter(BLOCK)
        self._limiter = Limiter(BLOCK)
        self._master = np.float32(10 ** (MASTER_DB / 20))

    @property
    def sounding(self) -> int:
        """How many voices sound, the fading ones included."""
        return len(self._notes.voices)

    def block(self, messages: Timed) -> Samples:
        """The next BLOCK frames, (2, BLOCK), -1..1. Messages that it does not know are passed over."""
        for frame, data in messages:
            self._take(self._frame + frame, data)
        levels = self._channels.block([message for message in messages if is_control(message[1])])
        buses = self._bank.render(self._notes.voices, self._frame, levels, self._channels)
        self._frame += BLOCK
        self._notes.forget(self._frame)
        chorus = self._chorus.process(buses[4])
        wet = self._reverb.process(buses[2:4])
        whole = (buses[:2] + chorus + wet) * self._master
        return self._limiter.process(self._rise.process(whole))

    def _take(self, frame: int, data: bytes) -> None:
        channel = data[0] & 0x0F
        if is_note_on(data):
            self._notes.on(channel, data[1], data[2], self._timbres.get(channel, PAD), frame)
        elif is_note_off(data):
            self._notes.off(channel, data[1], frame)
        elif is_control(data):
            self._control(channel, data[1], data[2], frame)
        elif is_program(data):
            self._timbres[channel] = of_program(data[1])

    def _control(self, channel: int, number: int, value: int, frame: int) -> None:
        if number == SUSTAIN:
            self._notes.pedal(channel, frame, down=value >= 64)
        elif number == ALL_NOTES_OFF:
            self._notes.all_off(channel, frame)
        elif number == ALL_SOUND_OFF:
            self._notes.all_sound_off(channel, frame)
