"""The ways a few voices can move from one chord to the next without a clash, a leap or a muddle."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import sub

from generators.pitch import Scale, is_muddy

WIDEST_GAP = 9
WIDEST_LOW_GAP = 12
CLOSE_FROM = 57
"""From this pitch up two neighbouring voices may stand a whole tone apart."""


@dataclass(frozen=True, slots=True)
class Voicing:
    """Rising pitches, the set of their pitch classes as a bit mask, and the semitones that all voices moved."""

    pitches: tuple[int, ...]
    mask: int
    moved: int


@dataclass(frozen=True, slots=True)
class Room:
    """Where voices may go: the scale, a register, and the pedal that sounds below."""

    scale: Scale
    low: int
    high: int
    pedal: tuple[int, ...]


def mask_of(pitches: Sequence[int]) -> int:
    """The set of pitch classes as a bit mask."""
    mask = 0
    for pitch in pitches:
        mask |= 1 << pitch % 12
    return mask


def moves(previous: Sequence[int], room: Room, reach: int) -> tuple[Voicing, ...]:
    """Every clean voicing with as many voices in which none moves further than ``reach`` semitones or crosses."""
    scale = room.scale.pitches(room.low, room.high)
    lowest_clear = [pitch for pitch in scale if _is_clear_of(pitch, room.pedal)]
    choices = [[pitch for pitch in lowest_clear if abs(pitch - voice) <= reach] for voice in previous]
    grown: list[tuple[int, ...]] = [()]
    for voice in choices:
        grown = [(*below, pitch) for below in grown for pitch in voice if not below or _sits_above(pitch, below)]
    return tuple(
        Voicing(pitches, mask_of(pitches), sum(map(abs, map(sub, pitches, previous))))
        for pitches in grown
        if _is_whole(pitches, room.pedal)
    )


def _sits_above(pitch: int, below: tuple[int, ...]) -> bool:
    neighbour = below[-1]
    gap = pitch - neighbour
    if gap < (2 if neighbour >= CLOSE_FROM else 3) or gap == 6:
        return False
    if gap > (WIDEST_GAP if neighbour >= CLOSE_FROM else WIDEST_LOW_GAP):
        return False
    return not any(_rubs(lower, pitch) for lower in below)


@cache
def _rubs(lower: int, upper: int) -> bool:
    """True for a minor ninth, and for an interval too close for how low it lies."""
    return upper - lower == 13 or is_muddy(lower, upper)


def _is_clear_of(pitch: int, pedal: tuple[int, ...]) -> bool:
    return all(abs(pitch - held) not in (1, 13) and not is_muddy(pitch, held) for held in pedal)


def _is_whole(pitches: tuple[int, ...], pedal: tuple[int, ...]) -> bool:
    """At least three pitch classes, and no tritone where it is heard most: outside, or over the pedal's root."""
    if (pitches[-1] - pitches[0]) % 12 == 6 or (pedal and (pitches[0] - pedal[0]) % 12 == 6):
        return False
    return mask_of(pitches).bit_count() >= 3


def is_parallel(previous: Sequence[int], following: Sequence[int]) -> bool:
    """True where the outer voices move the same way from a fifth or octave into another one."""
    before, after = previous[-1] - previous[0], following[-1] - following[0]
    low, high = following[0] - previous[0], following[-1] - previous[-1]
    return before % 12 == after % 12 and after % 12 in (0, 7) and low * high > 0
