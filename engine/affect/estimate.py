"""What the estimator says each second."""

from dataclasses import dataclass
from enum import StrEnum


class ArousalState(StrEnum):
    """Where the listener's arousal stands, with hysteresis and dwell."""

    SETTLING = "settling"
    STEADY = "steady"
    RISING = "rising"
    ELEVATED = "elevated"
    RECOVERING = "recovering"
    COASTING = "coasting"


class Grade(StrEnum):
    """How far the baseline can be trusted."""

    NONE = "none"
    PROVISIONAL = "provisional"
    GOOD = "good"


class Route(StrEnum):
    """How the drug is given."""

    NONE = "none"
    IV = "iv"
    IM = "im"
    INTRANASAL = "intranasal"
    ORAL = "oral"


class Flag(StrEnum):
    """What makes a heart rate tell less, or nothing, of arousal."""

    BETA_BLOCKER = "beta-blocker"
    ARRHYTHMIA = "arrhythmia"
    PACEMAKER = "pacemaker"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Arousal at one second, and everything a person may ask about it.

    ``arousal`` and ``confidence`` are 0..1. Rates are None until they are known. ``data_age_s`` counts from the
    arrival of the last packet that held a plausible interval; ``quality`` is the good share of the last 10 s.
    ``expected_bpm`` is baseline and drug together. ``reasons`` are words for a nurse, the weightiest first.
    ``factors`` are the named shares, 0..1, whose product is the confidence; those at 1 are left out. ``resting_bpm``
    is what is expected of this listener now without the drug, ``drug_size_bpm`` the drug's own size once it is learned.
    """

    time_s: float
    hr_bpm: float | None
    expected_bpm: float | None
    residual_bpm: float | None
    slope_bpm_per_min: float
    arousal: float
    confidence: float
    state: ArousalState
    baseline: Grade
    data_age_s: float
    quality: float
    gated: bool
    reasons: tuple[str, ...]
    factors: tuple[tuple[str, float], ...] = ()
    resting_bpm: float | None = None
    drug_size_bpm: float | None = None


def no_estimate(time_s: float) -> Estimate:
    """What is said where no heart is listened to."""
    return Estimate(
        time_s=time_s,
        hr_bpm=None,
        expected_bpm=None,
        residual_bpm=None,
        slope_bpm_per_min=0.0,
        arousal=0.0,
        confidence=0.0,
        state=ArousalState.SETTLING,
        baseline=Grade.NONE,
        data_age_s=float("inf"),
        quality=0.0,
        gated=False,
        reasons=("no heart is listened to",),
    )
