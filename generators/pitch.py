"""Scales, and which intervals a low register can carry."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import combinations

STEPS = {
    "ionian": (0, 2, 4, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
}

LOWEST_CLEAR = {1: 52, 2: 51, 3: 48, 4: 47, 5: 45, 7: 36}
"""Interval in semitones: the lowest MIDI pitch (middle C = 60) on which it still sounds clear.

The low-interval limits of orchestration; the tritone is taken with the minor third. Wider than a fifth is free.
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """A root pitch class (0 is C) and the name of a scale in ``STEPS``."""

    root: int
    name: str

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """From the root upwards."""
        return tuple((self.root + step) % 12 for step in STEPS[self.name])

    def pitches(self, low: int, high: int) -> tuple[int, ...]:
        """Every pitch of the scale from ``low`` to ``high``, both included, rising."""
        return pitches_of(self.pitch_classes, low, high)


def pitches_of(pitch_classes: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
    """Every pitch with one of these pitch classes from ``low`` to ``high``, both included, rising."""
    return tuple(pitch for pitch in range(low, high + 1) if pitch % 12 in pitch_classes)


@cache
def is_muddy(lower: int, upper: int) -> bool:
    """True where the interval lies below its low-interval limit."""
    interval = abs(upper - lower)
    return min(lower, upper) < LOWEST_CLEAR.get(3 if interval == 6 else interval, 0)


def muddy_pairs(pitches: Iterable[int]) -> int:
    """How many pairs of these pitches break their low-interval limit."""
    return sum(is_muddy(lower, upper) for lower, upper in combinations(sorted(set(pitches)), 2))


def pedal(scale: Scale, low: int, high: int) -> tuple[int, ...]:
    """The drone's pitches in this register: root and fifth where they sound clear, else root and octave, else root."""
    roots = [pitch for pitch in range(low, high + 1) if pitch % 12 == scale.root]
    for upper in (7, 12):
        for root in roots:
            if root + upper <= high and not is_muddy(root, root + upper):
                return (root, root + upper)
    return tuple(roots[:1])
