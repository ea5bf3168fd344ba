"""One pure limiter, used twice: the session shapes its events with it, the guardian refuses. Standard library only."""

import math
from collections import deque
from collections.abc import Mapping

from engine.knobs import Knobs
from engine.limits import BANK, CONTROLLERS, JUST_S, Limits, is_well_formed
from engine.midi import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    control,
    is_control,
    is_note_off,
    is_note_on,
    is_program,
    note_on,
)

Key = tuple[int, int]
"""A note of the ledger: (channel 0-15, pitch)."""


class Limiter:
    """Judges messages one by one in time order and remembers those that were sent.

    Times are seconds on one clock that never goes back; ``refusal`` and ``nearest`` ask, ``accept`` tells.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sounding: dict[Key, int] = {}
        self._since: dict[Key, float] = {}
        self._last_velocity: dict[int, int] = {}
        self._onsets: deque[tuple[float, int]] = deque()
        self._knobs = Knobs(limits, self._sounding)

    @property
    def sounding(self) -> Mapping[Key, int]:
        """The ledger: every (channel, pitch) that sounds, with its velocity."""
        return self._sounding

    def value(self, channel: int, number: int) -> int | None:
        """The controller's last sent value, or None before the first."""
        return self._knobs.sent(channel, number)

    def controls(self, channel: int) -> tuple[bytes, ...]:
        """Every controller of this channel as it was last sent."""
        return self._knobs.of_channel(channel)

    def overdue(self, now_s: float) -> tuple[Key, ...]:
        """The notes that have sounded as long as they may, oldest first."""
        length_s = self._limits.note_length_s
        return tuple(key for key, since_s in self._since.items() if now_s >= since_s + length_s)

    @property
    def next_overdue_s(self) -> float:
        """When the oldest note will have sounded as long as it may; infinity in silence."""
        return next(iter(self._since.values()), math.inf) + self._limits.note_length_s

    def refusal(self, at_s: float, data: bytes) -> str | None:
        """Why this message may not be sent at ``at_s``, as the name of the limit; None when it may. Never raises."""
        if not is_well_formed(data):
            return "malformed"
        if is_control(data):
            return self._control_refusal(at_s, data)
        if is_note_off(data):
            return None
        if is_note_on(data):
            return self._note_refusal(at_s, data)
        if is_program(data):
            return "program while sounding" if self._sounding else None
        return "message"

    def nearest(self, at_s: float, data: bytes) -> bytes | None:
        """The nearest message that may be sent now: its velocity or value pulled in; None when there is none."""
        if self.refusal(at_s, data) is None:
            return data
        if not is_well_formed(data):
            return None
        if is_note_on(data):
            return self._softer(at_s, data)
        if is_control(data) and data[1] in CONTROLLERS:
            return self._slower(at_s, data)
        return None

    def accept(self, at_s: float, data: bytes) -> None:
        """Remember a message that was sent at ``at_s``, allowed or not."""
        if is_control(data):
            self._accept_control(at_s, data[0] & 0x0F, data[1], data[2])
        elif is_note_off(data):
            self._forget((data[0] & 0x0F, data[1]))
        elif is_note_on(data):
            self._accept_note((data[0] & 0x0F, data[1]), at_s, data[2])

    def _note_refusal(self, at_s: float, data: bytes) -> str | None:
        channel, pitch, velocity = data[0] & 0x0F, data[1], data[2]
        limits = self._limits
        if not limits.pitch_low <= pitch <= limits.pitch_high:
            return "pitch"
        if (channel, pitch) in self._sounding:
            return "already sounding"
        if velocity > limits.velocity:
            return "velocity"
        if velocity > self._last_velocity.get(channel, limits.first_velocity) + limits.velocity_rise:
            return "velocity rise"
        return self._rate_refusal(at_s, channel) or self._sum_refusal(velocity)

    def _rate_refusal(self, at_s: float, channel: int) -> str | None:
        limits = self._limits
        recent = [(when_s, where) for when_s, where in self._onsets if when_s > at_s - 1.0 + JUST_S]
        if len(recent) >= limits.note_ons_per_s:
            return "note-ons in a second"
        if sum(where == channel for _, where in recent) >= limits.channel_note_ons_per_s:
            return "note-ons in a second on a channel"
        if sum(when_s > at_s - limits.cluster_s + JUST_S for when_s, _ in recent) >= limits.cluster_notes:
            return "note-ons at once"
        return None

    def _sum_refusal(self, velocity: int) -> str | None:
        if len(self._sounding) >= self._limits.sounding_notes:
            return "sounding notes"
        if sum(self._sounding.values()) + velocity > self._limits.velocity_sum:
            return "sum of velocities"
        return None

    def _softer(self, at_s: float, data: bytes) -> bytes | None:
        channel, limits = data[0] & 0x0F, self._limits
        last = self._last_velocity.get(channel, limits.first_velocity)
        room = limits.velocity_sum - sum(self._sounding.values())
        velocity = min(data[2], limits.velocity, last + limits.velocity_rise, room)
        softer = note_on(channel, data[1], max(velocity, 0))
        return softer if velocity > 0 and self.refusal(at_s, softer) is None else None

    def _accept_note(self, key: Key, at_s: float, velocity: int) -> None:
        self._forget(key)
        self._sounding[key] = velocity
        self._since[key] = at_s
        self._last_velocity[key[0]] = velocity
        while self._onsets and self._onsets[0][0] <= at_s - 1.0:
            self._onsets.popleft()
        self._onsets.append((at_s, key[0]))

    def _forget(self, key: Key) -> None:
        self._sounding.pop(key, None)
        self._since.pop(key, None)

    def _control_refusal(self, at_s: float, data: bytes) -> str | None:
        number = data[1]
        if number in CONTROLLERS:
            return self._knobs.refusal(at_s, data[0] & 0x0F, number, data[2])
        if number in BANK:
            return "bank while sounding" if self._sounding else None
        return "controller"

    def _slower(self, at_s: float, data: bytes) -> bytes | None:
        channel, number = data[0] & 0x0F, data[1]
        value = self._knobs.nearest(at_s, channel, number, data[2])
        return None if value is None else control(channel, number, value)

    def _accept_control(self, at_s: float, channel: int, number: int, value: int) -> None:
        if number in CONTROLLERS:
            self._knobs.accept(at_s, channel, number, value)
        elif number in (ALL_NOTES_OFF, ALL_SOUND_OFF):
            for key in [key for key in self._sounding if key[0] == channel]:
                self._forget(key)
            self._knobs.release(channel)
