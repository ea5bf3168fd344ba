"""What was decided each second: for the terminal, the picture and the journal."""

from dataclasses import dataclass

from engine.affect.estimate import Estimate
from generators.score import Intent


@dataclass(frozen=True, slots=True)
class Decision:
    """One second of a session, whole: what was heard, what was made of it, what the music was asked."""

    tick: int
    estimate: Estimate
    intent: Intent
    offset: float
    sensor_offset: float
    staff_offset: float
    phase: str
    phase_left_s: float | None
    playing: str
    """``playing``, or the word of the stop in force."""
    onsets: int
    """Note-ons in the second before."""
    limited_by: tuple[str, ...]
    sentence: str
    """Why all this: the one sentence of ``engine.policy.explain``, its first clause (up to ``;``) the music's own."""
    ceiling: float = 1.0
    """The staff's ceiling, as a share 0..1 of the arc."""
    staying: bool = False
    """True while the staff hold the music as it is."""

    @property
    def time_s(self) -> float:
        """Seconds since the session's start."""
        return self.tick * 0.05
