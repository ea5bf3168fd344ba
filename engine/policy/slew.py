"""How fast the music may move: each tick a step toward its target, fast toward calm and slow on the way back.

Every step is a non-decreasing function of where the value was and of its target, in floating point too: of two
paths, one of which was never livelier, the same one stays so.
"""

import math
from dataclasses import dataclass

from engine.midi import TICK_S

FLOOR_TEMPO_BPM = 34.0

BEAT_LONGER = 0.0025 * TICK_S
"""0.25 % a beat (Dahl and Madison: drift below it goes unnoticed) makes the beat 2.5 ms longer each second."""
BEAT_SHORTER = 0.00079 * TICK_S
"""Just under 0.08 % a beat, so that the step measured against its slower end keeps the limit too."""
THIN = 2 ** (-TICK_S / 30)
THICKEN = 2 ** (TICK_S / 90)
THINNEST = 0.002
"""Below this share nothing sounds; the last step to nothing is free."""
FIRST_DENSITY = 0.02
"""A texture grows from nothing as if from this share."""
SOFTER_DB, LOUDER_DB = 2 * TICK_S, 0.25 * TICK_S
"""The way back is half as fast as it might be: even a short crescendo is a warning (Bach et al. 2008)."""
DARKER_STEPS, BRIGHTER_STEPS = TICK_S / 0.3, TICK_S / 0.9
LOWER_SEMITONES, HIGHER_SEMITONES = TICK_S / 15, TICK_S / 45
BREATH_PER_MIN = 0.5 * TICK_S / 60
RELAX, TIGHTEN = TICK_S / 20, TICK_S / 60
"""Harmonic tension, touch and the calm asked of harmony: their whole range in 20 s, and back in 60 s."""


@dataclass(slots=True)
class Values:
    """Where the music stands, or is bound for. A longer beat is calmer; of everything else, less is.

    ``touch`` is 1 at the neutral velocities and 0 at the calm ones; ``motion`` is 1 less the calm asked of harmony.
    """

    beat_s: float
    density: float
    level_db: float
    brightness: float
    register_top: float
    breath_per_min: float
    tension: float
    touch: float
    motion: float

    def advance(self, target: "Values", *, fall: float = 1.0, rise: float = 1.0, louder: float = 1.0) -> bool:
        """Move by one tick; False where it stands at its target already.

        ``fall`` and ``rise`` are shares of the full rates toward calm and away from it; ``louder`` multiplies the
        rise of level and touch alone.
        """
        if self == target:
            return False
        self._move_time(target, fall, rise)
        self._move_sound(target, fall, rise, louder)
        self._move_harmony(target, fall, rise)
        return True

    def _move_time(self, target: "Values", fall: float, rise: float) -> None:
        if self.beat_s != target.beat_s:
            self.beat_s = step(self.beat_s, target.beat_s, BEAT_SHORTER * rise, BEAT_LONGER * fall)
        if self.density != target.density:
            self.density = step_density(self.density, target.density, fall, rise)
        if self.breath_per_min != target.breath_per_min:
            down, up = BREATH_PER_MIN * fall, BREATH_PER_MIN * rise
            self.breath_per_min = step(self.breath_per_min, target.breath_per_min, down, up)

    def _move_sound(self, target: "Values", fall: float, rise: float, louder: float) -> None:
        if self.level_db != target.level_db:
            self.level_db = step(self.level_db, target.level_db, SOFTER_DB * fall, LOUDER_DB * rise * louder)
        if self.brightness != target.brightness:
            self.brightness = step(self.brightness, target.brightness, DARKER_STEPS * fall, BRIGHTER_STEPS * rise)
        if self.register_top != target.register_top:
            down, up = LOWER_SEMITONES * fall, HIGHER_SEMITONES * rise
            self.register_top = step(self.register_top, target.register_top, down, up)
        if self.touch != target.touch:
            self.touch = step(self.touch, target.touch, RELAX * fall, TIGHTEN * rise * louder)

    def _move_harmony(self, target: "Values", fall: float, rise: float) -> None:
        if self.tension != target.tension:
            self.tension = step(self.tension, target.tension, RELAX * fall, TIGHTEN * rise)
        if self.motion != target.motion:
            self.motion = step(self.motion, target.motion, RELAX * fall, TIGHTEN * rise)


def step(value: float, target: float, down: float, up: float) -> float:
    """Go from ``value`` to ``target``, but at most by ``down`` or ``up``."""
    if value > target:
        lower = value - down
        return lower if lower > target else target
    higher = value + up
    return higher if higher < target else target


def step_density(value: float, target: float, fall: float, rise: float) -> float:
    """Thin by at most half in 30 s; thicken three times slower."""
    if value > target:
        return target if value < THINNEST else max(target, value * math.pow(THIN, fall))
    return min(target, max(value, FIRST_DENSITY if rise else 0.0) * math.pow(THICKEN, rise))
