"""A profile: everything a tuner may set, resolved and within bounds."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.affect.estimate import Route

Share = Annotated[float, Field(ge=0, le=1)]
Pitch = Annotated[int, Field(ge=28, le=96)]
Velocity = Annotated[int, Field(ge=1, le=72)]
PhaseName = Literal["arrival", "onset", "ascent", "plateau", "descent", "return"]
Response = Literal["lead", "iso", "companion", "steady"]
LayerName = Literal["drone", "pad", "bells"]
ScaleName = Literal[
    "ionian", "dorian", "lydian", "mixolydian", "aeolian", "major pentatonic", "minor pentatonic"
]


class Strict(BaseModel):
    """Frozen, finite, and closed to keys that nobody declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Phase(Strict):
    """A stretch of the arc: what the music aims at while nobody asks for calm. Its targets are its ceilings."""

    name: PhaseName
    minutes: Annotated[float, Field(gt=0, le=240)]
    tempo_bpm: Annotated[float, Field(ge=40, le=72)]
    density: Share
    level_db: Annotated[float, Field(ge=-24, le=-3)]
    brightness: Annotated[int, Field(ge=20, le=85)]
    register_top: Annotated[int, Field(ge=60, le=84)]
    tension: Share


class Calm(Strict):
    """How far the music goes at offset 1, from wherever the arc stands."""

    tempo_share: Annotated[float, Field(ge=0.3, le=0.4)] = 0.36
    density_share: Annotated[float, Field(ge=0.7, le=0.9)] = 0.74
    level_db: Annotated[float, Field(ge=4, le=6)] = 5.0
    brightness_steps: Annotated[int, Field(ge=0, le=40)] = 22
    register_semitones: Annotated[int, Field(ge=0, le=12)] = 12
    breath_per_min: Annotated[float, Field(ge=5, le=5.5)] = 5.2


class Harmony(Strict):
    """The session's scale and how slowly chords move through it."""

    root: Annotated[int, Field(ge=0, le=11)]
    scale: ScaleName
    chord_breaths: tuple[Annotated[int, Field(ge=1, le=6)], Annotated[int, Field(ge=1, le=6)]] = (2, 4)


class LayerSettings(Strict):
    """Where one layer plays, and how."""

    channel: Annotated[int, Field(ge=1, le=16)]
    register_range: tuple[Pitch, Pitch]
    velocity: tuple[Velocity, Velocity]
    trim_db: Annotated[float, Field(ge=-18, le=0)] = 0.0
    program: Annotated[int, Field(ge=1, le=128)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "LayerSettings":
        for name in ("register_range", "velocity"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} must be [low, high], not [{low}, {high}]")
        return self


class Output(Strict):
    """What the room's synth wants to be told."""

    level_cc: Literal[7, 11] = 11
    send_program: bool = False


class Profile(Strict):
    """One resolved profile. ``use`` says in a line when to choose it."""

    config_version: Literal[1] = 1
    name: Annotated[str, Field(min_length=1, max_length=40)]
    use: Annotated[str, Field(max_length=200)] = ""
    response: Response = "lead"
    rest_offset: Share = 0.4
    breath_per_min: Annotated[float, Field(ge=5, le=6.5)] = 6.0
    swell_db: Annotated[float, Field(ge=2, le=4)] = 3.0
    calm: Calm = Calm()
    harmony: Harmony
    output: Output = Output()
    layer: dict[LayerName, LayerSettings]
    arc: dict[Route, tuple[Phase, ...]]

    @model_validator(mode="after")
    def _playable(self) -> "Profile":
        channels = [settings.channel for settings in self.layer.values()]
        if len(set(channels)) != len(channels):
            raise ValueError("layer: each layer needs a channel of its own")
        if 10 in channels:
            raise ValueError("layer: channel 10 is the drum channel of General MIDI; choose another")
        if Route.NONE not in self.arc or any(not phases for phases in self.arc.values()):
            raise ValueError("arc: a route without phases; 'none' at least must be there")
        return self

    def phases(self, route: Route) -> tuple[Phase, ...]:
        """The arc of a route; that of ``none`` where the profile has none for it."""
        return self.arc.get(route, self.arc[Route.NONE])
