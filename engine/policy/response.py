"""How arousal is answered: lead, iso, companion or steady."""

from dataclasses import dataclass

from engine.affect.estimate import ArousalState
from engine.midi import TICKS_PER_SECOND
from engine.profile import Response

HOLD_TICKS = 60 * TICKS_PER_SECOND
"""The longest time *iso* stays before it leads."""
AROUSED = frozenset({ArousalState.RISING, ArousalState.ELEVATED})


@dataclass(slots=True)
class Answer:
    """What is made of the sensor's offset, as two offsets: for motion and harmony, and for sound.

    *Lead* follows with both. *Iso* stays where it is for the first minute of each rise, then follows at half slew.
    *Companion* keeps motion and harmony and only softens. *Steady* follows with neither. When *iso* stays depends
    on the state alone, never on how high arousal is, so that more arousal never ends livelier.
    """

    response: Response
    motion: float = 0.0
    sound: float = 0.0
    _held: float = 0.0
    _hold_ticks: int = 0
    _was_aroused: bool = False

    @property
    def is_holding(self) -> bool:
        """True while *iso* stays."""
        return self._hold_ticks > 0

    @property
    def fall(self) -> float:
        """The share of the full slew toward calm."""
        return 0.5 if self.response == "iso" else 1.0

    def advance(self, sensor_offset: float, *, aroused: bool) -> None:
        """One tick passes."""
        if self.response == "lead":
            self.motion = self.sound = sensor_offset
        elif self.response == "iso":
            self._hold(aroused=aroused)
            self.motion = self.sound = self._held if self._hold_ticks else sensor_offset
        elif self.response == "companion":
            self.motion, self.sound = 0.0, sensor_offset
        else:
            self.motion = self.sound = 0.0

    def _hold(self, *, aroused: bool) -> None:
        if aroused and not self._was_aroused:
            self._hold_ticks, self._held = HOLD_TICKS, self.motion
        elif not aroused:
            self._hold_ticks = 0
        elif self._hold_ticks:
            self._hold_ticks -= 1
        self._was_aroused = aroused
