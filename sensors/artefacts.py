"""Judges each RR interval from its neighbours, at most two intervals late."""

from collections import deque
from dataclasses import dataclass
from statistics import median

from sensors.heart import TICKS_PER_SECOND, Verdict

SHORTEST_TICKS = round(0.3 * TICKS_PER_SECOND)
LONGEST_TICKS = 2 * TICKS_PER_SECOND


def plausible(rr_ticks: int) -> bool:
    """Whether a resting or running human heart can make this interval: 0.3 to 2.0 s."""
    return SHORTEST_TICKS <= rr_ticks <= LONGEST_TICKS


@dataclass(frozen=True, slots=True)
class Judged:
    """An interval's verdict; ``adjacent`` where the interval before it was good and truly the one before it."""

    rr_ticks: int
    verdict: Verdict
    adjacent: bool


class ArtefactJudge:
    """Causal judge of RR intervals: intervals in, verdicts out in the same order, at most two intervals late."""

    def __init__(self) -> None:
        self._pending: deque[int] = deque()
        self._accepted: deque[int] = deque(maxlen=11)
        self._joined = False

    def hear(self, rr_ticks: int) -> tuple[Judged, ...]:
        """Take the next interval; give the verdicts that have become certain."""
        self._pending.append(rr_ticks)
        return (self._decide(),) if len(self._pending) > 2 else ()

    def gap(self) -> tuple[Judged, ...]:
        """Beats were, or may have been, lost here: judge what is pending, and join nothing across."""
        judged = tuple(self._decide() for _ in range(len(self._pending)))
        self._joined = False
        return judged

    def _decide(self) -> Judged:
        rr_ticks = self._pending.popleft()
        verdict = self._verdict(rr_ticks)
        judged = Judged(rr_ticks, verdict, verdict is Verdict.GOOD and self._joined)
        self._joined = verdict is Verdict.GOOD
        if self._joined:
            self._accepted.append(rr_ticks)
        return judged

    def _verdict(self, rr_ticks: int) -> Verdict:
        usual = median([*self._accepted, *self._pending, rr_ticks])
        if not plausible(rr_ticks) or abs(rr_ticks - usual) > 0.2 * usual:
            return Verdict.MISSED if rr_ticks > usual else Verdict.EXTRA
        return Verdict.GOOD
