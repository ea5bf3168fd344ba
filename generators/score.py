"""The words music is asked for in, and the words it answers in."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from generators.breath import Breath
from generators.harmony import Chord


@dataclass(frozen=True, slots=True)
class Intent:
    """What the music is asked to be during one tick. Every rate of change was already limited.

    Less of ``tempo_bpm``, ``density``, ``level_db``, ``brightness`` and ``register_top`` is calmer.
    """

    tempo_bpm: float
    density: float
    """Share of the profile's full texture, 0..1; a layer thins by threshold."""
    level_db: float
    """At each breath's peak; 0 dB is controller value 127, so it is negative."""
    brightness: float
    """CC74 at each breath's peak."""
    register_top: float
    """Highest MIDI pitch a layer may start now."""
    velocity_low: float
    velocity_high: float
    tension: float
    """Harmonic tension asked for, 0..1."""
    calm: float
    """The calm-ward offset in force, 0..1."""
    breath_per_min: float
    may_grow: bool
    """False while arousal is rising or elevated: nothing may enter, deepen or grow louder."""


class Window(NamedTuple):
    """One tick of music, in beats and in seconds; the end is not part of it."""

    start_beat: float
    end_beat: float
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Note:
    """A note that starts in this window: ``at_beat`` on the grid, ``late_s`` of micro-timing after it."""

    layer: str
    at_beat: float
    pitch: int
    velocity: int
    length_s: float
    late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Control:
    """A controller's asked value from this window on; who plays it walks there at an allowed rate."""

    layer: str
    number: int
    value: float


class Layer(Protocol):
    """One voice of the ensemble.

    The same draws are made whatever the intent, and thinned by threshold: for the same window, chord, breath
    and register a lower density yields a subset of the notes.
    """

    name: str

    def play(self, window: Window, chord: Chord, breath: Breath, intent: Intent) -> tuple[Note | Control, ...]:
        """What starts in this window. Deterministic; no clock, no I/O."""
