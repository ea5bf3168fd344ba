"""When nothing may be learned: a heart that may be aroused must not teach what is calm."""

from math import inf

STILL_BPM = 8.0
STILL_SLOPE_BPM_PER_MIN = 4.0
"""Above either residual or slope learning stands still: on recordings this keeps a held +8 from being learned and costs
no ranking (docs/estimator.md)."""
CALM_BPM = 5.5
CALM_S = 30
"""It learns again after this long below that residual, with no slope: well under the level, so that noise around a rise
of 8 does not let it in."""
LONGEST_STILL_S = 900
"""After fifteen minutes without a break a higher level is taken for a wrong expectation, and learned slowly."""
JUMP_BPM = 4.5
BACK_BPM = 3.0
USUAL_S = 300.0
"""Once the drug's personal size is known, a residual one and a half standard deviations of a resting level above its
usual of the last minutes is a rise, too; one standard deviation is back. The size is learned within minutes, so that a
weak responder's rise, which stays below the level above, would be taken for the drug. Not before: a strong responder's
ramp must be followed, and standing still at each jump of a noisy wrist raised false alarms from 4 to 7 %."""


class Stillness:
    """Whether upward learning stands still: on level, slope or jump, until calm has come back for half a minute.

    ``jump_bpm`` is infinite where no jump stops it, as while a drug's size is not yet known.
    """

    def __init__(self, jump_bpm: float = inf) -> None:
        self.jump_bpm = jump_bpm
        self._usual_bpm = 0.0
        self._still_s = 0
        self._calm_s = 0

    @property
    def still(self) -> bool:
        """Whether nothing may be learned upward now."""
        return 0 < self._still_s <= LONGEST_STILL_S

    def second(self, residual_bpm: float, slope_bpm_per_min: float) -> None:
        """Take one second's residual and slope."""
        above_bpm = residual_bpm - self._usual_bpm if self.jump_bpm < inf else -inf
        aroused = residual_bpm > STILL_BPM or slope_bpm_per_min > STILL_SLOPE_BPM_PER_MIN or above_bpm > self.jump_bpm
        calm = not aroused and residual_bpm < CALM_BPM and above_bpm < BACK_BPM
        self._calm_s = self._calm_s + 1 if calm else 0
        if self._calm_s >= CALM_S:
            self._still_s = 0
        elif aroused or self._still_s:
            self._still_s += 1
        if not self.still:
            self._usual_bpm += (residual_bpm - self._usual_bpm) / USUAL_S
