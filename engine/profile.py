"""A profile: everything a tuner may set, resolved and within bounds."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from engine.affect.estimate import Route
from engine.limits import CONTROLLERS, LEVELS, SWITCHES
from engine.midi import BRIGHTNESS
from generators.layers import layer_names

PhaseName = Literal["arrival", "onset", "ascent", "plateau", "descent", "return"]
Response = Literal["lead", "iso", "companion", "steady"]
if TYPE_CHECKING:
    LayerName = str
else:
    LayerName = Literal[layer_names()]
ScaleName = Literal["ionian", "dorian", "lydian", "mixolydian", "aeolian", "major pentatonic", "minor pentatonic"]


def _ordered(pair: tuple[int, int]) -> tuple[int, int]:
    if pair[0] > pair[1]:
        raise PydanticCustomError("not_ordered", "must be [low, high], the lower number first")
    return pair


def _printable(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("not_printable", "must be one line of printable characters")
    return text


def _not_drums(channel: int) -> int:
    if channel == 10:
        raise PydanticCustomError("drum_channel", "must not be 10, the drum channel of General MIDI")
    return channel


def _whole(number: object) -> object:
    """Of a choice among numbers, ``true`` and ``11.0`` would pass for 1 and 11."""
    if type(number) is not int:
        raise PydanticCustomError("int_type", "must be a whole number")
    return number


def _mappable(number: int) -> int:
    if number not in MAPPABLE:
        raise PydanticCustomError("controller", "must be a controller that may be mapped: 1, 5, 10, 70-79, 91 or 93")
    return number


ControlSource = Literal["brightness", "density", "tension"]
Curve = Literal["linear", "exponential", "logarithmic"]
MAPPABLE = CONTROLLERS - SWITCHES - frozenset(LEVELS)
MAY_BE_INVERTED = frozenset((10, 72, 73, 75, 91, 93))
"""Place, release, attack, decay, reverb and chorus."""

Share = Annotated[float, Field(ge=0, le=1)]
Pitch = Annotated[int, Field(ge=28, le=96)]
Velocity = Annotated[int, Field(ge=1, le=72)]
ControlValue = Annotated[int, Field(ge=0, le=127)]
Breaths = Annotated[int, Field(ge=1, le=6)]


class Strict(BaseModel):
    """Frozen, finite, and closed to keys that nobody declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class Phase(Strict):
    """A stretch of the arc: what the music aims at while nobody asks for calm. Its targets are its ceilings."""

    name: PhaseName
    """Which part of the session this is."""
    minutes: Annotated[float, Field(gt=0, le=240)]
    """Minutes, up to 240. Arrival lasts until the dose (or the baseline), whatever its minutes."""
    tempo_bpm: Annotated[float, Field(ge=40, le=72)]
    """Beats a minute, 40 to 72."""
    density: Share
    """Share of the full texture, 0 to 1."""
    level_db: Annotated[float, Field(ge=-24, le=-3)]
    """Decibels under controller value 127, -24 to -3."""
    brightness: Annotated[int, Field(ge=20, le=85)]
    """Value of controller 74, 20 to 85."""
    register_top: Annotated[int, Field(ge=60, le=84)]
    """Highest MIDI pitch, 60 to 84."""
    tension: Share
    """Harmonic tension, a share 0 to 1."""


class Calm(Strict):
    """How far the music goes at offset 1, from wherever the arc stands."""

    tempo_share: Annotated[float, Field(ge=0.3, le=0.4)] = 0.36
    """Share of the pulse taken away, 0.3 to 0.4."""
    density_share: Annotated[float, Field(ge=0.7, le=0.9)] = 0.74
    """Share of the notes taken away, 0.7 to 0.9."""
    level_db: Annotated[float, Field(ge=4, le=6)] = 5.0
    """Decibels softer, 4 to 6."""
    brightness_steps: Annotated[int, Field(ge=0, le=40)] = 22
    """Steps of controller 74 darker, 0 to 40."""
    register_semitones: Annotated[int, Field(ge=0, le=12)] = 12
    """Semitones lower at the top, 0 to 12."""
    breath_per_min: Annotated[float, Field(ge=5, le=5.5)] = 5.2
    """Breaths a minute, 5 to 5.5."""


class Harmony(Strict):
    """The session's scale and how slowly chords move through it."""

    root: Annotated[int, Field(ge=0, le=11)]
    """Pitch class 0 to 11: 0 is C, 2 is D."""
    scale: ScaleName
    """The notes that chords are made of."""
    chord_breaths: Annotated[tuple[Breaths, Breaths], AfterValidator(_ordered)] = (2, 4)
    """Breaths that a chord lasts, [fewest, most], 1 to 6."""


class ControlSettings(Strict):
    """How one of the music's values moves a controller of this layer's synth."""

    controller: Annotated[int, AfterValidator(_mappable)]
    """MIDI controller: 1, 5, 10, 70 to 79, 91 or 93."""
    value_range: Annotated[tuple[ControlValue, ControlValue], AfterValidator(_ordered)] = (0, 127)
    """Controller values, [lowest, highest], 0 to 127."""
    curve: Curve = "linear"
    """How it goes from one to the other: exponential stays low for long, logarithmic comes up soon."""
    inverted: bool = False
    """True sends the highest value for the least; only for 10, 72, 73, 75, 91 and 93, so that calm never brightens."""

    @model_validator(mode="after")
    def _calm_never_brightens(self) -> "ControlSettings":
        if self.inverted and self.controller not in MAY_BE_INVERTED:
            raise PydanticCustomError(
                "inverted", "must not be inverted: less of the music would brighten it", {"key": "inverted"}
            )
        return self


def _own_controllers(controls: dict[ControlSource, ControlSettings]) -> dict[ControlSource, ControlSettings]:
    owners = {} if "brightness" in controls else {BRIGHTNESS: "brightness"}
    for source, settings in controls.items():
        owner = owners.setdefault(settings.controller, source)
        if owner != source:
            raise PydanticCustomError(
                "shared_controller",
                "must be a controller of its own: {owner} moves it too",
                {"key": f"{source}.controller", "owner": owner},
            )
    return controls


class LayerSettings(Strict):
    """Where one layer plays, and how."""

    channel: Annotated[int, Field(ge=1, le=16), AfterValidator(_not_drums)]
    """MIDI channel, 1 to 16 without 10; one for each layer."""
    register_range: Annotated[tuple[Pitch, Pitch], AfterValidator(_ordered)]
    """MIDI pitches, [lowest, highest], 28 to 96."""
    velocity: Annotated[tuple[Velocity, Velocity], AfterValidator(_ordered)]
    """Velocities, [softest, loudest], 1 to 72."""
    trim_db: Annotated[float, Field(ge=-18, le=0)] = 0.0
    """Decibels against the room's level, -18 to 0."""
    program: Annotated[int, Field(ge=1, le=128)] | None = None
    """General MIDI program, 1 to 128; sent only where the output's send_program is true."""
    bank: tuple[ControlValue, ControlValue] | None = None
    """Bank as controllers [0, 32], each 0 to 127; sent before the program where the output's send_program is true."""
    control: Annotated[dict[ControlSource, ControlSettings], AfterValidator(_own_controllers)] = {}
    """Controllers that follow the music's brightness (else 74), density or tension."""


class Output(Strict):
    """What the room's synth wants to be told."""

    level_cc: Annotated[Literal[7, 11], BeforeValidator(_whole)] = 11
    """The controller that the synth obeys for level: 11 (expression) or 7 (volume)."""
    send_program: bool = False
    """True sends each layer's bank and program at start, which replaces the synth's own patch."""
    midi_clock: bool = False
    """True sends MIDI clock, start and stop with the music's pulse, for a synth whose delays or arpeggios follow it."""


def _own_channels(layers: dict[LayerName, LayerSettings]) -> dict[LayerName, LayerSettings]:
    if not layers:
        raise PydanticCustomError("empty", "must have a layer at least")
    owners: dict[int, str] = {}
    for name, settings in layers.items():
        owner = owners.setdefault(settings.channel, name)
        if owner != name:
            key = f"{name}.channel"
            raise PydanticCustomError(
                "shared_channel",
                "must be a channel of its own: {owner} plays on it too",
                {"key": key, "owner": owner},
            )
    return layers


def _with_none(arc: dict[Route, tuple[Phase, ...]]) -> dict[Route, tuple[Phase, ...]]:
    if Route.NONE not in arc:
        raise PydanticCustomError("empty", "must have phases for route 'none' at least: add [[arc.none]]")
    return arc


def _some_phases(phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
    if not phases:
        raise PydanticCustomError("empty", "must have a phase at least")
    return phases


class Profile(Strict):
    """One resolved profile."""

    config_version: Annotated[Literal[1], BeforeValidator(_whole)] = 1
    """The version of this file's layout: 1."""
    name: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_printable)]
    """What staff see, 1 to 40 characters."""
    use: Annotated[str, Field(max_length=200), AfterValidator(_printable)] = ""
    """When to choose it, in a line of up to 200 characters."""
    response: Response = "lead"
    """How arousal is answered."""
    rest_offset: Share = 0.4
    """How calm the music becomes while the strap cannot be heard, a share 0 to 1."""
    breath_per_min: Annotated[float, Field(ge=5, le=6.5)] = 6.0
    """Breaths a minute, 5 to 6.5: the slow swell of the whole room."""
    swell_db: Annotated[float, Field(ge=2, le=4)] = 3.0
    """Decibels that the level dips between breaths, 2 to 4."""
    calm: Calm = Calm()
    """How far the music goes when it is as calm as it gets."""
    infusion_minutes: Annotated[float, Field(ge=5, le=240)] = 40.0
    """Minutes that an infusion (route iv) runs, 5 to 240: the drug's expected effect on the heart peaks at its end."""
    harmony: Harmony
    """What the chords are made of."""
    output: Output = Output()
    """What the synth is told."""
    layer: Annotated[dict[LayerName, LayerSettings], AfterValidator(_own_channels)]
    """The layers that play."""
    arc: Annotated[dict[Route, Annotated[tuple[Phase, ...], AfterValidator(_some_phases)]], AfterValidator(_with_none)]
    """Where the music is while nobody asks for calm: phases for each route."""

    def phases(self, route: Route) -> tuple[Phase, ...]:
        """The arc of a route; that of ``none`` where the profile has none for it."""
        return self.arc.get(route, self.arc[Route.NONE])
