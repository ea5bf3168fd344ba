"""What can happen to a simulated listener, as data: rises of the heart rate, faults of the strap, marks of a person.

Times count in seconds from the story's start. A happening with ``every_s`` comes back for ever.
"""

import math
from dataclasses import dataclass
from enum import StrEnum


def time_into(at_s: float, start_s: float, every_s: float | None) -> float:
    """Seconds since the happening (last) began; negative before its first time."""
    since_s = at_s - start_s
    return since_s % every_s if every_s and since_s > 0 else since_s


@dataclass(frozen=True, slots=True)
class Rise:
    """The heart goes up by ``height_bpm`` within ``ramp_s``, stays for ``hold_s`` and comes back within ``fall_s``.

    ``soothable`` is the rise that a listener's heart may give up when calm music is heard: fear is, a walk is not.
    """

    start_s: float
    height_bpm: float
    ramp_s: float
    hold_s: float
    fall_s: float
    every_s: float | None = None
    soothable: bool = True

    def bpm_at(self, at_s: float) -> float:
        """How much faster the heart beats at ``at_s`` for this rise alone, before any calming."""
        since_s = time_into(at_s, self.start_s, self.every_s)
        if since_s <= 0:
            return 0.0
        if since_s < self.ramp_s:
            return self.height_bpm * since_s / self.ramp_s
        left_s = self.ramp_s + self.hold_s + self.fall_s - since_s
        if left_s <= 0:
            return 0.0
        return self.height_bpm * min(1.0, left_s / self.fall_s)


@dataclass(frozen=True, slots=True)
class GammaCurve:
    """A dose that is taken up and cleared: nothing before ``lag_min``, 1 at ``lag_min + peak_min``."""

    lag_min: float
    peak_min: float
    steepness: float

    def share_at(self, minutes: float) -> float:
        """Share of the full effect, 0..1, at ``minutes`` after the dose."""
        x = (minutes - self.lag_min) / self.peak_min
        return x**self.steepness * math.exp(self.steepness * (1.0 - x)) if x > 0 else 0.0


@dataclass(frozen=True, slots=True)
class InfusionCurve:
    """A steady infusion: saturating while it runs, falling away after it. Time constants in minutes."""

    infusion_min: float = 40.0
    rising_min: float = 15.0
    falling_min: float = 20.0

    def share_at(self, minutes: float) -> float:
        """Share of the full effect, 0..1, at ``minutes`` after the infusion began."""
        if minutes <= 0:
            return 0.0
        if minutes > self.infusion_min:
            return math.exp(-(minutes - self.infusion_min) / self.falling_min)
        return math.expm1(-minutes / self.rising_min) / math.expm1(-self.infusion_min / self.rising_min)


DRUG_CURVES: dict[str, GammaCurve | InfusionCurve] = {
    "iv": InfusionCurve(),
    "im": GammaCurve(lag_min=3, peak_min=17, steepness=1.5),
    "intranasal": GammaCurve(lag_min=5, peak_min=35, steepness=2.5),
    "oral": GammaCurve(lag_min=7, peak_min=33, steepness=2.0),
}
"""Ketamine's own effect on heart rate by route: peaks at 40, 20, 40 and 40 minutes after the dose (timing after
Vankawala 2021 for iv, Miller's Anesthesia for im, Doherty 2020 for intranasal; the shapes between are modelled)."""


@dataclass(frozen=True, slots=True)
class DrugRise:
    """The drug itself raises the heart rate by ``height_bpm`` at its peak, along the curve of its route."""

    start_s: float
    height_bpm: float
    route: str
    every_s: None = None
    soothable: bool = False

    def bpm_at(self, at_s: float) -> float:
        """How much faster the heart beats at ``at_s`` for the drug alone."""
        return self.height_bpm * DRUG_CURVES[self.route].share_at((at_s - self.start_s) / 60.0)


class FaultKind(StrEnum):
    """What a strap can do wrong, the gravest first."""

    LOST = "lost"
    STALLED = "stalled"
    NO_CONTACT = "no-contact"
    OFF_BODY = "off-body"
    HR_ONLY = "hr-only"
    LATE = "late"
    MOTION = "motion"


@dataclass(frozen=True, slots=True)
class Fault:
    """The strap fails in one way for ``length_s``."""

    kind: FaultKind
    start_s: float
    length_s: float
    every_s: float | None = None

    def active_at(self, at_s: float) -> bool:
        """Whether it lasts at ``at_s``."""
        return 0 <= time_into(at_s, self.start_s, self.every_s) < self.length_s


@dataclass(frozen=True, slots=True)
class SuggestedMark:
    """A mark that a person in the room would make: ``act`` is its word on the command line (dose, cuff, talk ...)."""

    start_s: float
    act: str
    every_s: float | None = None


Happening = Rise | DrugRise | Fault | SuggestedMark
