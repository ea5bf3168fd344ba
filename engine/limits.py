"""The limits of what may reach a synth, as numbers; ``engine.limiter`` holds them. Standard library only.

The session shapes its events with ``COMPOSER``, the guardian refuses what breaks ``OUTER``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from engine.midi import CHANNEL_PRESSURE, EXPRESSION, NOTE_OFF, PROGRAM, SYSTEM, VOLUME, kind_of

UNBOUNDED = 1_000_000
BANK = (0, 32)
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
_LENGTHS = {kind: 2 if kind in (PROGRAM, CHANNEL_PRESSURE) else 3 for kind in range(NOTE_OFF, SYSTEM, 0x10)}


def is_well_formed(data: bytes) -> bool:
    """True for one whole channel message: a status byte and as many data bytes as it asks for."""
    return bool(data) and len(data) == _LENGTHS.get(kind_of(data[0])) and data[1:].isascii()
