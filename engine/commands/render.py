"""``calando render``: a recorded or simulated heart in, a MIDI file out, as fast as it folds."""

import json as json_format
from pathlib import Path

import click

from engine.commands.options import HEART_HELP, make_marks, make_setup, session_options
from engine.commands.saving import save
from engine.errors import UsageError
from engine.hearts import HeartSpec, open_recording, parse_heart
from engine.offline import Rendering, fold_recording
from engine.telling import summary
from sensors.heart import Recording

SIMULATED_MINUTES = 60.0


@click.command()
@session_options
@click.option("--heart", default="sim:distress", show_default=True, help=HEART_HELP)
@click.option("--minutes", type=click.FloatRange(0.1, 600), default=None, help="Else as long as the recording.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default=None, help="A .mid file.")
@click.option(
    "--wav", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Sound of the built-in synth."
)
@click.option("--soundfont", metavar="FILE", default=None, help="For --wav: a SoundFont, through FluidSynth.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), default=None, help="A .png picture.")
@click.option("--json", "as_json", is_flag=True, help="Print the measures of the music as JSON.")
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
    spec = parse_heart(heart)
    setup = make_setup(profile, seed, route, flags, hears_a_heart=spec.kind != "none")
    recording = _recording(spec, seed)
    rendering = fold_recording(setup, recording, _length(minutes, recording), make_marks(marks))
    save(rendering, output, wav, plot, soundfont=soundfont)
    click.echo(json_format.dumps(_measures(rendering)) if as_json else summary(rendering.decisions, rendering.notes))


def _recording(spec: HeartSpec, seed: int) -> Recording | None:
    if spec.kind == "none":
        return None
    if not spec.is_recorded:
        raise UsageError(f"render needs a heart that can be pulled: replay:FILE or sim:STORY, not {spec.kind!r}.")
    return open_recording(spec, seed)


def _length(minutes: float | None, recording: Recording | None) -> float:
    if minutes is not None:
        return minutes
    duration_s = recording.duration_s if recording else None
    return SIMULATED_MINUTES if duration_s is None else duration_s / 60


def _measures(rendering: Rendering) -> dict[str, object]:
    from generators.judge import judge

    return {"schema": 1, **judge(rendering.wire)}
