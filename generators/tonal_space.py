"""The Tonal Interval Space: pitch-class content as a point whose distances follow what listeners hear.

Bernardes et al., "A multi-level tonal interval space" (J. New Music Research 45, 2016), with its weights for
symbolic music. Sums of products only, so that the same chord gives the same number on every machine.
"""

from cmath import exp, pi
from collections.abc import Sequence
from math import sqrt

WEIGHTS = (2.0, 11.0, 17.0, 16.0, 19.0, 7.0)
FURTHEST = sqrt(sum(weight * weight for weight in WEIGHTS))
"""The length of a single pitch class, the most consonant content: 32.863."""

Vector = tuple[complex, ...]

_TURNS = tuple(
    tuple(weight * exp(-2j * pi * order * pitch_class / 12) for order, weight in enumerate(WEIGHTS, start=1))
    for pitch_class in range(12)
)


def vector(chroma: Sequence[float]) -> Vector:
    """The point of twelve pitch-class weights; the origin where all are zero."""
    total = sum(chroma)
    if total == 0:
        return (0j,) * len(WEIGHTS)
    sums = [0j] * len(WEIGHTS)
    for weight, turns in zip(chroma, _TURNS, strict=True):
        if weight:
            share = weight / total
            sums = [done + share * turn for done, turn in zip(sums, turns, strict=True)]
    return tuple(sums)


def of_pitch_classes(pitch_classes: Sequence[int]) -> Vector:
    """The point of a set of pitch classes, each with equal weight."""
    return vector([1.0 if pitch_class in pitch_classes else 0.0 for pitch_class in range(12)])


def distance(one: Vector, other: Vector) -> float:
    """Euclidean distance: how far apart two contents sound."""
    return sqrt(sum(abs(a - b) ** 2 for a, b in zip(one, other, strict=True)))


def dissonance(point: Vector) -> float:
    """0 for a single pitch class, towards 1 for a cluster; compare only chords of as many notes."""
    return 1.0 - sqrt(sum(abs(part) ** 2 for part in point)) / FURTHEST
