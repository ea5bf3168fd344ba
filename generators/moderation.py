"""The last look at what the layers want to start together: not too many, not too close, nothing sudden."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from generators.score import Note

MOST_PER_SECOND = 6
MOST_TOGETHER = 3
TOGETHER_S = 0.05
APART_S = 0.06
MOST_SOUNDING = 12
MOST_VELOCITY_SUM = 600
VELOCITY_STEP = 8
LOUDEST = 72
LONGEST_S = 60.0
SAFETY_S = 0.01


class Moderation:
    """Lets a note pass, makes it a little later or nearer in velocity, or leaves it out."""

    def __init__(self) -> None:
        self._onsets: deque[float] = deque()
        self._sounding: list[tuple[float, str, int, int]] = []
        self._velocity: dict[str, int] = {}

    def forget(self) -> None:
        """Nothing sounds any more."""
        self._sounding.clear()

    def admit(self, notes: Iterable[Note], at_s: float) -> tuple[Note, ...]:
        """Those of a half beat's notes that may start, the most important first; ``at_s`` is the half beat's time."""
        while self._onsets and self._onsets[0] < at_s - 2.0:
            self._onsets.popleft()
        self._sounding = [held for held in self._sounding if held[0] > at_s]
        admitted: list[Note] = []
        for asked in notes:
            note = None if _is_doubled(asked, admitted) else self._admit(asked, at_s)
            if note is not None:
                admitted.append(note)
        return tuple(admitted)

    def _admit(self, asked: Note, at_s: float) -> Note | None:
        if self._is_full(asked):
            return None
        late_s = asked.late_s
        while self._is_crowded(at_s + late_s, TOGETHER_S, MOST_TOGETHER):
            late_s += APART_S
        if late_s > asked.late_s + 3 * APART_S or self._is_crowded(at_s + late_s, 1.0, MOST_PER_SECOND):
            return None
        note = replace(
            asked, velocity=self._velocity_near(asked), late_s=late_s, length_s=min(asked.length_s, LONGEST_S)
        )
        self._take(note, at_s + late_s)
        return note

    def _is_full(self, note: Note) -> bool:
        if len(self._sounding) >= MOST_SOUNDING:
            return True
        if sum(held[3] for held in self._sounding) + note.velocity + VELOCITY_STEP > MOST_VELOCITY_SUM:
            return True
        return any(held[1] == note.layer and held[2] == note.pitch for held in self._sounding)

    def _is_crowded(self, onset_s: float, span_s: float, most: int) -> bool:
        """True where one more onset would put more than ``most`` into some window of this length."""
        span_s += SAFETY_S
        near = sorted([t for t in self._onsets if abs(t - onset_s) <= span_s] + [onset_s])
        return any(near[i + most] - near[i] <= span_s for i in range(len(near) - most))

    def _velocity_near(self, note: Note) -> int:
        last = self._velocity.get(note.layer, note.velocity)
        return min(LOUDEST, last + VELOCITY_STEP, max(1, last - VELOCITY_STEP, note.velocity))

    def _take(self, note: Note, onset_s: float) -> None:
        self._onsets.append(onset_s)
        self._velocity[note.layer] = note.velocity
        self._sounding.append((onset_s + note.length_s, note.layer, note.pitch, note.velocity))


def _is_doubled(asked: Note, admitted: Iterable[Note]) -> bool:
    """True where another layer strikes the same pitch at once: two voices on one pitch add up to a knock."""
    return any(note.pitch == asked.pitch for note in admitted)
