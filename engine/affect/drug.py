"""What the drug itself does to the heart rate: an expected curve for each route and one learned personal size.

Shapes and sizes are those of the project's reading of the literature (docs/estimator.md): a weak prior, because over
2,252 treatments ketamine's mean effect was +4.1/min with a large spread (10.3389/fpsyt.2021.549080).
"""

from dataclasses import dataclass
from math import exp, sqrt

from engine.affect.estimate import Flag, Route
from engine.affect.rate import LEVEL_HOLDS_S, LEVEL_SD_BPM

INFUSION_RISE_MIN = 15.0
"""Time constant of the rise during an infusion: the pulse was highest at its end (741 infusions of 40 min)."""
INFUSION_FALL_MIN = 20.0
"""Time constant after its end: ketamine's distribution half-life of about 14 min."""
SMALL_EFFECT_BPM = 1.0
"""An effect below this is no longer told from the heart's own drift: the baseline learns again."""
CAP_SD = 2.0
"""The personal size stays within this many standard deviations of the prior, so that no distress is learned away."""
LEARN_BPM_PER_MIN = 1.0
"""The fastest that what is expected moves by learning: slower than any rise that is called one, quick enough for a
strong responder's ramp."""
LEAST_SHARE = 0.2
"""Where less of the effect is there, a residual tells hardly anything of its size."""
LEAST_SD_BPM = 1.5
"""The personal size is never held surer than this: the curve's shape is a guess, too."""
BETA_BLOCKED_SHARE = 0.5
"""Beta-blockade halves the expected effect (engineering estimate)."""
CORRECTION_S = 600.0
"""A second dose mark within this time corrects the first; a later one is another dose."""
_MOST_DOSES = 8


@dataclass(frozen=True, slots=True)
class DrugPrior:
    """What is expected of a route before anything is learned: lag and peak in minutes, size and its spread in bpm."""

    lag_min: float
    peak_min: float
    sharpness: float
    mean_bpm: float
    sd_bpm: float


PRIORS = {
    Route.NONE: DrugPrior(0.0, 40.0, 1.0, 0.0, 0.0),
    Route.IV: DrugPrior(0.0, 40.0, 1.0, 4.0, 6.0),
    Route.IM: DrugPrior(3.0, 17.0, 1.5, 8.0, 8.0),
    Route.INTRANASAL: DrugPrior(5.0, 35.0, 2.5, 3.0, 5.0),
    Route.ORAL: DrugPrior(7.0, 33.0, 2.0, 3.0, 5.0),
}
"""Means from reported trials, timing of im from anaesthesia texts and of intranasal from blood pressure (peak about
40 min); spreads are engineering estimates. ``peak_min`` counts from the lag."""


def infusion_share(since_min: float, infusion_min: float) -> float:
    """The infusion's curve, 0..1, exactly 1 at its end."""
    if since_min <= 0:
        return 0.0
    if since_min <= infusion_min:
        return (1 - exp(-since_min / INFUSION_RISE_MIN)) / (1 - exp(-infusion_min / INFUSION_RISE_MIN))
    return exp(-(since_min - infusion_min) / INFUSION_FALL_MIN)


def absorption_share(since_min: float, prior: DrugPrior) -> float:
    """The curve of a dose given at once (gamma variate), 0..1, exactly 1 at lag + peak."""
    x = (since_min - prior.lag_min) / prior.peak_min
    return 0.0 if x <= 0 else (x * exp(1 - x)) ** prior.sharpness


class DrugOffset:
    """The drug's expected share of the heart rate since the dose mark, and the listener's own size of it.

    ``share`` is the curve now, 0..1 (more only after several doses). ``acts`` holds from the dose until the effect, at
    a strong responder's size, is below 1/min again. ``known_bpm`` is a size learned in an earlier session.
    """

    def __init__(
        self, route: Route, infusion_min: float, flags: frozenset[Flag], known_bpm: float | None = None
    ) -> None:
        self._route = route
        self._infusion_min = max(1.0, infusion_min)
        self._prior = PRIORS[route]
        blocked = BETA_BLOCKED_SHARE if Flag.BETA_BLOCKER in flags else 1.0
        self._mean_bpm = self._prior.mean_bpm * blocked
        self._doses_s: list[float] = []
        self._doses_before_s: list[float] = []
        self.size_bpm = self._mean_bpm if known_bpm is None else self._capped((self._mean_bpm + known_bpm) / 2)
        self._variance = self._prior.sd_bpm**2
        self.share = 0.0
        self.acts = False

    @property
    def dosed(self) -> bool:
        """Whether a dose was marked."""
        return bool(self._doses_s)

    @property
    def learned_bpm(self) -> float | None:
        """The listener's own size, once it is known twice as well as from the route alone; None before."""
        return self.size_bpm if self._variance <= self._prior.sd_bpm**2 / 4 and self._doses_s else None

    @property
    def expected_bpm(self) -> float:
        """What the drug is expected to add now."""
        return self.size_bpm * self.share

    @property
    def sd_bpm(self) -> float:
        """How uncertain that is: wide where the curve is high and little was learned."""
        return sqrt(self._variance) * self.share

    def dose(self, at_s: float) -> None:
        """Take a dose mark; one soon after another corrects it. Without a route there is no curve to start."""
        if self._route is Route.NONE:
            return
        self._doses_before_s = list(self._doses_s)
        if self._doses_s and at_s - self._doses_s[-1] < CORRECTION_S:
            self._doses_s.pop()
        self._doses_s = [*self._doses_s, at_s][-_MOST_DOSES:]

    def undose(self, at_s: float) -> None:
        """Take the last dose mark back if it was given at ``at_s``; one that it corrected counts again."""
        if self._doses_s and self._doses_s[-1] == at_s:
            self._doses_s = self._doses_before_s
            self.share, self.acts = 0.0, False

    def second(self, now_s: float) -> None:
        """Bring the curve to this second."""
        if not self._doses_s:
            return
        self.share = sum(self._share_of((now_s - dose_s) / 60) for dose_s in self._doses_s)
        rising = (now_s - self._doses_s[-1]) / 60 < self._peak_min
        self.acts = rising or (self._mean_bpm + self._prior.sd_bpm) * self.share >= SMALL_EFFECT_BPM

    def learn(self, residual_bpm: float) -> None:
        """One calm, clean second: move the personal size as a Kalman filter would, the expected rate at most 1/min."""
        noise = LEVEL_SD_BPM**2 * LEVEL_HOLDS_S
        gain = self._variance * self.share / (self.share**2 * self._variance + noise)
        step = LEARN_BPM_PER_MIN / 60 / max(LEAST_SHARE, self.share)
        self.size_bpm = self._capped(self.size_bpm + max(-step, min(step, gain * residual_bpm)))
        self._variance = max(min(self._variance, LEAST_SD_BPM**2), self._variance * (1 - gain * self.share))

    def absorb(self, residual_bpm: float) -> None:
        """A person says that all is well: the present excess is the drug's, as far as the cap allows."""
        if self.share > 0:
            self.size_bpm = self._capped(self.size_bpm + residual_bpm / max(LEAST_SHARE, self.share))

    @property
    def _peak_min(self) -> float:
        return self._infusion_min if self._route is Route.IV else self._prior.lag_min + self._prior.peak_min

    def _share_of(self, since_min: float) -> float:
        if self._route is Route.IV:
            return infusion_share(since_min, self._infusion_min)
        return absorption_share(since_min, self._prior)

    def _capped(self, size_bpm: float) -> float:
        reach = CAP_SD * self._prior.sd_bpm
        return max(self._mean_bpm - reach, min(self._mean_bpm + reach, size_bpm))
