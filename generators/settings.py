"""What a profile tells the ensemble."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer's place: its MIDI pitches and velocities, and its level against the room's."""

    name: str
    register_low: int
    register_high: int
    velocity_low: int
    velocity_high: int
    trim_db: float = 0.0


@dataclass(frozen=True, slots=True)
class EnsembleSettings:
    """``root`` is a pitch class, ``scale`` a name in ``generators.pitch.STEPS``, ``chord_breaths`` (fewest, most)."""

    root: int
    scale: str
    chord_breaths: tuple[int, int]
    breath_per_min: float
    swell_db: float
    layers: tuple[LayerSpec, ...]
