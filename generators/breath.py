"""The phrase clock: the slow breath of the whole room, and the longer phrases it forms."""

from dataclasses import dataclass
from math import cos, pi
from random import Random

INHALE = 0.4
"""Share of a breath in which the music swells; 40:60 is the rhythm taught in slow breathing."""
STEEPEST_RISE_DB_PER_S = 1.6
THIN = 0.25


@dataclass(frozen=True, slots=True)
class Breath:
    """A moment of the breath. It begins at the trough: ``phase`` 0; the swell peaks at phase 0.4."""

    index: int
    """Breaths since the start."""
    phase: float
    swell: float
    """0 at the trough, 1 at the peak."""
    per_min: float
    fullness: float = 1.0
    """What this breath makes of the density: a phrase swells and ebbs over several breaths, then rests."""

    @property
    def period_s(self) -> float:
        """Length of this breath."""
        return 60.0 / self.per_min


def swell_at(phase: float) -> float:
    """The raised-cosine swell of a phase 0..1: 0 at the ends, 1 at the end of the inhale."""
    if phase < INHALE:
        return 0.5 - 0.5 * cos(pi * phase / INHALE)
    return 0.5 + 0.5 * cos(pi * (phase - INHALE) / (1.0 - INHALE))


def deepest_db(per_min: float) -> float:
    """The deepest swell whose steepest moment still rises no faster than the limit."""
    return STEEPEST_RISE_DB_PER_S * INHALE * (60.0 / per_min) * 2.0 / pi


class Breathing:
    """The breath as it runs, in seconds. Deterministic; the same draws whatever its rate."""

    def __init__(self, per_min: float, swell_db: float, random: Random) -> None:
        self.index = 0
        self.phase = 0.0
        self.per_min = per_min
        self.depth_db = min(swell_db, deepest_db(per_min))
        self._asked_depth_db = swell_db
        self._random = random
        self._phrase = self._new_phrase()
        self._place = 0

    def advance(self, seconds: float, per_min: float, *, may_deepen: bool) -> None:
        """Breathe on at this rate. The swell's depth changes only where it cannot be heard: at the peak."""
        before = self.phase
        self.per_min = per_min
        self.phase = before + seconds * per_min / 60.0
        if before < INHALE <= self.phase:
            self._settle_depth(may_deepen=may_deepen)
        if self.phase >= 1.0:
            self._next_breath()

    def now(self) -> Breath:
        """The present moment."""
        return Breath(self.index, self.phase, self.swell, self.per_min, self._phrase[self._place])

    @property
    def swell(self) -> float:
        """0 at the trough, 1 at the peak; at the trough the level lies ``depth_db`` below its peak."""
        return swell_at(self.phase)

    def _settle_depth(self, *, may_deepen: bool) -> None:
        depth_db = min(self._asked_depth_db, deepest_db(self.per_min))
        self.depth_db = depth_db if may_deepen else min(depth_db, self.depth_db)

    def _next_breath(self) -> None:
        self.phase -= int(self.phase)
        self.index += 1
        self._place += 1
        if self._place == len(self._phrase):
            self._phrase = self._new_phrase()
            self._place = 0

    def _new_phrase(self) -> tuple[float, ...]:
        """Four to seven breaths that fill and ebb, then one or two of composed rest."""
        length = self._random.randint(4, 7)
        rest = self._random.randint(1, 2)
        arch = [0.85 + 0.35 * swell_at((place + 0.5) / length) for place in range(length)]
        return (*arch, *(THIN for _ in range(rest)))
