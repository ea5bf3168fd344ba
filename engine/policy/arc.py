"""The arc: which phase the music is in, on a clock that the dose, a person or a known baseline starts."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.midi import TICK_S, TICKS_PER_SECOND
from engine.profile import Phase

EXTEND_MINUTES = 5.0
"""What *extend* adds where it names no minutes."""


def _ticks(minutes: float) -> int:
    return round(minutes * 60 * TICKS_PER_SECOND)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an arc stood, in ticks of its clock."""

    index: int
    elapsed: int
    length: int
    ran: int
    started: bool


class Arc:
    """A walk through phases. *Arrival* plays for as long as nobody starts the clock; the last phase stays on.

    Without an arrival the first phase waits for the clock in its place.
    """

    def __init__(self, phases: Sequence[Phase]) -> None:
        """``phases`` in order, at least one."""
        self._phases = tuple(phases)
        self._index = 0
        self._elapsed = 0
        self._length = _ticks(self.phase.minutes)
        self._ran = 0
        self.started = False

    @property
    def place(self) -> Place:
        """Where the arc stands, for a way back."""
        return Place(self._index, self._elapsed, self._length, self._ran, self.started)

    def go_back(self, place: Place) -> None:
        """Stand where the arc would be now had it gone on from ``place`` undisturbed."""
        since = self._ran - place.ran
        self._index, self._elapsed, self._length = place.index, place.elapsed, place.length
        self.started = place.started
        self._walk(since)

    @property
    def phase(self) -> Phase:
        """The phase in force."""
        return self._phases[self._index]

    @property
    def left_s(self) -> float | None:
        """Seconds until the phase ends: None while the clock waits, 0 once the last phase is over."""
        if not self.started:
            return None
        return max(0, self._length - self._elapsed) * TICK_S

    @property
    def arrival_ticks(self) -> int:
        """How long the profile would have its first phase last."""
        return _ticks(self._phases[0].minutes)

    @property
    def _is_last(self) -> bool:
        return self._index == len(self._phases) - 1

    def start(self) -> None:
        """Start the clock and leave arrival; nothing where it runs already."""
        if self.started:
            return
        self.started = True
        if self.phase.name == "arrival" and not self._is_last:
            self._enter(self._index + 1)

    def next_phase(self) -> None:
        """End the phase now. From arrival this starts the clock; the last phase has no next."""
        if not self.started:
            self.start()
        elif not self._is_last:
            self._enter(self._index + 1)

    def extend(self, minutes: float) -> None:
        """Make the phase longer; a last phase that was over lasts these minutes from now. Arrival has no length."""
        if self.started:
            self._length = max(self._elapsed, self._length) + _ticks(minutes)

    def advance(self, ticks: int = 1) -> None:
        """Let the clock run; what a phase leaves over goes to the next."""
        self._ran += ticks
        self._walk(ticks)

    def _walk(self, ticks: int) -> None:
        if not self.started:
            return
        self._elapsed += ticks
        while self._elapsed >= self._length and not self._is_last:
            over = self._elapsed - self._length
            self._enter(self._index + 1)
            self._elapsed = over

    def change(self, phases: Sequence[Phase]) -> None:
        """Go on in other phases: in the one of the same name, else at the same place, with the clock as it is."""
        name, extended = self.phase.name, self._length - _ticks(self.phase.minutes)
        names = [phase.name for phase in phases]
        self._phases = tuple(phases)
        self._index = names.index(name) if name in names else min(self._index, len(names) - 1)
        self._length = _ticks(self.phase.minutes) + extended

    def _enter(self, index: int) -> None:
        self._index, self._elapsed = index, 0
        self._length = _ticks(self.phase.minutes)
