"""What an earlier session of the same pseudonym may tell this one: little, and only when asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prior:
    """The quiet tail of earlier sessions: resting rate in bpm, and the drug's own size where one was learned.

    Carrying a baseline across days is unsound (nothing in the recordings supports it), so it counts as one minute of
    today's data, and the drug's size is drawn half-way to it.
    """

    resting_bpm: float
    drug_bpm: float | None = None
