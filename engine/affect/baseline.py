"""The listener's own resting heart rate: gathered, graded, and slowly carried along without learning arousal."""

from collections import deque
from math import exp, sqrt
from statistics import fmean, median

from engine.affect.estimate import Grade
from engine.affect.rate import LEVEL_HOLDS_S, LEVEL_SD_BPM

SKIP_S = 30
"""Seconds after the first heart rate that no baseline uses: the hand still adjusts the strap."""
GATHER_S = 300
"""A baseline is gathered for at least five reclined minutes; its value is the median of the last five."""
GOOD_S = 180
"""Clean seconds that a good baseline holds."""
PROVISIONAL_S = 60
"""Clean seconds without which there is none."""
TREND_S = 180
FLAT_BPM_PER_MIN = 1.0
"""A trend over the last three minutes beyond this is still settling."""
PATIENCE_S = 600
"""After ten minutes the baseline is what was gathered, provisional; with nothing gathered it is given up."""
PROMOTE_S = 300
"""Calm, clean seconds that make a provisional baseline good."""
MAD_TO_SD = 1.4826
MOST_SD_BPM = 8.0
KNOWN_S = 900.0
"""More calm than this makes a baseline no surer: what it has learned is forgotten within twice ``UP_S``."""
SETTLING_BPM = 3.0
SETTLING_S = 420.0
"""People go on settling after a short baseline: a prior of 3/min with a time constant of 7 min (heart rate still fell
over 15 min of rest, Sharpley); shrinks as the gathering grows beyond five minutes."""
DOWN_S = 480.0
UP_S = 480.0
"""Time constants of the slow adaptation, towards lower and higher rates."""
DOWN_CLIP_BPM = 1.5
UP_CLIP_BPM = 8.0
"""The largest residual that counts: a halved rate must not drag the baseline down, nor a rise up."""
_UNSURE = LEVEL_SD_BPM**2 * LEVEL_HOLDS_S
PRIOR_S = 60.0
"""An earlier session's resting rate counts as much as one minute of today's."""
PRIOR_REACH_BPM = 8.0


class Gathering:
    """The clean seconds before a baseline is accepted."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=GATHER_S)
        self.clean_s = 0

    def add(self, level_bpm: float) -> None:
        """Take one clean second."""
        self._recent.append(level_bpm)
        self.clean_s += 1

    @property
    def grade(self) -> Grade:
        """What a baseline accepted now would be worth."""
        if self.clean_s < PROVISIONAL_S:
            return Grade.NONE
        return Grade.GOOD if self.clean_s >= GOOD_S else Grade.PROVISIONAL

    @property
    def flat(self) -> bool:
        """Whether the last three minutes show no trend."""
        return self.clean_s >= TREND_S and abs(trend_per_min(list(self._recent)[-TREND_S:])) < FLAT_BPM_PER_MIN

    @property
    def value_bpm(self) -> float:
        """The median of the last five minutes."""
        return median(self._recent)

    @property
    def spread_bpm(self) -> float:
        """Its robust spread, at most 8."""
        middle = self.value_bpm
        return min(MOST_SD_BPM, MAD_TO_SD * median(abs(level - middle) for level in self._recent))


def trend_per_min(levels: list[float]) -> float:
    """The least-squares slope of one value a second, in units a minute."""
    centre = (len(levels) - 1) / 2
    mean = fmean(levels)
    spread = sum((i - centre) ** 2 for i in range(len(levels)))
    return 60 * sum((i - centre) * (level - mean) for i, level in enumerate(levels)) / spread if spread else 0.0


class Baseline:
    """An accepted baseline: what is expected at rest now, and its slow, two-sided adaptation."""

    def __init__(self, value_bpm: float, spread_bpm: float, grade: Grade, gathered_s: float, at_s: float) -> None:
        self.value_bpm = value_bpm
        self.grade = grade
        self._spread_bpm = spread_bpm
        self._gathered_s = gathered_s
        self._at_s = at_s
        self._settling_bpm = SETTLING_BPM * exp(-max(0.0, gathered_s - GATHER_S) / SETTLING_S)
        self._calm_s = 0

    @property
    def sd_bpm(self) -> float:
        """How uneven this heart is at rest, and how far the value itself may be off: the less calm was seen, the more.

        A resting level stays on one side of its mean for a while, so few minutes hold few independent looks.
        """
        known_s = min(KNOWN_S, max(LEVEL_HOLDS_S, self._gathered_s + self._calm_s))
        return sqrt(self._spread_bpm * self._spread_bpm + _UNSURE / known_s)

    def expected_bpm(self, now_s: float) -> float:
        """The resting rate expected now: the baseline, less what settling is still to bring."""
        return self.value_bpm - self._settling_bpm * (1 - exp(-(now_s - self._at_s) / SETTLING_S))

    def adapt(self, residual_bpm: float, *, still: bool) -> None:
        """One clean, ungated second without drug: follow slowly, downwards always, upwards unless it is ``still``."""
        if residual_bpm < 0:
            self.value_bpm += max(residual_bpm, -DOWN_CLIP_BPM) / DOWN_S
        elif not still:
            self.value_bpm += min(residual_bpm, UP_CLIP_BPM) / UP_S
        if not still:
            self._promote()

    def absorb(self, residual_bpm: float) -> None:
        """A person says that all is well: the present excess is this listener's rest."""
        self.value_bpm += max(0.0, min(residual_bpm, UP_CLIP_BPM))

    def _promote(self) -> None:
        self._calm_s += 1
        if self.grade is Grade.PROVISIONAL and self._calm_s >= PROMOTE_S:
            self.grade = Grade.GOOD


class BaselineKeeper:
    """Gathers a baseline, accepts or gives it up, and keeps it.

    ``calibration_s`` hands in the seconds ``(from, to)`` that are the baseline, for recordings with labels: it is taken
    however short, at the grade it earns. Otherwise five reclined minutes without a trend make it, and ten minutes or
    ``conclude`` end the wait.
    """

    def __init__(self, prior_bpm: float | None = None, calibration_s: tuple[float, float] | None = None) -> None:
        self.accepted: Baseline | None = None
        self.given_up = False
        self._prior_bpm = prior_bpm
        self._calibration_s = calibration_s
        self._gathering = Gathering()
        self._heard_s = 0
        self._since_s: float | None = None

    def second(self, now_s: float, level_bpm: float | None, *, clean: bool) -> None:
        """Take one second before acceptance."""
        if self._calibration_s is not None:
            self._second_as_told(now_s, level_bpm, self._calibration_s)
            return
        self._heard_s += level_bpm is not None
        if level_bpm is not None and clean and self._heard_s > SKIP_S:
            self._since_s = now_s if self._since_s is None else self._since_s
            self._gathering.add(level_bpm)
        if self._ready(now_s):
            self._accept(now_s, self._gathering.grade)
        elif now_s - (self._since_s or 0.0) >= PATIENCE_S:
            self.conclude(now_s)

    def conclude(self, now_s: float) -> None:
        """Wait no longer: accept what there is, at most as provisional, or give up until there is enough."""
        if self._gathering.grade is Grade.NONE:
            self.given_up = True
        else:
            self._accept(now_s, Grade.PROVISIONAL)

    @property
    def clean_s(self) -> int:
        """Clean seconds gathered so far."""
        return self._gathering.clean_s

    def _ready(self, now_s: float) -> bool:
        waited = self._since_s is not None and now_s - self._since_s >= GATHER_S
        return waited and int(now_s) % 10 == 0 and self._gathering.flat

    def _second_as_told(self, now_s: float, level_bpm: float | None, calibration_s: tuple[float, float]) -> None:
        from_s, to_s = calibration_s
        if level_bpm is not None and from_s <= now_s <= to_s:
            self._heard_s += 1
            if self._heard_s > SKIP_S:
                self._gathering.add(level_bpm)
        if now_s >= to_s and self._gathering.clean_s:
            self._accept(now_s, self._gathering.grade)

    def _accept(self, now_s: float, grade: Grade) -> None:
        gathered = self._gathering
        value_bpm = gathered.value_bpm
        if self._prior_bpm is not None:
            weight = PRIOR_S / (PRIOR_S + gathered.clean_s)
            value_bpm += weight * max(-PRIOR_REACH_BPM, min(PRIOR_REACH_BPM, self._prior_bpm - value_bpm))
        self.accepted = Baseline(value_bpm, gathered.spread_bpm, grade, gathered.clean_s, now_s)


def scale_of(rest_sd_bpm: float, drug_sd_bpm: float) -> float:
    """How much a residual is divided by where rest or drug are uneven: 1 where neither is; a quarter of both counts."""
    return sqrt(1 + (rest_sd_bpm * rest_sd_bpm + drug_sd_bpm * drug_sd_bpm) / 16)
