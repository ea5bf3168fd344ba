"""The limits of what may reach a synth, and one pure limiter over them. Standard library only.

Used twice: the session shapes its events with ``COMPOSER``, the guardian refuses what breaks ``OUTER``.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import itemgetter

from engine.midi import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    EXPRESSION,
    VOLUME,
    control,
    is_control,
    is_note_off,
    is_note_on,
    note_on,
)

Key = tuple[int, int]
"""A note of the ledger: (channel 0-15, pitch)."""

UNBOUNDED = 1_000_000
BANK = (0, 32)
NOTE_ON, CONTROL, PROGRAM = 0x90, 0xB0, 0xC0
LEVELS = (VOLUME, EXPRESSION)
SWITCHES = frozenset(range(64, 68))
CONTROLLERS = frozenset((1, 5, VOLUME, 10, EXPRESSION, *SWITCHES, *range(70, 80), 91, 93))
DEFAULT_VALUES: Mapping[int, int] = {VOLUME: 100, 10: 64, EXPRESSION: 127, **dict.fromkeys(range(70, 80), 64), 91: 40}
"""What a synth holds before it is told (MIDI recommended practice RP-015, General MIDI 2); every other one is 0."""

JUST_S = 1e-6
"""What floating point may make of times: two messages a window apart are not both counted in it, while the level
that a second began with counts."""

SOFTEST_LEVEL = 20
"""Level values under this one count as this one: down there a step is large in dB and small in the ear."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much, how loud and how fast; every number is the most that is allowed."""

    velocity: int
    velocity_rise: int
    """Over the channel's last note; before its first, over ``first_velocity``."""
    note_ons_per_s: int
    """In any second, over all channels."""
    channel_note_ons_per_s: int
    cluster_notes: int
    """Note-ons within any ``cluster_s``."""
    sounding_notes: int
    velocity_sum: int
    note_length_s: float
    level_rise_db: float
    """In any second, on one channel, volume and expression added."""
    level_step: int
    """Controller steps allowed above ``level_rise_db``, for rounding."""
    controllers_per_s: int
    """Controller messages in any second over all channels; a silent channel's first values are free."""
    first_velocity: int = 48
    cluster_s: float = 0.05
    pitch_low: int = 28
    pitch_high: int = 96
    controller_steps: int = 20
    """How far one controller may move in any ``controller_s``."""
    controller_s: float = 0.1

    def within(self, outer: "Limits") -> "Limits":
        """These limits, none of them wider than ``outer``'s."""
        narrower = {each.name: min(getattr(self, each.name), getattr(outer, each.name)) for each in fields(self)}
        narrower["pitch_low"] = max(self.pitch_low, outer.pitch_low)
        for window in ("cluster_s", "controller_s"):
            narrower[window] = max(getattr(self, window), getattr(outer, window))
        return Limits(**narrower)


OUTER = Limits(
    velocity=80,
    velocity_rise=12,
    note_ons_per_s=12,
    channel_note_ons_per_s=8,
    cluster_notes=UNBOUNDED,
    sounding_notes=16,
    velocity_sum=720,
    note_length_s=120.0,
    level_rise_db=6.0,
    level_step=0,
    controllers_per_s=UNBOUNDED,
)
"""What the guardian holds against everybody. Constants: nothing may widen them."""

COMPOSER = Limits(
    velocity=72,
    velocity_rise=8,
    note_ons_per_s=6,
    channel_note_ons_per_s=6,
    cluster_notes=3,
    sounding_notes=12,
    velocity_sum=600,
    note_length_s=60.0,
    level_rise_db=4.0,
    level_step=1,
    controllers_per_s=12,
    controller_steps=10,
)
"""What the session keeps to, with room to spare before the outer limits."""


def level_db(value: int) -> float:
    """The level of a volume or expression value in dB under 127 (MMA recommended practice: 40 log10(v/127))."""
    return _LEVELS_DB[value]


_LEVELS_DB = tuple(40.0 * math.log10(max(value, SOFTEST_LEVEL) / 127.0) for value in range(128))
_level_of = itemgetter(1)
_LENGTHS = {0x80: 3, 0x90: 3, 0xA0: 3, 0xB0: 3, PROGRAM: 2, 0xD0: 2, 0xE0: 3}


def is_well_formed(data: bytes) -> bool:
    """True for one whole channel message: a status byte and as many data bytes as it asks for."""
    return bool(data) and len(data) == _LENGTHS.get(data[0] & 0xF0) and data[1:].isascii()


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
        self._values: dict[tuple[int, int], int] = {}
        self._told: set[tuple[int, int]] = set()
        self._steps: dict[tuple[int, int], deque[tuple[float, int]]] = {}
        self._levels: dict[int, deque[tuple[float, float]]] = {}
        self._control_times: deque[float] = deque()

    @property
    def sounding(self) -> Mapping[Key, int]:
        """The ledger: every (channel, pitch) that sounds, with its velocity."""
        return self._sounding

    def value(self, channel: int, number: int) -> int | None:
        """The controller's last sent value, or None before the first."""
        return self._values.get((channel, number))

    def controls(self, channel: int) -> tuple[bytes, ...]:
        """Every controller of this channel as it was last sent."""
        return tuple(
            control(where, number, value) for (where, number), value in self._values.items() if where == channel
        )

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
        kind = data[0] & 0xF0
        if kind == CONTROL:
            return self._control_refusal(at_s, data)
        if is_note_off(data):
            return None
        if kind == NOTE_ON:
            return self._note_refusal(at_s, data)
        if kind == PROGRAM:
            return "program while sounding" if self._sounding else None
        return "message"

    def nearest(self, at_s: float, data: bytes) -> bytes | None:
        """The nearest message that may be sent now: its velocity or value pulled in; None when there is none."""
        if self.refusal(at_s, data) is None:
            return data
        if is_well_formed(data) and is_note_on(data):
            return self._softer(at_s, data)
        if is_well_formed(data) and is_control(data):
            return self._slower(at_s, data)
        return None

    def accept(self, at_s: float, data: bytes) -> None:
        """Remember a message that was sent at ``at_s``, allowed or not."""
        channel = data[0] & 0x0F
        if is_control(data):
            self._accept_control(at_s, channel, data[1], data[2])
        elif is_note_on(data):
            self._accept_note((channel, data[1]), at_s, data[2])
        elif is_note_off(data):
            self._forget((channel, data[1]))

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
        channel, number, value = data[0] & 0x0F, data[1], data[2]
        if number in BANK:
            return "bank while sounding" if self._sounding else None
        if number not in CONTROLLERS:
            return "controller"
        return None if self._is_free(channel, number) else self._move_refusal(at_s, channel, number, value)

    def _move_refusal(self, at_s: float, channel: int, number: int, value: int) -> str | None:
        if not self._may_send_control(at_s):
            return "controllers in a second"
        low, high = self._reach(at_s, channel, number)
        if not low <= value <= high:
            return "controller steps"
        rises = number in LEVELS and value > self._value(channel, number)
        if rises and value > self._loudest(at_s, channel, number):
            return "level rise"
        return None

    def _is_free(self, channel: int, number: int) -> bool:
        """A silent channel's first value since its last all-sound-off; a level counts on across it."""
        return (channel, number) not in self._told and all(sounding != channel for sounding, _ in self._sounding)

    def _may_send_control(self, at_s: float) -> bool:
        times = self._control_times
        while times and times[0] <= at_s - 1.0 + JUST_S:
            times.popleft()
        return len(times) < self._limits.controllers_per_s

    def _value(self, channel: int, number: int) -> int:
        return self._values.get((channel, number), DEFAULT_VALUES.get(number, 0))

    def _reach(self, at_s: float, channel: int, number: int) -> tuple[int, int]:
        """The values this controller can have now: what the last ``controller_s`` left of its steps."""
        if number in SWITCHES:
            return 0, 127
        since_s = at_s - self._limits.controller_s + JUST_S
        left = self._limits.controller_steps
        for when_s, steps in self._steps.get((channel, number), ()):
            if when_s > since_s:
                left -= steps
        left = max(left, 0)
        now = self._value(channel, number)
        return now - left, now + left

    def _loudest(self, at_s: float, channel: int, number: int) -> int:
        """The highest value of a level controller: from the softest moment of the last second."""
        aside_db = level_db(self._value(channel, EXPRESSION if number == VOLUME else VOLUME))
        now = self._value(channel, number)
        softest_db = self._softest_db(at_s, channel, level_db(now) + aside_db)
        allowed_db = softest_db + self._limits.level_rise_db - aside_db
        value = max(int(127.0 * 10.0 ** (allowed_db / 40.0) + 1e-6), SOFTEST_LEVEL)
        return max(value + self._limits.level_step, now)

    def _softest_db(self, at_s: float, channel: int, now_db: float) -> float:
        """The softest level in force within the last second, the one that it began with included."""
        history = self._levels.get(channel)
        if not history:
            return now_db
        while len(history) > 1 and history[1][0] <= at_s - 1.0 - JUST_S:
            history.popleft()
        return min(history, key=_level_of)[1]

    def _slower(self, at_s: float, data: bytes) -> bytes | None:
        channel, number, asked = data[0] & 0x0F, data[1], data[2]
        if number not in CONTROLLERS or not self._may_send_control(at_s):
            return None
        low, high = self._reach(at_s, channel, number)
        if number in LEVELS:
            high = min(high, self._loudest(at_s, channel, number))
        value = min(max(asked, low), high)
        return None if value == self._value(channel, number) else control(channel, number, value)

    def _accept_control(self, at_s: float, channel: int, number: int, value: int) -> None:
        if number in (ALL_NOTES_OFF, ALL_SOUND_OFF):
            for key in [key for key in self._sounding if key[0] == channel]:
                self._forget(key)
            self._told = {key for key in self._told if key[0] != channel or key[1] in LEVELS}
        if number not in CONTROLLERS:
            return
        free = self._is_free(channel, number)
        moved = abs(value - self._value(channel, number))
        self._values[channel, number] = value
        self._told.add((channel, number))
        if not free:
            self._count_control(at_s, channel, number, moved)
        if number in LEVELS:
            self._note_level(at_s, channel, restart=free)

    def _count_control(self, at_s: float, channel: int, number: int, moved: int) -> None:
        steps = self._steps.setdefault((channel, number), deque())
        while steps and steps[0][0] <= at_s - self._limits.controller_s:
            steps.popleft()
        steps.append((at_s, moved))
        self._control_times.append(at_s)

    def _note_level(self, at_s: float, channel: int, *, restart: bool) -> None:
        history = self._levels.setdefault(channel, deque())
        if restart:
            history.clear()
        while len(history) > 1 and history[1][0] <= at_s - 1.0 - JUST_S:
            history.popleft()
        history.append((at_s, level_db(self._value(channel, VOLUME)) + level_db(self._value(channel, EXPRESSION))))
