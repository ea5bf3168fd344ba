"""The layers, over one harmony and one breath."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from math import ceil
from random import Random
from typing import Protocol

from generators.breath import Breath, Breathing
from generators.harmony import Chord, Harmony, Wish
from generators.layers import layer_names
from generators.moderation import Moderation
from generators.pitch import Scale, pedal
from generators.presence import FADE_DB, Presence
from generators.score import Control, Intent, Layer, Note, Window
from generators.settings import EnsembleSettings, LayerSpec
from generators.voicing import Room

__all__ = ["LAYERS", "Ensemble", "EnsembleSettings", "LayerSpec"]

EXPRESSION, BRIGHTNESS = 11, 74
BRIGHTNESS_SWELL = 6.0
PAD_REGISTER = (50, 76)
DRONE_REGISTER = (33, 50)
SUSTAINED = frozenset({"drone", "pad", "air"})
"""The layers whose brightness breathes; in the others it would be traffic that nobody hears."""
LEVEL_STEP_DB, BRIGHTNESS_STEP = 0.75, 2.0
"""Levels and brightness are asked for in these steps, too small to hear: twelve messages a second serve all layers."""


class Voice(Layer, Protocol):
    """A layer that can be told that nothing sounds any more."""

    def release(self) -> None:
        """Forget what is held."""


def _layer(name: str) -> Callable[[LayerSpec, Random], Voice]:
    made: Callable[[LayerSpec, Random], Voice] = getattr(import_module(f"generators.layers.{name}"), name.title())
    return made


LAYERS = {name: _layer(name) for name in layer_names()}
"""Every layer by its name, the most important first."""


@dataclass(slots=True)
class Asked:
    """What was last asked of one layer's level and brightness, in steps."""

    name: str
    trim_db: float
    level: int | None = None
    brightness: int | None = None


class Ensemble:
    """Plays one tick after another. Deterministic for a seed; no clock, no I/O."""

    def __init__(self, settings: EnsembleSettings, seed: str) -> None:
        self._settings = settings
        specs = sorted(settings.layers, key=lambda spec: list(LAYERS).index(spec.name))
        self._layers = tuple(LAYERS[spec.name](spec, Random(f"{seed}/{spec.name}")) for spec in specs)
        self._asked = tuple(Asked(spec.name, spec.trim_db) for spec in specs)
        self._breathing = Breathing(settings.breath_per_min, settings.swell_db, Random(f"{seed}/breath"))
        self._harmony = _harmony(settings, Random(f"{seed}/harmony"))
        self._presence = Presence([spec.name for spec in specs])
        self._moderation = Moderation()
        self._next_beat = -1.0
        self._chord: Chord | None = None
        self._chord_ends = 0

    @property
    def chord(self) -> Chord | None:
        """What sounds now; None before the first half beat."""
        return self._chord

    @property
    def breath(self) -> Breath:
        """Where the breath stands now."""
        return self._breathing.now()

    def play(self, window: Window, intent: Intent) -> tuple[Note, ...]:
        """The notes that start in this window, which follows the one before. Most windows hold no half beat."""
        self._breathing.advance(window.end_s - window.start_s, intent.breath_per_min, may_deepen=intent.may_grow)
        if window.end_beat <= self._next_beat:
            return ()
        beat = ceil(window.start_beat * 2.0 - 1e-9) / 2.0
        self._next_beat = beat if beat >= window.end_beat else beat + 0.5
        return () if beat >= window.end_beat else self._half_beat(window, beat, intent)

    def shape(self, window: Window, intent: Intent) -> tuple[Control, ...]:
        """The levels and brightnesses asked for from this window on, where they changed; once each 200 ms."""
        self._presence.advance(window.end_s, intent.density, may_grow=intent.may_grow)
        dip = 1.0 - self._breathing.swell
        room_db = intent.level_db - self._breathing.depth_db * dip
        breathing = round((intent.brightness - BRIGHTNESS_SWELL * dip) / BRIGHTNESS_STEP)
        steady = round(intent.brightness / BRIGHTNESS_STEP)
        controls: list[Control] = []
        for asked in self._asked:
            name = asked.name
            fade_db = self._presence.fade_db[name]
            if fade_db <= FADE_DB and asked.level is not None:
                continue
            level = round((room_db + asked.trim_db + fade_db) / LEVEL_STEP_DB)
            if level != asked.level:
                asked.level = level
                controls.append(Control(name, EXPRESSION, 127.0 * 10.0 ** (level * LEVEL_STEP_DB / 40.0)))
            brightness = breathing if name in SUSTAINED else steady
            if brightness != asked.brightness:
                asked.brightness = brightness
                controls.append(Control(name, BRIGHTNESS, brightness * BRIGHTNESS_STEP))
        return tuple(controls)

    def restart(self) -> None:
        """Nothing is held any more: begin again with the staying layers and a chord of their own."""
        for layer in self._layers:
            layer.release()
        self._moderation.forget()
        self._harmony.forget_ties()
        self._presence.empty()
        for asked in self._asked:
            asked.level = asked.brightness = None
        self._chord_ends = 0

    def _half_beat(self, window: Window, beat: float, intent: Intent) -> tuple[Note, ...]:
        breath = self._breathing.now()
        if self._chord is None or breath.index >= self._chord_ends:
            self._chord = self._harmony.next(_wish(intent, breath))
            self._chord_ends = breath.index + self._chord.breaths
        asked: list[Note] = []
        for layer in self._layers:
            notes = layer.play(window, self._chord, breath, intent)
            if self._presence.may_start(layer.name):
                asked.extend(note for note in notes if isinstance(note, Note))
        share = (beat - window.start_beat) / (window.end_beat - window.start_beat)
        return self._moderation.admit(asked, window.start_s + share * (window.end_s - window.start_s))


def _wish(intent: Intent, breath: Breath) -> Wish:
    return Wish(intent.tension, intent.calm, int(intent.register_top), breath.period_s)


def _harmony(settings: EnsembleSettings, random: Random) -> Harmony:
    scale = Scale(settings.root, settings.scale)
    registers = {spec.name: (spec.register_low, spec.register_high) for spec in settings.layers}
    tones = pedal(scale, *registers.get("drone", DRONE_REGISTER))
    room = Room(scale, *registers.get("pad", PAD_REGISTER), tones)
    return Harmony(room, settings.chord_breaths, random)
