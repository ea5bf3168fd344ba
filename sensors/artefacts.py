"""Judges each RR interval from its neighbours, at most two intervals late, and never repairs one.

A causal form of Lipponen and Tarvainen's method: thresholds follow the listener's own variability over 91 beats, and
are fixed until enough beats are in.
"""

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass

from sensors.explanations import NEAR, Neighbourhood, agree, least_unexplained, plainly_good, plausible
from sensors.heart import RR_TICKS_PER_SECOND, Verdict

__all__ = ["ArtefactJudge", "Judged", "plausible"]

TRAIL = 91
"""Beats over which the listener's own variability is known (Lipponen and Tarvainen)."""

FIXED_BEATS = 10
FIXED_DISPLACEMENT = 0.02
FIXED_DEVIATION = 0.03
"""Typical values, as shares of the interval, that count as so many beats until enough are in."""

LEVEL_BEATS = 5
"""The level is the median of so many good intervals and of the next two, where these are near."""

DISPLACED_TIMES = 5.0
DISPLACED_TICKS = 0.06 * RR_TICKS_PER_SECOND
DISPLACED_SHARE = 0.04
"""A peak is displaced beyond so many typical displacements, 60 ms and 4 % of the level."""

TOLERANCE_TIMES = 7.0
TOLERANCE_SHARE = 0.03
"""An interval strays beyond so many typical deviations and 3 % of the level."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An interval's verdict; ``adjacent`` where the interval before it was good and truly the one before it."""

    rr_ticks: int
    verdict: Verdict
    adjacent: bool


class _Typical:
    """The median of the last 91 values, begun with a few fixed ones. O(log n) to find, a short move to insert."""

    def __init__(self, fixed: float) -> None:
        self._recent = deque([fixed] * FIXED_BEATS)
        self._sorted = [fixed] * FIXED_BEATS

    def add(self, value: float) -> None:
        self._recent.append(value)
        insort(self._sorted, value)
        if len(self._recent) > TRAIL:
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]

    @property
    def value(self) -> float:
        return self._sorted[len(self._sorted) // 2]


class ArtefactJudge:
    """Causal judge of RR intervals: intervals in, verdicts out in the same order, at most two intervals late."""

    def __init__(self) -> None:
        self._pending: deque[int] = deque()
        self._apart: deque[bool] = deque()
        self._parted = False
        self._condemned: deque[Verdict] = deque()
        self._good: deque[int] = deque(maxlen=LEVEL_BEATS)
        self._last: int | None = None
        self._displacements: _Typical | None = None
        self._deviations: _Typical | None = None
        self._after_gap = False
        self._joined = False

    def hear(self, rr_ticks: int) -> tuple[Judged, ...]:
        """Take the next interval; give the verdicts that have become certain."""
        if self._after_gap:
            self._after_gap = False
            return (Judged(rr_ticks, Verdict.GAP, False),)
        self._pending.append(rr_ticks)
        self._apart.append(self._parted)
        self._parted = False
        return (self._decide(),) if len(self._pending) > 2 else ()

    def gap(self) -> tuple[Judged, ...]:
        """Beats were lost here: judge what is pending; the next interval spans the gap, and nothing joins across it."""
        judged = tuple(self._decide() for _ in range(len(self._pending)))
        self._condemned.clear()
        self._good.clear()
        self._last = None
        self._after_gap = True
        self._joined = False
        return judged

    def part(self) -> None:
        """A beat may have been lost before the next interval: judge on, but don't difference across here."""
        self._parted = True

    def _decide(self) -> Judged:
        rr, apart = self._pending.popleft(), self._apart.popleft()
        following = self._pending[0] if self._pending else None
        third = self._pending[1] if len(self._pending) > 1 else None
        here = self._neighbourhood(rr, following, third)
        verdict = self._condemned.popleft() if self._condemned else self._verdict(here, rr, following, third)
        good = verdict is Verdict.GOOD
        judged = Judged(rr, verdict, good and self._joined and not apart)
        self._joined = good
        if good:
            self._learn(here, rr, following, third)
        return judged

    def _neighbourhood(self, rr: int, following: int | None, third: int | None) -> Neighbourhood:
        ahead = [each for each in (following, third) if each is not None]
        good = self._good
        rough = _median(list(good)) if len(good) > 2 else _median([*good, rr, *ahead])
        level = _median([*good, *(a for a in ahead if abs(a - rough) < NEAR * rough)]) if good else rough
        if self._displacements is None or self._deviations is None:
            self._displacements = _Typical(FIXED_DISPLACEMENT * level)
            self._deviations = _Typical(FIXED_DEVIATION * level)
        return Neighbourhood(
            level,
            level if self._last is None else self._last,
            max(TOLERANCE_TIMES * self._deviations.value, TOLERANCE_SHARE * level, 1.0),
            max(DISPLACED_TIMES * self._displacements.value, DISPLACED_TICKS, DISPLACED_SHARE * level),
        )

    def _verdict(self, here: Neighbourhood, rr: int, following: int | None, third: int | None) -> Verdict:
        if plainly_good(here, rr, following, third):
            return Verdict.GOOD
        verdict, length = least_unexplained(here, rr, following, third)
        if length != 2 and verdict is not Verdict.GOOD and agree(here, rr, following, third):
            self._good.clear()
            return Verdict.GOOD
        self._condemned.extend([verdict] * (length - 1))
        return verdict

    def _learn(self, here: Neighbourhood, rr: int, following: int | None, third: int | None) -> None:
        assert self._displacements is not None
        assert self._deviations is not None
        if self._last is not None and following is not None and here.near(following) and here.near(third):
            self._displacements.add(abs(here.displacement(here.last, rr, following, third)))
        self._deviations.add(abs(rr - here.level))
        self._good.append(rr)
        self._last = rr


def _median(values: list[int]) -> float:
    values.sort()
    return (values[len(values) // 2] + values[(len(values) - 1) // 2]) / 2
