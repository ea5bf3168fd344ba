"""The tempo as it is heard: from onsets alone, knowing only that they fall on half beats and a little late."""

from collections.abc import Sequence
from math import cos, hypot, pi, sin

SLOWEST_BPM, FASTEST_BPM = 34.0, 72.0
SPAN_S = 40.0
FEWEST_ONSETS = 10
TOGETHER_S = 0.3
DRIFTS = (-0.005, -0.0025, 0.0, 0.0015)
"""Relative change of tempo a second that is looked for: the music slows faster than it recovers."""


def attacks(onsets_s: Sequence[float]) -> list[float]:
    """The first of each group of onsets: a rolled chord or a late neighbour is no beat of its own."""
    firsts: list[float] = []
    for onset_s in onsets_s:
        if not firsts or onset_s - firsts[-1] > TOGETHER_S:
            firsts.append(onset_s)
    return firsts


def tempo_bpm(onsets_s: Sequence[float], middle_s: float, *, near_bpm: float | None = None) -> float | None:
    """Tempo at ``middle_s`` from rising onsets around it, 34 to 72 bpm; None where there are too few.

    The half-beat grid, with a slow drift, on which the onsets agree best (largest mean resultant). ``near_bpm``
    confines the search to a fifth either side.
    """
    around = [at - middle_s for at in attacks(onsets_s) if abs(at - middle_s) <= SPAN_S / 2]
    if len(around) < FEWEST_ONSETS:
        return None
    low, high = (SLOWEST_BPM, FASTEST_BPM) if near_bpm is None else (0.8 * near_bpm, 1.2 * near_bpm)
    best = max(_grid(low, high, 0.5), key=lambda bpm: max(_agreement(around, bpm, drift) for drift in DRIFTS))
    return max(
        _grid(best - 0.5, best + 0.5, 0.1), key=lambda bpm: max(_agreement(around, bpm, drift) for drift in DRIFTS)
    )


def _grid(low: float, high: float, step: float) -> list[float]:
    return [low + step * place for place in range(round((high - low) / step) + 1)]


def _agreement(times_s: Sequence[float], bpm: float, drift: float) -> float:
    """Length of the mean of the onsets' phases on the half-beat grid, 0..1."""
    turn = 2.0 * pi * 2.0 * bpm / 60.0
    phases = [turn * (at + 0.5 * drift * at * at) for at in times_s]
    return hypot(sum(map(cos, phases)), sum(map(sin, phases))) / len(phases)
