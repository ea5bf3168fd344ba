"""A synth of our own for a profile's layers: the built-in one, or a SoundFont's."""

from pathlib import Path

from engine.output.choice import Layers, programs
from engine.output.synth_core import BlockSynth, Synth
from engine.output.synth_timbres import CHANNEL_TIMBRES, PAD, TIMBRES


def built_in(layers: Layers) -> BlockSynth:
    """The built-in synth with each layer's own timbre on its channel."""
    return Synth({**CHANNEL_TIMBRES, **{each.channel - 1: TIMBRES.get(name, PAD) for name, each in layers.items()}})


def from_font(layers: Layers, font: Path) -> BlockSynth:
    """A SoundFont with each layer's program on its channel. Raises MissingSoundFontError without FluidSynth."""
    from engine.output.fluid_synth import SoundFontSynth

    return SoundFontSynth(font, {channel - 1: program - 1 for channel, program in programs(layers).items()})
