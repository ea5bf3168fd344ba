"""What is learned of this listener: from calm seconds on its own, and at once from a person's *not distressed*."""

from math import inf

from engine.affect.baseline import Baseline, BaselineKeeper
from engine.affect.drug import DrugOffset
from engine.affect.stillness import JUMP_BPM, Stillness
from engine.inputs import Act

DISTRESSED_S = 600.0
"""After a person's *distressed* nothing is learned upward for ten minutes."""


class Learner:
    """Carries baseline and drug size along: while the drug acts its size alone, else the baseline alone."""

    def __init__(self, keeper: BaselineKeeper, drug: DrugOffset) -> None:
        self._keeper = keeper
        self._drug = drug
        self._stillness = Stillness()
        self._drug_stillness = Stillness()
        self._distressed_until_s = self._distressed_before_s = -inf
        self._absorbed_bpm = (0.0, 0.0)

    def second(self, now_s: float, baseline: Baseline, residual_bpm: float, slope_bpm_per_min: float) -> None:
        """Learn from one clean, ungated second."""
        stillness = self._drug_stillness if self._drug.acts else self._stillness
        if self._drug.acts and self._drug.learned_bpm is not None:
            stillness.jump_bpm = JUMP_BPM
        stillness.second(residual_bpm, slope_bpm_per_min)
        still = stillness.still or now_s < self._distressed_until_s
        if not self._drug.acts:
            baseline.adapt(residual_bpm, still=still)
        elif not still:
            self._drug.learn(residual_bpm)

    def mark(self, act: Act, at_s: float, residual_bpm: float | None) -> None:
        """Take a person's judgement, given amid this residual; other acts teach nothing."""
        if act is Act.DISTRESSED:
            self._distressed_before_s, self._distressed_until_s = self._distressed_until_s, at_s + DISTRESSED_S
        elif act is Act.NOT_DISTRESSED:
            resting_bpm, drug_bpm = self._learned_bpm
            self._absorb(residual_bpm)
            self._absorbed_bpm = (self._learned_bpm[0] - resting_bpm, self._learned_bpm[1] - drug_bpm)

    def unmark(self, act: Act) -> None:
        """Take the last judgement of its kind back; what was learned in the meantime stays."""
        if act is Act.DISTRESSED:
            self._distressed_until_s = self._distressed_before_s
        elif act is Act.NOT_DISTRESSED:
            self._unlearn(*self._absorbed_bpm)
            self._absorbed_bpm = (0.0, 0.0)

    def _absorb(self, residual_bpm: float | None) -> None:
        """All is well: the present excess is this listener's own."""
        baseline = self._keeper.accepted
        if residual_bpm is None or baseline is None or residual_bpm <= 0:
            return
        if self._drug.acts:
            self._drug.absorb(residual_bpm)
        else:
            baseline.absorb(residual_bpm)

    @property
    def _learned_bpm(self) -> tuple[float, float]:
        """What a person's *not distressed* can move: the resting rate and the drug's size."""
        baseline = self._keeper.accepted
        return (baseline.value_bpm if baseline else 0.0), self._drug.size_bpm

    def _unlearn(self, resting_bpm: float, drug_bpm: float) -> None:
        if self._keeper.accepted is not None:
            self._keeper.accepted.value_bpm -= resting_bpm
        self._drug.size_bpm -= drug_bpm
