"""From an offset to what the music should be: the arc's point, moved toward the profile's calm end."""

from dataclasses import dataclass

from engine.policy.slew import FLOOR_TEMPO_BPM, Values
from engine.profile import Phase, Profile
from generators.score import Intent

NEUTRAL_VELOCITY = (38.0, 58.0)
CALM_VELOCITY = (28.0, 42.0)


@dataclass(frozen=True, slots=True)
class ArcPoint:
    """A phase's targets, which are its ceilings."""

    tempo_bpm: float
    density: float
    level_db: float
    brightness: float
    register_top: float
    tension: float

    @classmethod
    def of(cls, phase: Phase) -> "ArcPoint":
        """Where a phase would have the music."""
        return cls(phase.tempo_bpm, phase.density, phase.level_db, phase.brightness, phase.register_top, phase.tension)

    def at_most(self, other: "ArcPoint") -> "ArcPoint":
        """The calmer of both, one by one."""
        return ArcPoint(
            min(self.tempo_bpm, other.tempo_bpm),
            min(self.density, other.density),
            min(self.level_db, other.level_db),
            min(self.brightness, other.brightness),
            min(self.register_top, other.register_top),
            min(self.tension, other.tension),
        )


def aim(point: ArcPoint, profile: Profile, motion_offset: float, sound_offset: float) -> Values:
    """The music's targets. ``motion_offset`` 0..1 thins, slows and simplifies; ``sound_offset`` 0..1 softens."""
    calm = profile.calm
    tempo_bpm = max(FLOOR_TEMPO_BPM, point.tempo_bpm * (1 - calm.tempo_share * motion_offset))
    breath_fall = max(0.0, profile.breath_per_min - calm.breath_per_min)
    return Values(
        beat_s=60 / tempo_bpm,
        density=point.density * (1 - calm.density_share * motion_offset),
        level_db=point.level_db - calm.level_db * sound_offset,
        brightness=point.brightness - calm.brightness_steps * sound_offset,
        register_top=point.register_top - calm.register_semitones * motion_offset,
        breath_per_min=profile.breath_per_min - breath_fall * motion_offset,
        tension=point.tension * (1 - motion_offset),
        touch=1 - sound_offset,
        motion=1 - motion_offset,
    )


def intent_of(values: Values, *, may_grow: bool) -> Intent:
    """The values as the music is asked for them."""
    touch = values.touch
    return Intent(
        tempo_bpm=60 / values.beat_s,
        density=values.density,
        level_db=values.level_db,
        brightness=values.brightness,
        register_top=values.register_top,
        velocity_low=CALM_VELOCITY[0] + (NEUTRAL_VELOCITY[0] - CALM_VELOCITY[0]) * touch,
        velocity_high=CALM_VELOCITY[1] + (NEUTRAL_VELOCITY[1] - CALM_VELOCITY[1]) * touch,
        tension=values.tension,
        calm=1 - values.motion,
        breath_per_min=values.breath_per_min,
        may_grow=may_grow,
    )
