"""A finished piece, read back from its MIDI bytes: notes, levels, and how many controllers it took."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

NOTE_OFF, NOTE_ON, CONTROL = 0x80, 0x90, 0xB0
"""Statuses on channel 0 (MIDI 1.0); the music knows no engine to take them from."""


class Sounded(NamedTuple):
    """A note as it went over the wire, in seconds; channels count from 0."""

    start_s: float
    end_s: float
    channel: int
    pitch: int
    velocity: int


@dataclass(slots=True)
class Piece:
    """Notes by their start, each channel's (seconds, level value), and the times of all controllers."""

    notes: list[Sounded] = field(default_factory=list)
    levels: dict[int, list[tuple[float, int]]] = field(default_factory=dict)
    control_times: list[float] = field(default_factory=list)
    end_s: float = 0.0
    stuck: int = 0
    """Notes that never ended."""

    @classmethod
    def read(cls, wire: Iterable[tuple[float, bytes]], level_cc: int = 11) -> "Piece":
        """From (seconds, message), rising in time; ``level_cc`` is the controller that carries the level."""
        piece, held = cls(), dict[tuple[int, int], tuple[float, int]]()
        for at_s, data in wire:
            piece._take(at_s, data, held, level_cc)
        piece.stuck = len(held)
        for (channel, pitch), (start_s, velocity) in held.items():
            piece.notes.append(Sounded(start_s, piece.end_s, channel, pitch, velocity))
        piece.notes.sort()
        return piece

    def _take(self, at_s: float, data: bytes, held: dict[tuple[int, int], tuple[float, int]], level_cc: int) -> None:
        self.end_s = at_s
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        if kind in (NOTE_OFF, NOTE_ON):
            key = (channel, data[1])
            before = held.pop(key, None)
            if before:
                self.notes.append(Sounded(before[0], at_s, channel, data[1], before[1]))
            if kind == NOTE_ON and data[2]:
                held[key] = (at_s, data[2])
        elif kind == CONTROL:
            self.control_times.append(at_s)
            if data[1] == level_cc:
                self.levels.setdefault(channel, []).append((at_s, data[2]))

    def level(self, channel: int, at_s: float) -> int:
        """The level value in force on a channel."""
        history = self.levels.get(channel, [])
        place = bisect_right(history, (at_s, 128))
        return history[place - 1][1] if place else 127

    @property
    def onsets_s(self) -> list[float]:
        """When notes start."""
        return [note.start_s for note in self.notes]

    @property
    def channels(self) -> list[int]:
        """Those that play, rising."""
        return sorted({note.channel for note in self.notes})

    def chordal_channel(self) -> int | None:
        """The channel that sounds the most notes at a time: the pad."""
        held: dict[int, float] = {}
        for note in self.notes:
            held[note.channel] = held.get(note.channel, 0.0) + note.end_s - note.start_s
        return max(held, key=lambda channel: (held[channel], -channel), default=None)

    def per_second(self) -> list[list[Sounded]]:
        """The notes that sound in each second."""
        seconds: list[list[Sounded]] = [[] for _ in range(int(self.end_s) + 1)]
        for note in self.notes:
            for second in range(int(note.start_s), min(int(note.end_s), len(seconds) - 1) + 1):
                seconds[second].append(note)
        return seconds
