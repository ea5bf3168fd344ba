"""Reasons in words a nurse would use: first what the heart does, then what is doubted."""

from engine.affect.confidence import Factor
from engine.affect.estimate import ArousalState
from engine.affect.states import RISING_BPM_PER_MIN
from engine.affect.trust import COAST_S, GOOD_S

BACK = f"heartbeats are back, waiting for {GOOD_S} good seconds"
NO_DOSE = "no dose marked yet: no drug is expected"
SAME_BPM = 2.0
DOUBT = 0.9
_DOUBTS = {
    "data age": "no fresh heartbeats",
    "signal": "noisy signal",
    "coverage": "few heartbeats in the last minute",
    "halved rate": "heart rate near half of expected: the sensor may miss beats",
    "baseline": "short baseline",
    "drug": "the drug's own effect is still uncertain",
    "hr-only": "heart rate without single beats",
    "beta-blocker": "beta-blocker flattens the heart rate",
}


def of_rate(residual_bpm: float, slope_bpm_per_min: float) -> str:
    """Where the heart rate stands: ``heart rate 11 above expected, rising``."""
    if abs(residual_bpm) < SAME_BPM:
        where = "heart rate as expected"
    else:
        where = f"heart rate {abs(residual_bpm):.0f} {'above' if residual_bpm > 0 else 'below'} expected"
    if abs(slope_bpm_per_min) <= RISING_BPM_PER_MIN:
        return where
    return f"{where}, {'rising' if slope_bpm_per_min > 0 else 'falling'}"


def of_settling(clean_s: int) -> str:
    """What is still waited for before the first baseline."""
    minutes = clean_s // 60
    return f"finding the resting heart rate, {minutes} clean minute{'' if minutes == 1 else 's'} so far"


def of_doubt(factors: tuple[Factor, ...]) -> tuple[str, ...]:
    """What lowers the confidence, the strongest first."""
    return tuple([_DOUBTS[name] for name, share in factors if share < DOUBT and name in _DOUBTS])


def of_coasting(age_s: float) -> str:
    """Why nothing is concluded from the heart."""
    if age_s == float("inf"):
        return "no heartbeat yet"
    return f"no heartbeat for {age_s:.0f} s" if age_s > COAST_S else BACK


def words_of(state: ArousalState) -> str:
    """A state in a sentence."""
    return {ArousalState.SETTLING: "settling in", ArousalState.COASTING: "coasting"}.get(state, str(state))
