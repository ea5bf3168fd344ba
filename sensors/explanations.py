"""What can explain three RR intervals in a row, and which explanation leaves the least unexplained.

The kinds are those of Lipponen and Tarvainen (J. Med. Eng. Technol. 43(3), 2019). A misplaced or early beat moves one
peak: it shortens one interval by what it adds to the next. That displacement, against what the neighbours lead one to
expect, tells it from breathing far better than the intervals' own levels do.
"""

from dataclasses import dataclass

from sensors.heart import RR_TICKS_PER_SECOND, Verdict

SHORTEST_TICKS = 0.3 * RR_TICKS_PER_SECOND
LONGEST_TICKS = 2.0 * RR_TICKS_PER_SECOND

NEAR = 0.2
NEAR_LAST = 0.15
"""An interval this near the level, or this near the last good one, can be believed where others are judged by it."""

EARLY_SHARE = 0.2
"""A peak that came earlier by more than this share was a beat of its own, ectopic; by less, one badly timed."""

PAIR_TOLERANCES = 1.6
PAIR_SHARE = 0.12
"""A displaced peak leaves its two intervals' sum as it was, within so many tolerances or this share of the level."""

LONE_TOLERANCES = 3.0
LONE_SHARE = 0.25
"""An interval that nothing else explains is still no good beyond so many tolerances, or beyond this share."""

MOST_TOLERANCES = 4.0
"""No single misfit counts for more than this."""

AGREEING_SHARE = 0.15
"""Three intervals this near each other are a new level, however far from the old one."""

MISSED_FROM = 1.45
MISSED_SHARE = 0.22
"""An interval this long holds a missed beat if its half or third is this near the level."""

EXTRA_BELOW = 0.85
EXTRA_OF_THREE_BELOW = 0.7
EXTRA_SHARE = 0.15
"""Intervals this short are parts of one that a false beat cut, if their sum is this near the level."""


def plausible(rr_ticks: int) -> bool:
    """Whether a heart at rest or at work makes this interval: 0.3 to 2.0 s."""
    return SHORTEST_TICKS <= rr_ticks <= LONGEST_TICKS


@dataclass(slots=True)
class Neighbourhood:
    """What is usual here, in ticks: the local level, the last good interval, how far intervals and peaks may stray."""

    level: float
    last: float
    tolerance: float
    displaced: float

    def near(self, rr: float | None) -> bool:
        """Whether an interval can be believed where others are judged by it."""
        if rr is None:
            return False
        return abs(rr - self.level) < NEAR * self.level or abs(rr - self.last) < NEAR_LAST * self.last

    def after(self, following: float | None) -> float:
        """The interval to lead up to: the one that follows, where it can be believed."""
        return following if following is not None and self.near(following) else self.level

    def unexplained(self, misfit: float) -> float:
        """A misfit in units of the tolerance, held down so that one wild interval does not drown the others."""
        return min(abs(misfit) / self.tolerance, MOST_TOLERANCES)

    def deviation(self, rr: float | None) -> float:
        """What stays unexplained if the interval is as it should be."""
        return 0.0 if rr is None else self.unexplained(rr - self.level)

    def strays(self, rr: float) -> bool:
        """Whether an interval lies too far out to be good, by its own length alone."""
        return abs(rr - self.level) > min(LONE_TOLERANCES * self.tolerance, LONE_SHARE * self.level)

    def displacement(self, last: float, first: float, second: float, following: float | None) -> float:
        """How far the peak between two intervals lies from the straight line through their neighbours."""
        return (first - second) / 2 - (last - self.after(following)) / 6

    def pair_misfit(self, last: float, first: float, second: float, following: float | None) -> float:
        """How far two intervals' sum strays: a displaced peak leaves it as it was."""
        misfit = abs(first + second - 2 * self.level)
        trend = last + following if following is not None and self.near(following) else 2 * self.level
        return min(misfit, abs(first + second - trend))

    def displaced_pair(self, last: float, first: float, second: float | None, following: float | None) -> float | None:
        """What stays unexplained if the peak between the two was displaced; None where it was not."""
        if second is None or abs(self.displacement(last, first, second, following)) <= self.displaced:
            return None
        if not self._opposite(last, first, second, following):
            return None
        misfit = self.pair_misfit(last, first, second, following)
        allowed = max(PAIR_TOLERANCES * self.tolerance, PAIR_SHARE * self.level)
        return self.unexplained(misfit) if misfit <= allowed else None

    def _opposite(self, last: float, first: float, second: float, following: float | None) -> bool:
        before = after = self.level
        if following is not None and self.near(following):
            before, after = (2 * last + following) / 3, (last + 2 * following) / 3
        return (first - before) * (second - after) < 0

    def split_pair(self, first: float, second: float | None) -> float | None:
        """What stays unexplained if a false beat cut one interval in two; None where it did not.

        Beside a part that is too short for any heart the other may be of nearly usual length.
        """
        if second is None or (max(first, second) >= EXTRA_BELOW * self.level and min(first, second) >= SHORTEST_TICKS):
            return None
        return self._split(first + second)

    def split_three(self, first: float, second: float | None, third: float | None) -> float | None:
        """The same with two false beats."""
        below = EXTRA_OF_THREE_BELOW * self.level
        if second is None or third is None or first >= below or second >= below:
            return None
        return self._split(first + second + third)

    def _split(self, total: float) -> float | None:
        misfit = abs(total - self.level)
        return self.unexplained(misfit) if misfit < max(EXTRA_SHARE * self.level, self.tolerance) else None

    def joined(self, rr: float | None) -> float | None:
        """What stays unexplained if one or two beats were missed inside an interval; None where none was."""
        if rr is None or rr <= MISSED_FROM * self.level:
            return None
        misfit = min(abs(rr / 2 - self.level), abs(rr / 3 - self.level))
        return self.unexplained(misfit) if misfit < MISSED_SHARE * self.level else None


def plainly_good(here: Neighbourhood, rr: int, following: int | None, third: int | None) -> bool:
    """The short way for nearly every beat: no other explanation could hold."""
    return (
        following is not None
        and EXTRA_BELOW * here.level <= rr <= MISSED_FROM * here.level
        and not here.strays(rr)
        and plausible(rr)
        and abs(here.displacement(here.last, rr, following, third)) <= here.displaced
    )


def least_unexplained(here: Neighbourhood, rr: int, following: int | None, third: int | None) -> tuple[Verdict, int]:
    """The explanation that leaves the least unexplained in these three intervals, and how many it condemns."""
    after_this = _rest_unexplained(here, rr, following, third)
    explanations = [
        (here.deviation(rr) + after_this, 0, _alone(here, rr), 1),
        *_split_or_displaced(here, rr, following, third),
    ]
    joined = here.joined(rr)
    if joined is not None:
        explanations.append((joined + after_this, 4, Verdict.MISSED, 1))
    _, _, verdict, length = min(explanations)
    return verdict, length


def _split_or_displaced(
    here: Neighbourhood, rr: int, following: int | None, third: int | None
) -> list[tuple[float, int, Verdict, int]]:
    found = []
    displaced = here.displaced_pair(here.last, rr, following, third)
    if displaced is not None and following is not None:
        size = here.displacement(here.last, rr, following, third)
        kind = Verdict.ECTOPIC if size < -EARLY_SHARE * here.level else Verdict.JITTER
        found.append((displaced + here.deviation(third), 1, kind, 2))
    split = here.split_pair(rr, following)
    if split is not None:
        found.append((split + here.deviation(third), 2, Verdict.EXTRA, 2))
    split = here.split_three(rr, following, third)
    if split is not None:
        found.append((split, 3, Verdict.EXTRA, 3))
    return found


def _rest_unexplained(here: Neighbourhood, rr: int, following: int | None, third: int | None) -> float:
    """What the best explanation of the next two intervals leaves, if this one is as it should be."""
    if following is None:
        return 0.0
    alone = here.deviation(third)
    pairs = (here.displaced_pair(rr, following, third, None), here.split_pair(following, third))
    found = [here.deviation(following) + alone, *(pair for pair in pairs if pair is not None)]
    joined_next, joined_third = here.joined(following), here.joined(third)
    if joined_next is not None:
        found.append(joined_next + alone)
    if joined_third is not None:
        found.append(here.deviation(following) + joined_third)
    return min(found)


def _alone(here: Neighbourhood, rr: int) -> Verdict:
    """What an interval is if only its own length speaks: good, unless it lies far out."""
    if plausible(rr) and not here.strays(rr):
        return Verdict.GOOD
    if rr > max(here.level, LONGEST_TICKS):
        return Verdict.MISSED
    return Verdict.EXTRA if rr < SHORTEST_TICKS else Verdict.ECTOPIC


def agree(here: Neighbourhood, rr: int, following: int | None, third: int | None) -> bool:
    """Whether this interval and the next two are one new level: a heart may jump, but then it stays a while."""
    if following is None or third is None or not plausible(rr):
        return False
    middle = sorted((rr, following, third))[1]
    allowed = max(here.tolerance, AGREEING_SHARE * middle)
    return all(abs(each - middle) < allowed for each in (rr, following, third))
