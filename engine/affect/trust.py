"""How old and how good a heart's data must be to be trusted: one home for the estimator, the policy and their words."""

FRESH_S = 3.0
"""Data age up to which nothing is lost; from here on confidence decays."""
COAST_S = 10.0
"""Data age beyond which nothing is trusted: the inputs coast."""
REST_S = 30.0
"""Data age beyond which the music goes to its rest offset."""
QUALITY_S = 10.0
GOOD_QUALITY = 0.8
"""The good share of the last ``QUALITY_S`` that counts as good."""
GOOD_S = 20
"""Good data this long, without a break, before anything is trusted again or given back."""


def is_good(age_s: float, quality: float) -> bool:
    """Whether data of this age, and of this 10-s quality, count as good."""
    return quality >= GOOD_QUALITY and age_s <= FRESH_S
