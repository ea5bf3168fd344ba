"""What the engine handed over, so that a new guardian can end what a dead one left sounding. Standard library only."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.limits import OUTER
from engine.midi import is_note_off, is_note_on
from engine.output.protocol import Inherit

Key = tuple[int, int]

HELD_BACK_S = 3.0
"""A guardian must have lived so long after a note-off was due: what went to a cable just pulled was not heard."""


def every_note(channels: Iterable[int]) -> tuple[Key, ...]:
    """All that can have been begun on these channels."""
    pitches = range(OUTER.pitch_low, OUTER.pitch_high + 1)
    return tuple((channel, pitch) for channel in sorted(channels) for pitch in pitches)


@dataclass(slots=True)
class Mirror:
    """Every (channel, pitch) whose note-on was handed over and whose note-off may not have been heard yet.

    Time alone ends no note: only a guardian that answers, and has its outputs, sends what is due. ``channels`` are all
    that anything was handed over for.
    """

    channels: set[int] = field(default_factory=set)
    _begins: dict[Key, float] = field(default_factory=dict)
    _ends: dict[Key, float] = field(default_factory=dict)
    _answered_s: float = -math.inf

    @classmethod
    def of_whoever_came_before(cls, channels: Iterable[int], now_s: float) -> "Mirror":
        """Before the first guardian: an engine that died with its guardian, or a computer without power, may have left
        any note sounding. Every one that may be played counts as ending now.
        """
        own = set(channels)
        keys = every_note(own)
        return cls(own, dict.fromkeys(keys, -math.inf), dict.fromkeys(keys, now_s))

    def note(self, due_s: float, data: bytes) -> None:
        """One message that was handed over, due at ``due_s``."""
        self.channels.add(data[0] & 0x0F)
        if is_note_on(data):
            key = (data[0] & 0x0F, data[1])
            self._begins[key] = due_s
            self._ends.pop(key, None)
        elif is_note_off(data):
            self._ends[data[0] & 0x0F, data[1]] = due_s

    def answered(self, at_s: float) -> None:
        """A guardian with all its outputs lived at ``at_s``."""
        self._answered_s = max(self._answered_s, at_s)

    def sounding(self) -> tuple[Key, ...]:
        """The notes that may sound, the youngest first, and forget those that surely ended."""
        for key in [key for key, end_s in self._ends.items() if end_s + HELD_BACK_S < self._answered_s]:
            del self._ends[key]
            self._begins.pop(key, None)
        return tuple(sorted(self._begins, key=lambda key: (-self._begins[key], key)))

    def legacy(self) -> Inherit:
        """What another guardian is told that takes over now."""
        return Inherit(self.sounding(), tuple(sorted(self.channels)))

    def all_off(self, now_s: float) -> None:
        """The guardian said that all is off: what was due by now has ended."""
        for key in [key for key, begin_s in self._begins.items() if begin_s <= now_s]:
            self._ends[key] = min(self._ends.get(key, now_s), now_s)
