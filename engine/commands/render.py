"""``calando render``: a recorded or simulated heart in, a MIDI file out, as fast as it folds."""

import json as json_format
from pathlib import Path

import click

from engine.commands.options import make_marks, make_setup, session_options, too_late
from engine.commands.parameters import MIDI_FILE, MINUTES, PICTURE_FILE, SOUND_FILE
from engine.commands.pulled import PULLED_HELP, length_minutes, pulled
from engine.commands.saving import save
from engine.errors import UsageError
from engine.hearts import parse_heart
from engine.offline import Rendering, fold_recording
from engine.telling import summary


@click.command()
@session_options
@click.option("--heart", default="sim:distress", show_default=True, help=PULLED_HELP)
@click.option("--minutes", type=MINUTES, default=None, help="Else as long as the recording.")
@click.option("-o", "--output", type=MIDI_FILE, default=None, help="A .mid file.")
@click.option("--wav", type=SOUND_FILE, default=None, help="Sound of the built-in synth.")
@click.option("--soundfont", metavar="FILE", default=None, help="For --wav: a SoundFont, through FluidSynth.")
@click.option(
    "--plot",
    type=PICTURE_FILE,
    default=None,
    help="A .png picture; with --wav its sound too.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print the measures of the music as JSON, and which lie beyond their gates."
)
def render(
    *,
    profile: str,
    seed: int,
    route: str | None,
    flags: tuple[str, ...],
    marks: tuple[str, ...],
    heart: str,
    minutes: float | None,
    output: Path | None,
    wav: Path | None,
    soundfont: str | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Render a session offline: the same music that a live room would have played.

    PROFILE is a shipped profile's name or a TOML file.
    """
    if soundfont is not None and wav is None:
        raise UsageError("--soundfont plays into a sound file: say which with --wav FILE.wav.")
    spec = parse_heart(heart)
    setup = make_setup(profile, seed, route, flags, hears_a_heart=spec.kind != "none")
    recording = pulled(spec, seed, "render")
    length, acts = length_minutes(minutes, recording), make_marks(marks)
    if sentence := too_late(acts, length):
        click.echo(sentence, err=True)
    rendering = fold_recording(setup, recording, length, acts)
    save(rendering, output, wav, plot, soundfont=soundfont)
    click.echo(json_format.dumps(_measures(rendering)) if as_json else summary(rendering.decisions, rendering.notes))


def _measures(rendering: Rendering) -> dict[str, object]:
    from generators.gates import beyond
    from generators.judge import judge

    profile = rendering.setup.profile
    measures = judge(rendering.wire, level_cc=profile.output.level_cc, tempo=rendering.tempo)
    told = {"schema": 1, "profile": profile.name, "seed": rendering.setup.seed}
    return {**told, **measures, "beyond_gates": sorted(beyond(measures))}
