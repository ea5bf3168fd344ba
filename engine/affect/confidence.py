"""How far the arousal of a second can be believed: a product of named shares, each of which only falls as its input
gets worse."""

from itertools import pairwise
from math import sqrt
from operator import itemgetter

from engine.affect.estimate import Grade
from engine.affect.trust import COAST_S, FRESH_S

SIGNAL_S = 30.0
QUALITY_POINTS = ((0.5, 0.0), (0.8, 0.3), (0.95, 1.0))
"""Good share of the last ``SIGNAL_S``; more than a fifth of corrected beats leaves at most .3 (clinic practice for
HRV)."""
COVERAGE_POINTS = ((0.25, 0.0), (0.5, 0.5), (0.75, 1.0))
"""Share of the 60-s window that good beats account for."""
HALVED_POINTS = ((0.6, 0.2), (0.72, 1.0))
"""Rate as a share of the expected: near a half, a sensor misses every other beat (seen on wrists)."""
PROVISIONAL = 0.5
"""A baseline of under three clean minutes."""
GRADES = {Grade.GOOD: 1.0, Grade.PROVISIONAL: PROVISIONAL, Grade.NONE: 0.0}
HR_ONLY = 0.8
"""A strap without intervals cannot show its artefacts."""
BETA_BLOCKER = 0.6
"""Beta-blockade flattens what arousal does to the heart."""
UNSURE_DRUG_BPM = 6.0
"""The spread of the drug's effect that costs 30 %."""
NAMES = ("data age", "signal", "coverage", "halved rate", "baseline", "drug", "hr-only", "beta-blocker", "gate")

Factor = tuple[str, float]


def between(value: float, points: tuple[tuple[float, float], ...]) -> float:
    """Piecewise linear through rising ``points``, constant outside."""
    if value >= points[-1][0]:
        return points[-1][1]
    if value <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if value <= x1:
            return y0 + (y1 - y0) * (value - x0) / (x1 - x0)
    return points[-1][1]


def fresh(age_s: float) -> float:
    """1 up to 3 s, falling to 0 at 10 s."""
    return 1.0 if age_s <= FRESH_S else max(0.0, (COAST_S - age_s) / (COAST_S - FRESH_S))


def factors(
    *,
    age_s: float,
    quality: float,
    coverage: float,
    share_of_expected: float,
    grade: Grade,
    drug_sd_bpm: float,
    hr_only: bool,
    beta_blocked: bool,
    gated: bool,
) -> tuple[Factor, ...]:
    """The named shares of one second that are below 1, the strongest doubt first."""
    shares = (
        fresh(age_s),
        between(quality, QUALITY_POINTS),
        between(coverage, COVERAGE_POINTS),
        between(share_of_expected, HALVED_POINTS),
        GRADES[grade],
        1.0 / sqrt(1.0 + (drug_sd_bpm / UNSURE_DRUG_BPM) ** 2),
        HR_ONLY if hr_only else 1.0,
        BETA_BLOCKER if beta_blocked else 1.0,
        0.0 if gated else 1.0,
    )
    if min(shares) >= 1.0:
        return ()
    doubts = [factor for factor in zip(NAMES, shares, strict=True) if factor[1] < 1.0]
    doubts.sort(key=itemgetter(1))
    return tuple(doubts)


def product(shares: tuple[Factor, ...]) -> float:
    """The confidence: all shares multiplied."""
    confidence = 1.0
    for _, share in shares:
        confidence *= share
    return confidence
