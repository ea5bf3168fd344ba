"""``calando run``: a live session, from strap to synth, until a person or the clock ends it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from engine.commands.options import (
    HEART_HELP,
    make_marks,
    make_setup,
    session_options,
    with_level_cc,
    with_pseudonym,
)
from engine.commands.pages import make_console, may_be_set_up_again, page_options, set_up, show_session, stories
from engine.commands.resuming import to_resume
from engine.hearts import HeartSpec, parse_heart
from engine.keys import HELP as KEYS_HELP
from engine.keys import listening
from engine.link.attach import links
from engine.live import LivePlan, LiveSession
from engine.output.choice import choose, has_sound
from engine.output.ports import list_ports
from engine.output.smf import write_mid
from engine.pads_attached import room_pads
from engine.record.folder import leave_behind, new_folder, records_root, wall_time
from engine.record.meta import setup_of
from engine.record.retention import about_records
from engine.record.space import check_space
from engine.remembered import recall, remember
from engine.score_file import midi_piece
from engine.service import service_watch
from engine.session import Setup
from engine.telling import Teller, summary
from sensors.simulated import SimulatedListener

if TYPE_CHECKING:
    from engine.console.about import About

INTERRUPTED = 130


@click.command()
@session_options
@click.option("--heart", default="auto", show_default=True, help=HEART_HELP)
@click.option(
    "--out",
    "outs",
    multiple=True,
    help="auto | midi:PORT[?KEY=VALUE&..] | synth | fluidsynth[:FONT] | file:PATH | none; repeatable.",
)
@click.option("--minutes", type=click.FloatRange(0.1, 600), default=None, help="End by itself after so long.")
@click.option(
    "--room", default="room", show_default=True, help="This room's name; strap and port are remembered for it."
)
@click.option(
    "--record", type=click.Path(path_type=Path, file_okay=False), default=None, help="Where records are kept."
)
@click.option(
    "--pseudonym", metavar="CODE", default=None, help="A code for the listener, never a name; kept in the record."
)
@click.option(
    "--earlier-sessions",
    is_flag=True,
    help="Let this pseudonym's earlier records weakly inform the resting heart rate.",
)
@click.option(
    "--resume/--no-resume",
    default=None,
    help="Take up this room's session that was cut off, or begin anew. Otherwise a person is asked, and a service that "
    "was started again resumes.",
)
@click.option("--shadow", is_flag=True, help="Show what the heart would do to the music, and play the plain profile.")
@click.option("--setup", "sets_up", is_flag=True, help="Set the room up on its page first; the music waits for Start.")
@page_options
@click.option("--mqtt", default=None, metavar="URL", help="Tell a broker: mqtt[s]://[USER@]HOST[:PORT][/SITE].")
@click.option("--osc", default=None, metavar="HOST:PORT", help="Tell this place by Open Sound Control messages.")
@click.pass_context
def run(
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
    room: str,
    record: Path | None,
    pseudonym: str | None,
    earlier_sessions: bool,
    resume: bool | None,
    sets_up: bool,
    shadow: bool,
    web: str | None,
    lan: bool,
    no_browser: bool,
    mqtt: str | None,
    osc: str | None,
) -> None:
    """Play a live session.

    PROFILE is a shipped profile's name or a TOML file.
    """
    unfinished = to_resume(record, room, asked=resume)
    sets_up = sets_up and unfinished is None
    page, trouble = context.obj or (make_console(room, web, lan=lan, opens=not no_browser), None)
    if sets_up:
        chosen = set_up(page, room, trouble)
        heart, outs, profile, route = chosen.heart, (chosen.out,), chosen.profile, str(chosen.route)
        flags, shadow = tuple(map(str, chosen.flags)), chosen.shadow
    spec, memory = parse_heart(heart), recall(room)
    if context.get_parameter_source("profile") is ParameterSource.DEFAULT and not sets_up:
        profile, route = memory.profile or profile, route or memory.route
    if unfinished is None:
        setup = make_setup(profile, seed, route, flags, hears_a_heart=spec.kind != "none")
        setup = with_pseudonym(setup, pseudonym, record, click.echo, looks_back=earlier_sessions)
        setup = with_level_cc(replace(setup, shadow=shadow), memory.level_cc)
    else:
        setup = setup_of(unfinished.inputs.meta)
    outputs = choose(outs, memory.port, list_ports, has_sound)
    listener = SimulatedListener(spec.rest, seed) if spec.kind == "sim" else None
    disk = check_space(records_root(record))
    about = replace(_about(setup, room, spec), waits=sets_up, sound=outputs.why, disk=disk)
    show_session(page, about, listener, unfinished)
    plan = LivePlan(
        setup,
        spec,
        memory.strap,
        outputs.live,
        room,
        tuple(make_marks(marks)),
        minutes,
        attached=(*page, *links(mqtt, osc, room, click.echo), *room_pads(room, click.echo), *service_watch()),
        unfinished=unfinished,
        recording=listener,
        waits=sets_up,
    )
    for sentence in about_records(records_root(record), wall_time(), begins=unfinished is None):
        click.echo(sentence)
    click.echo(f"Profile {setup.profile.name}, route {setup.route}. Output: {outputs.why}.")
    session = LiveSession(plan, lambda: new_folder(record, room), click.echo, Teller(click.echo).hear, listening)
    click.echo(f"Keys: {KEYS_HELP}. Ctrl-C fades and ends, twice silences.")
    try:
        lived = asyncio.run(session.run())
    except Exception as error:
        if not (sets_up and may_be_set_up_again(error)):
            raise
        click.echo(f"{error} Back to the set-up page.")
        context.obj = page, str(error)
        context.invoke(run, **context.params)
        return
    _remember(room, outputs.live, lived.strap)
    leave_behind(lived.rendering, lived.folder)
    for path in outputs.files:
        write_mid(path, midi_piece(lived.rendering))
    click.echo(summary(lived.rendering.decisions, lived.rendering.notes))
    click.echo(f"Record: {lived.folder.path}")
    if lived.interrupted:
        context.exit(INTERRUPTED)


def _about(setup: Setup, room: str, heart: HeartSpec) -> "About":
    """What the page is told of the session."""
    from engine.console.about import about_session
    from engine.console.setting_up import loudness_words

    about = replace(about_session(setup, room), loudness=loudness_words(recall(room)))
    return about if heart.kind != "sim" else replace(about, story=heart.rest, stories=stories())


def _remember(room: str, live: tuple[str, ...], strap: str | None) -> None:
    port = next((each.removeprefix("midi:") for each in live if each.startswith("midi:")), None)
    try:
        remember(room, strap=strap, port=port)
    except OSError as error:
        click.echo(f"The room's strap and port could not be remembered: {error.strerror}.", err=True)
