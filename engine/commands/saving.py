"""What a folded session leaves: music, sound, a picture, where they were asked for."""

from pathlib import Path

import click

from engine.offline import Rendering
from engine.output.fonts import find_font
from engine.output.smf import write_mid
from engine.score_file import layers_of, midi_piece


def save(
    rendering: Rendering, output: Path | None, wav: Path | None, plot: Path | None, *, soundfont: str | None = None
) -> None:
    """Write each that has a path, and say so. Raises SaveError."""
    if output:
        write_mid(output, midi_piece(rendering))
        click.echo(f"MIDI: {output}", err=True)
    if wav:
        from engine.output.instruments import built_in, from_font
        from engine.output.synth_render import render_wav

        layers = rendering.setup.profile.layer
        synth = from_font(layers, find_font(soundfont)) if soundfont is not None else built_in(layers)
        render_wav(rendering.wire, wav, synth=synth)
        click.echo(f"sound: {wav}", err=True)
    if plot:
        from engine.record.picture import draw

        profile = rendering.setup.profile
        title = f"{profile.name}, seed {rendering.setup.seed}"
        draw(rendering.decisions, rendering.wire, plot, layers=layers_of(profile), title=title, wav=wav)
        click.echo(f"picture: {plot}", err=True)
