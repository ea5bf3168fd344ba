"""MIDI messages as bytes, and their place on the fold's time line. Standard library only."""

from typing import NamedTuple

TICK_S = 0.05
TICK_US = 50_000
TICKS_PER_SECOND = 20

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, CHANNEL_PRESSURE, SYSTEM = 0x80, 0x90, 0xB0, 0xC0, 0xD0, 0xF0
"""Statuses as they are on channel 0 (MIDI 1.0); from ``SYSTEM`` on they belong to no channel."""

VOLUME = 7
PAN = 10
EXPRESSION = 11
SUSTAIN = 64
BRIGHTNESS = 74
REVERB = 91
CHORUS = 93
ALL_SOUND_OFF = 120
ALL_NOTES_OFF = 123


class MidiEvent(NamedTuple):
    """One message at ``tick`` x 50 ms + ``offset_us`` after the session's start; ``data`` is what goes on the wire."""

    tick: int
    offset_us: int
    data: bytes

    @property
    def time_s(self) -> float:
        """Seconds since the session's start."""
        return (self.tick * TICK_US + self.offset_us) / 1e6


def note_on(channel: int, pitch: int, velocity: int) -> bytes:
    """A note-on on channel 0-15; velocity 1-127."""
    return bytes((NOTE_ON | channel, pitch, velocity))


def note_off(channel: int, pitch: int) -> bytes:
    """A note-off (status 0x8n) with release velocity 0."""
    return bytes((NOTE_OFF | channel, pitch, 0))


def control(channel: int, number: int, value: int) -> bytes:
    """A controller change."""
    return bytes((CONTROL | channel, number, value))


def program(channel: int, number: int) -> bytes:
    """A program change, to program 0-127."""
    return bytes((PROGRAM | channel, number))


def kind_of(status: int) -> int:
    """A channel message's status without its channel, as ``NOTE_ON``."""
    return status & 0xF0


def is_note_on(data: bytes) -> bool:
    """True for a note-on that sounds; velocity 0 is a note-off (MIDI 1.0)."""
    return len(data) == 3 and kind_of(data[0]) == NOTE_ON and data[2] > 0


def is_note_off(data: bytes) -> bool:
    """True for a note-off in either spelling."""
    return len(data) == 3 and (kind_of(data[0]) == NOTE_OFF or (kind_of(data[0]) == NOTE_ON and data[2] == 0))


def is_control(data: bytes) -> bool:
    """True for a controller change."""
    return len(data) == 3 and kind_of(data[0]) == CONTROL


def is_program(data: bytes) -> bool:
    """True for a program change."""
    return len(data) == 2 and kind_of(data[0]) == PROGRAM
