"""A synth of our own for a profile's layers: the built-in one, or a SoundFont's."""

from pathlib import Path

from engine.output.choice import Layers, programs
from engine.output.synth_core import BlockSynth, Synth
from engine.output.synth_timbres import CHANNEL_TIMBRES, PAD, TIMBRES, Timbre


def timbres(layers: Layers) -> dict[int, Timbre]:
    """Each layer's channel (0-15) and timbre; a layer of a tuner's own sounds like the pad."""
    return {each.channel - 1: TIMBRES.get(name, PAD) for name, each in layers.items()}


def built_in(layers: Layers) -> BlockSynth:
    """The built-in synth with each layer's own timbre on its channel."""
    return Synth({**CHANNEL_TIMBRES, **timbres(layers)})


def from_font(layers: Layers, font: Path) -> BlockSynth:
    """A SoundFont with each layer's program on its channel. Raises MissingSoundFontError without FluidSynth."""
    from engine.output.fluid_synth import SoundFontSynth

    chosen = {channel - 1: program - 1 for channel, program in programs(layers).items()}
    return SoundFontSynth(font, chosen, timbres(layers))
