"""``calando tune``: a profile that is reloaded while it plays, or two profiles over the same heart side by side."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from engine.commands.options import HEART_HELP, heard_only, make_marks, make_setup, session_options, too_late
from engine.commands.parameters import MINUTES, PICTURE_FILE
from engine.commands.pulled import length_minutes, pulled
from engine.commands.terminal import say
from engine.config import files_of, is_shipped
from engine.errors import INTERRUPTED, UsageError
from engine.hearts import parse_heart
from engine.keys import HELP as KEYS_HELP
from engine.keys import listening
from engine.live import LivePlan, LiveSession
from engine.offline import Mark, fold_recording
from engine.output.choice import choose, has_sound
from engine.output.ports import list_ports
from engine.record.folder import new_folder
from engine.session import Setup
from engine.telling import Teller, summary

ROOM = "tune"


@click.command()
@session_options
@click.pass_context
@click.option("--heart", default="sim:distress", show_default=True, help=HEART_HELP)
@click.option("--out", "outs", multiple=True, help="As for calando run; repeatable.")
@click.option("--minutes", type=MINUTES, default=None, help="Else until ended; with --against as render does.")
@click.option("--against", metavar="PROFILE", default=None, help="Do not play: hold it against this one, offline.")
@click.option("--plot", type=PICTURE_FILE, default=None, help="With --against: both on a .png page.")
def tune(
    context: click.Context,
    *,
    profile: str,
    seed: int,
    route: str | None,
    flags: tuple[str, ...],
    marks: tuple[str, ...],
    heart: str,
    outs: tuple[str, ...],
    minutes: float | None,
    against: str | None,
    plot: Path | None,
) -> None:
    """Play PROFILE and reload it each time it is saved; or hold it against another one over the same heart.

    A file with mistakes is told line by line, and the last good profile stays in force. No record is kept. Not for a
    room with a listener in it: a save there would move their music.
    """
    if plot and against is None:
        raise UsageError("--plot draws two profiles on a page: say which other one with --against PROFILE.")
    hears = parse_heart(heart).kind != "none"
    setup = make_setup(profile, seed, route, flags, hears_a_heart=hears)
    acts = make_marks(marks)
    if against is None:
        outputs = heard_only(choose(outs, None, list_ports, has_sound), "calando render writes one")
        plan = LivePlan(setup, parse_heart(heart), None, outputs.live, ROOM, tuple(acts), minutes)
        if _play(profile, plan, outputs.why):
            context.exit(INTERRUPTED)
    else:
        other = make_setup(against, seed, route, flags, hears_a_heart=hears)
        _compare((setup, other), heart, acts, minutes, plot)


def _play(name: str, plan: LivePlan, sound: str) -> bool:
    """Play until the end; True where Ctrl-C brought it."""
    from engine.tuning.reloading import Reloader
    from engine.tuning.watching import saved

    files = files_of(name)
    reloader = Reloader(name, plan.setup.profile, partial(saved, files), say)
    plan = replace(plan, attached=(reloader,))
    say(f"Profile {plan.setup.profile.name}; no record is kept. {_what_to_save(files)}")
    say(f"Keys: {KEYS_HELP}. Ctrl-C fades and ends, twice silences.")
    with TemporaryDirectory(prefix="calando-tune-") as folder:
        session = LiveSession(
            plan,
            lambda: new_folder(Path(folder), ROOM),
            say,
            Teller(say).hear,
            listening,
            lambda _: say(f"Output: {sound}."),
        )
        lived = asyncio.run(session.run())
    say(summary(lived.rendering.decisions, lived.rendering.notes))
    return lived.interrupted


def _what_to_save(files: Sequence[Path]) -> str:
    """Which files are a tuner's to change: never a shipped one, though it is listened to as well."""
    own = [str(file) for file in files if not is_shipped(file)]
    if own:
        return f"Save to hear: {', '.join(own)}."
    name = files[0].stem
    return (
        f'{name} travels with calando: to change it write mine.toml with config_version = 1, name = "mine" and '
        f'extends = "{name}", and tune that.'
    )


def _compare(
    setups: tuple[Setup, Setup], heart: str, marks: list[Mark], minutes: float | None, plot: Path | None
) -> None:
    from engine.tuning.comparing import draw_side_by_side, heard, table

    pieces = []
    for setup in setups:
        recording = pulled(parse_heart(heart), setup.seed, "tune --against")
        length = length_minutes(minutes, recording)
        rendering = fold_recording(setup, recording, length, marks)
        pieces.append(heard(setup.profile.name, rendering))
    if sentence := too_late(marks, length):
        click.echo(sentence, err=True)
    click.echo(table(pieces))
    if plot:
        draw_side_by_side(pieces, plot)
        click.echo(f"picture: {plot}", err=True)
