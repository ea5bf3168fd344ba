"""What the measures of an hour must be for calm music; why each: docs/tuning.md."""

from collections.abc import Mapping
from math import inf

GATES: dict[str, tuple[float, float]] = {
    "in_scale_share": (0.99, 1.0),
    "tonal_step_per_s": (0.0, 3.0),
    "velocity_jump_p95": (0.0, 8.0),
    "velocity_max": (1.0, 72.0),
    "low_interval_violations": (0.0, 0.0),
    "parallels_per_100_moves": (0.0, 2.0),
    "voice_move_semitones": (0.0, 3.0),
    "envelope_peak_per_min": (5.0, 6.7),
    "density_variation": (0.25, 0.9),
    "near_duplicate_share": (0.0, 0.03),
    "tempo_error_p95": (0.0, 0.05),
    "stuck_notes": (0.0, 0.0),
}
"""The least and the most of a measure of ``generators.judge``, both allowed."""


def beyond(measures: Mapping[str, float]) -> dict[str, float]:
    """The measures that lie outside their gate; one that is not there is not judged."""
    return {name: measures[name] for name in GATES if name in measures and not is_within(name, measures[name])}


def is_within(name: str, value: float) -> bool:
    """True where a measure lies within its gate, or has none."""
    least, most = GATES.get(name, (-inf, inf))
    return least <= value <= most
