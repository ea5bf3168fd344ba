"""The charts' memory: one point a second of the last minutes, one in five of the hours before, marks and phases."""

from dataclasses import dataclass, field

from engine.decision import Decision

FINE_S = 900
COARSE_S = 5
HEART_SHOWN_S = 5.0
"""A heart rate older than this is no longer drawn."""
MOST_POINTS = 20_000
MOST_MARKS = 500

Point = tuple[int, float | None, float | None, float, float]
"""Second, heart rate and expected heart rate (1/min), arousal and offset (0..1)."""
Label = tuple[float, str, int]


@dataclass(slots=True)
class History:
    """What a page that opens late is told first."""

    _points: list[Point] = field(default_factory=list)
    _marks: list[Label] = field(default_factory=list)
    _phases: list[tuple[int, str]] = field(default_factory=list)

    @property
    def latest(self) -> Point | None:
        """The last second's point."""
        return self._points[-1] if self._points else None

    def take(self, decision: Decision) -> None:
        """One second more."""
        estimate = decision.estimate
        at = point(
            decision.time_s,
            hr_bpm=estimate.hr_bpm if estimate.data_age_s <= HEART_SHOWN_S else None,
            expected_bpm=estimate.expected_bpm,
            arousal=estimate.arousal,
            offset=decision.offset,
        )
        self.add(at, decision.phase)

    def add(self, at: Point, phase: str) -> None:
        """One second's point, and the phase it lies in."""
        self._points.append(at)
        if len(self._points) > MOST_POINTS:
            self._points = [*self._thinned(), *self._points[-FINE_S:]]
        if not self._phases or self._phases[-1][1] != phase:
            self._phases.append((at[0], phase))

    def mark(self, at_s: float, label: str, seq: int = 0) -> None:
        """A person's act, or something that happened."""
        self._marks = [*self._marks[-MOST_MARKS:], (round(at_s, 1), label, seq)]

    def unmark(self, seq: int) -> None:
        """The act of that number was taken back."""
        self._marks = [mark for mark in self._marks if mark[2] != seq]

    def lines(self) -> dict[str, object]:
        """Marks and phases, as plain JSON values."""
        return {"marks": [mark[:2] for mark in self._marks], "phases": self._phases}

    def whole(self) -> dict[str, object]:
        """Everything, as plain JSON values."""
        return {"points": [*self._thinned(), *self._points[-FINE_S:]], **self.lines()}

    def _thinned(self) -> list[Point]:
        return [point for point in self._points[:-FINE_S] if point[0] % COARSE_S == 0]


def point(time_s: float, *, hr_bpm: float | None, expected_bpm: float | None, arousal: float, offset: float) -> Point:
    """A second of the charts; a rate of None leaves a gap in its line."""
    hr_bpm = None if hr_bpm is None else round(hr_bpm, 1)
    expected_bpm = None if expected_bpm is None else round(expected_bpm, 1)
    return round(time_s), hr_bpm, expected_bpm, round(arousal, 3), round(offset, 3)
