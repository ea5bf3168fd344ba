"""How well scores tell two kinds of windows apart, within people and across them, with intervals over people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Truth = NDArray[np.bool_]
RESAMPLES = 400
INTERVAL_PCT = (5.0, 95.0)
FEWEST_WINDOWS = 2
FALSE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Scored:
    """One person's windows: a score for each, and whether it was stress."""

    scores: Numbers
    stress: Truth


def auc(scores: Numbers, stress: Truth) -> float:
    """The chance that a stress window scores above another, ties counting half; nan where one kind is missing."""
    positives = int(stress.sum())
    negatives = len(stress) - positives
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[stress].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def pooled_auc(people: Sequence[Scored]) -> float:
    """The AUC of all windows together."""
    return auc(np.concatenate([p.scores for p in people]), np.concatenate([p.stress for p in people]))


def subject_aucs(people: Sequence[Scored]) -> list[float]:
    """Each person's own AUC, where they have at least two windows of each kind."""
    kept = [p for p in people if FEWEST_WINDOWS <= p.stress.sum() <= len(p.stress) - FEWEST_WINDOWS]
    return [auc(p.scores, p.stress) for p in kept]


def hits_at_5_pct(people: Sequence[Scored]) -> float:
    """The share of stress windows above the score that one in twenty of the others exceeds: the most that any threshold
    finds at so many false alarms."""
    scores, stress = np.concatenate([p.scores for p in people]), np.concatenate([p.stress for p in people])
    if stress.all() or not stress.any():
        return float("nan")
    return float((scores[stress] > np.quantile(scores[~stress], 1 - FALSE_SHARE)).mean())


def summary(people: Sequence[Scored], against: Sequence[Scored]) -> dict[str, float]:
    """The figures of one participant, with 90 % bootstrap intervals over people, and its gain over ``against``."""
    own = subject_aucs(people)
    draws = np.random.default_rng(1).integers(0, len(people), (RESAMPLES, len(people)))
    pooled = np.array([pooled_auc([people[i] for i in draw]) for draw in draws])
    other = np.array([pooled_auc([against[i] for i in draw]) for draw in draws])
    low, high = np.nanpercentile(pooled, INTERVAL_PCT)
    gain_low, gain_high = np.nanpercentile(pooled - other, INTERVAL_PCT)
    return {
        "pooled_auc": pooled_auc(people),
        "pooled_auc_low": float(low),
        "pooled_auc_high": float(high),
        "gain_auc": pooled_auc(people) - pooled_auc(against),
        "gain_auc_low": float(gain_low),
        "gain_auc_high": float(gain_high),
        "hit_share_at_5_pct_false": hits_at_5_pct(people),
        "subject_auc_mean": float(np.mean(own)) if own else float("nan"),
        "subject_auc_min": min(own, default=float("nan")),
        "subject_auc_max": max(own, default=float("nan")),
    }
