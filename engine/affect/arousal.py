"""The estimator: heart packets and marks in, arousal, confidence, state and reasons out, each second.

Arousal is a logistic function of the heart rate's residual: the 60-s median less what is expected of this listener
now (own baseline, settling, and the drug). It is strictly monotone in the residual; dead zones belong to the states
and to the policy. The model, its constants and their sources are told in docs/estimator.md.
"""

from math import ceil, exp, inf, isfinite
from typing import NamedTuple

from engine.affect import reasons
from engine.affect.baseline import Baseline, BaselineKeeper, scale_of
from engine.affect.confidence import SIGNAL_S, Factor, factors, product
from engine.affect.drug import DrugOffset
from engine.affect.estimate import ArousalState, Estimate, Flag, Grade, Route
from engine.affect.gates import Gates
from engine.affect.learning import Learner
from engine.affect.prior import Prior
from engine.affect.rate import HeartRate
from engine.affect.states import Coasting, States
from engine.affect.trust import COAST_S, QUALITY_S, is_good
from engine.inputs import Act
from sensors.beats import BeatStream
from sensors.heart import HeartPacket, Link, LinkState

MIDDLE_BPM = 6.0
WIDTH_BPM = 2.5
"""Arousal is .5 at a scaled residual of 6 and .2, where the policy begins to answer, at 2.5."""
LONGEST_LEAP_S = 86_400.0
"""A time further ahead than a day is none of this session."""
CLEAN_COVERAGE = 0.5
OFF = frozenset({Flag.ARRHYTHMIA, Flag.PACEMAKER})


def arousal_of(scaled_bpm: float) -> float:
    """The index 0..1 of a scaled residual."""
    return 1.0 / (1.0 + exp(-max(-600.0, (scaled_bpm - MIDDLE_BPM) / WIDTH_BPM)))


class _Second(NamedTuple):
    """What came in by one second: the data's age, its 10-s quality, and what gates it."""

    now_s: float
    age_s: float
    quality: float
    gates: tuple[str, ...]


class _Stand(NamedTuple):
    """Where one second's heart rate stands: its level, against rest alone and against all that is expected."""

    level_bpm: float
    resting_bpm: float
    expected_bpm: float
    residual_bpm: float
    scaled_bpm: float
    slope_bpm_per_min: float


class Estimator:
    """One listener's estimator. ``advance(now_s)`` promises that everything up to ``now_s`` has been told.

    It works in whole seconds of its own, so how often it is asked changes nothing. ``route`` and ``infusion_min``
    choose the drug's curve, ``flags`` what to doubt (arrhythmia or pacemaker: it stays off), ``prior`` an earlier
    session of the same pseudonym; ``calibration_s`` hands in the baseline's seconds, for labelled recordings.
    """

    def __init__(
        self,
        route: Route = Route.NONE,
        flags: frozenset[Flag] = frozenset(),
        infusion_min: float = 40.0,
        prior: Prior | None = None,
        *,
        calibration_s: tuple[float, float] | None = None,
    ) -> None:
        self._route = route
        self._beta_blocked = Flag.BETA_BLOCKER in flags
        self._off = bool(flags & OFF)
        self._stream = BeatStream()
        self._rate = HeartRate()
        self._keeper = BaselineKeeper(prior.resting_bpm if prior else None, calibration_s)
        self._drug = DrugOffset(route, infusion_min, flags, prior.drug_bpm if prior else None)
        self._gates = Gates()
        self._learner = Learner(self._keeper, self._drug)
        self._states = States()
        self._coasting = Coasting()
        self._second = 0
        self._estimate = self._unknown(_Second(0.0, inf, 0.0, ()), (reasons.of_settling(0),))

    @property
    def baseline_settled(self) -> bool:
        """Whether the baseline is accepted, or given up."""
        return self._off or self._keeper.accepted is not None or self._keeper.given_up

    def hear(self, packet: HeartPacket) -> None:
        """Take a packet, in order of arrival; one without a usable time is ignored."""
        if not self._reached(packet.arrival_s):
            return
        for beat in self._stream.hear(packet):
            self._rate.hear_beat(beat)
        if self._stream.hr_only and packet.hr_bpm > 0:
            self._rate.hear_value(packet.arrival_s, packet.hr_bpm)

    def link(self, state: LinkState) -> None:
        """Take a change of the link; any but streaming is a gap."""
        if not self._reached(state.at_s):
            return
        self._stream.link(state)
        if state.link not in (Link.STREAMING_RR, Link.STREAMING_HR_ONLY):
            self._rate.gap()

    def mark(self, act: Act, at_s: float) -> None:
        """Take a person's mark; acts that tell nothing of the listener are ignored."""
        if not self._reached(at_s):
            return
        self._gates.mark(act, at_s)
        if act is Act.DOSE:
            self._drug.dose(at_s)
        self._learner.mark(act, at_s, self._estimate.residual_bpm)

    def unmark(self, act: Act, at_s: float) -> None:
        """Take back the last mark of its kind, given at ``at_s``; what was learned in the meantime stays."""
        self._gates.unmark(act, at_s)
        if act is Act.DOSE:
            self._drug.undose(at_s)
        self._learner.unmark(act)

    def advance(self, now_s: float) -> Estimate:
        """The estimate of the last whole second up to ``now_s``; a time more than a day ahead is ignored."""
        if isfinite(now_s) and now_s <= self._second + LONGEST_LEAP_S:
            while self._second + 1 <= now_s:
                self._second += 1
                self._estimate = self._live(float(self._second))
        return self._estimate

    def _reached(self, at_s: float) -> bool:
        if not isfinite(at_s) or at_s > self._second + LONGEST_LEAP_S:
            return False
        if at_s > self._second + 1:
            self.advance(ceil(at_s) - 1.0)
        return True

    def _live(self, now_s: float) -> Estimate:
        second = _Second(
            now_s, self._stream.data_age_s(now_s), self._stream.quality(now_s, QUALITY_S), self._gates.reasons(now_s)
        )
        self._rate.second(now_s)
        self._drug.second(now_s)
        if self._off:
            return self._unknown(second, ("estimator off: irregular or paced heart flagged",))
        baseline = self._keeper.accepted or self._settle(second)
        if baseline is None:
            return self._unknown(second, self._settling_reasons(second.gates))
        if self._coasting.second(second.age_s, second.quality) or self._rate.level_bpm is None:
            return self._coast(second)
        return self._known(second, baseline, self._rate.level_bpm)

    def _settle(self, second: _Second) -> Baseline | None:
        """One more second toward the first baseline."""
        clean = self._clean(second) and not second.gates and not self._drug.acts
        self._keeper.second(second.now_s, self._rate.level_bpm, clean=clean)
        return self._keeper.accepted

    def _known(self, second: _Second, baseline: Baseline, level_bpm: float) -> Estimate:
        """Measure, doubt, conclude, and only then tell: what is learned here counts from the next second on."""
        stand = self._stand(second.now_s, baseline, level_bpm)
        shares = self._doubts(second, baseline.grade, stand)
        self._conclude(second, baseline, stand)
        return Estimate(
            time_s=second.now_s,
            hr_bpm=self._rate.display_bpm,
            expected_bpm=stand.expected_bpm,
            residual_bpm=stand.residual_bpm,
            slope_bpm_per_min=stand.slope_bpm_per_min,
            arousal=arousal_of(stand.scaled_bpm),
            confidence=product(shares),
            state=self._states.state,
            baseline=baseline.grade,
            data_age_s=second.age_s,
            quality=second.quality,
            gated=bool(second.gates),
            reasons=self._reasons(second.gates, stand, shares),
            factors=shares,
            resting_bpm=stand.resting_bpm,
            drug_size_bpm=self._drug.learned_bpm,
        )

    def _stand(self, now_s: float, baseline: Baseline, level_bpm: float) -> _Stand:
        resting_bpm = baseline.expected_bpm(now_s)
        expected_bpm = resting_bpm + self._drug.expected_bpm
        residual_bpm = level_bpm - expected_bpm
        scaled_bpm = residual_bpm / scale_of(baseline.sd_bpm, self._drug.sd_bpm)
        return _Stand(level_bpm, resting_bpm, expected_bpm, residual_bpm, scaled_bpm, self._rate.slope_bpm_per_min)

    def _doubts(self, second: _Second, grade: Grade, stand: _Stand) -> tuple[Factor, ...]:
        return factors(
            age_s=second.age_s,
            quality=self._stream.quality(second.now_s, SIGNAL_S),
            coverage=self._rate.coverage,
            share_of_expected=stand.level_bpm / max(1.0, stand.expected_bpm),
            grade=grade,
            drug_sd_bpm=self._drug.sd_bpm,
            hr_only=self._stream.hr_only,
            beta_blocked=self._beta_blocked,
            gated=bool(second.gates),
        )

    def _conclude(self, second: _Second, baseline: Baseline, stand: _Stand) -> None:
        """A gated second tells nothing; of the others the state follows each, and what is learned only clean ones."""
        if second.gates:
            self._states.pause()
            return
        self._states.second(stand.scaled_bpm, stand.slope_bpm_per_min)
        if self._clean(second):
            self._learner.second(second.now_s, baseline, stand.residual_bpm, stand.slope_bpm_per_min)

    def _reasons(self, gates: tuple[str, ...], stand: _Stand, shares: tuple[Factor, ...]) -> tuple[str, ...]:
        rate = reasons.of_rate(stand.residual_bpm, stand.slope_bpm_per_min)
        return (*gates, rate, *reasons.of_doubt(shares), *self._unmarked)

    @property
    def _unmarked(self) -> tuple[str, ...]:
        return (reasons.NO_DOSE,) if self._route is not Route.NONE and not self._drug.dosed else ()

    def _clean(self, second: _Second) -> bool:
        return is_good(second.age_s, second.quality) and self._rate.coverage >= CLEAN_COVERAGE

    def _settling_reasons(self, gates: tuple[str, ...]) -> tuple[str, ...]:
        if self._keeper.given_up:
            return (*gates, "no baseline: too few clean heartbeats")
        return (*gates, reasons.of_settling(self._keeper.clean_s))

    def _coast(self, second: _Second) -> Estimate:
        self._states.unheard()
        self._rate.gap()
        why = (reasons.of_coasting(second.age_s),)
        return self._unknown(second, why, ArousalState.COASTING, gated=bool(second.gates))

    def _unknown(
        self,
        second: _Second,
        why: tuple[str, ...],
        state: ArousalState = ArousalState.SETTLING,
        *,
        gated: bool = False,
    ) -> Estimate:
        """The estimate of a second of which no arousal is known."""
        baseline = self._keeper.accepted
        return Estimate(
            time_s=second.now_s,
            hr_bpm=self._rate.display_bpm if second.age_s <= COAST_S else None,
            expected_bpm=None,
            residual_bpm=None,
            slope_bpm_per_min=0.0,
            arousal=0.0,
            confidence=0.0,
            state=state,
            baseline=baseline.grade if baseline else Grade.NONE,
            data_age_s=second.age_s,
            quality=second.quality,
            gated=gated,
            reasons=why,
        )
