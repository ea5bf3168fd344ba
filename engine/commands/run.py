"""``calando run``: a live session, from strap to synth, until a person or the clock ends it."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from engine.commands.options import (
    HEART_HELP,
    make_marks,
    make_setup,
    session_options,
    too_late,
    with_level_cc,
    with_pseudonym,
)
from engine.commands.pages import make_console, may_be_set_up_again, page_options, set_up, show_session, stories
from engine.commands.parameters import FOLDER, MINUTES
from engine.commands.resuming import SILENT, to_resume
from engine.commands.terminal import say
from engine.errors import INTERRUPTED
from engine.hearts import HeartSpec, parse_heart
from engine.keys import HELP as KEYS_HELP
from engine.keys import listening
from engine.link.attach import links
from engine.live import Lived, LivePlan, LiveSession
from engine.output.choice import Outputs, choose, has_sound
from engine.output.ports import list_ports, plain_names
from engine.output.saving import SaveError
from engine.output.smf import write_mid
from engine.output.spec import parse_output
from engine.pads_attached import room_pads
from engine.record.folder import leave_behind, new_folder, records_root, wall_time
from engine.record.meta import setup_of
from engine.record.retention import about_records
from engine.record.space import about_space
from engine.record.unfinished import Unfinished
from engine.remembered import recall, remember
from engine.score_file import midi_piece
from engine.service import is_service, service_watch
from engine.session import Setup
from engine.telling import Teller, summary
from sensors.simulated import SimulatedListener

if TYPE_CHECKING:
    from engine.console.about import About
    from engine.console.server import Console
    from engine.console.setting_up import Choices


@click.command()
@session_options
@click.option("--heart", default="auto", show_default=True, help=HEART_HELP)
@click.option(
    "--out",
    "outs",
    multiple=True,
    help="auto | midi:PORT[?KEY=VALUE&..] | synth | fluidsynth[:FONT] | file:PATH | none; repeatable.",
)
@click.option("--minutes", type=MINUTES, default=None, help="End by itself after so long.")
@click.option(
    "--room", default="room", show_default=True, help="This room's name; strap and port are remembered for it."
)
@click.option("--record", type=FOLDER, default=None, help="Where records are kept.")
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
def run(context: click.Context, /, **words: Any) -> None:
    """Play a live session.

    PROFILE is a shipped profile's name or a TOML file.
    """
    asked = Asked(**words)
    decided = to_resume(asked.record, asked.room, asked=asked.resume)
    unfinished = decided.unfinished
    page, trouble = context.obj or ((), decided.instead)
    if asked.sets_up and unfinished is None:
        page = page or _page(asked)
        asked = _chosen(asked, set_up(page, asked.room, trouble))
    else:
        is_named = context.get_parameter_source("profile") is not ParameterSource.DEFAULT
        asked = replace(_as_remembered(asked, is_named=is_named), sets_up=False)
    chosen = _what_plays(asked, unfinished)
    plan = _plan(asked, chosen, page or _page(asked), unfinished)
    _say(asked, plan)
    try:
        lived = asyncio.run(_session(asked, plan, chosen.outputs).run())
    except Exception as error:
        if not (asked.sets_up and may_be_set_up_again(error)):
            raise
        say(f"{error} Back to the set-up page.")
        context.obj = page, f"The room did not open: {error}"
        context.invoke(run, **context.params)
        return
    _keep(chosen.outputs, lived)
    if lived.interrupted:
        context.exit(INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of the call, or what was chosen on the set-up page in their place."""

    profile: str
    seed: int
    route: str | None
    flags: tuple[str, ...]
    marks: tuple[str, ...]
    heart: str
    outs: tuple[str, ...]
    minutes: float | None
    room: str
    record: Path | None
    pseudonym: str | None
    earlier_sessions: bool
    resume: bool | None
    sets_up: bool
    shadow: bool
    web: str | None
    lan: bool
    no_browser: bool
    mqtt: str | None
    osc: str | None


@dataclass(frozen=True, slots=True)
class WhatPlays:
    """Which heart drives which music, and what it sounds on: all that may be refused before a page is opened."""

    heart: HeartSpec
    setup: Setup
    outputs: Outputs


def _page(asked: Asked) -> tuple["Console", ...]:
    return make_console(asked.room, asked.web, lan=asked.lan, opens=not asked.no_browser)


def _chosen(asked: Asked, choices: "Choices") -> Asked:
    """What was chosen on the set-up page, in place of the call's own words."""
    return replace(
        asked,
        heart=choices.heart,
        outs=(choices.out,),
        profile=choices.profile,
        route=str(choices.route),
        flags=tuple(map(str, choices.flags)),
        shadow=choices.shadow,
    )


def _as_remembered(asked: Asked, *, is_named: bool) -> Asked:
    """The room's own profile and route, where the call names no profile."""
    memory = recall(asked.room)
    if is_named:
        return asked
    return replace(asked, profile=memory.profile or asked.profile, route=asked.route or memory.route)


def _setup(asked: Asked, heart: HeartSpec) -> Setup:
    setup = make_setup(asked.profile, asked.seed, asked.route, asked.flags, hears_a_heart=heart.kind != "none")
    setup = with_pseudonym(setup, asked.pseudonym, asked.record, say, looks_back=asked.earlier_sessions)
    return with_level_cc(replace(setup, shadow=asked.shadow), recall(asked.room).level_cc)


def _what_plays(asked: Asked, unfinished: Unfinished | None) -> WhatPlays:
    """Raises UsageError for words that are none of ours."""
    heart = parse_heart(asked.heart)
    setup = setup_of(unfinished.inputs.meta) if unfinished else _setup(asked, heart)
    if heart.kind == "auto" and not setup.hears_a_heart:  # begun without a strap: another listener's must not be sought
        heart = parse_heart("none")
    return WhatPlays(heart, setup, choose(asked.outs, recall(asked.room).port, list_ports, has_sound))


def _plan(asked: Asked, chosen: WhatPlays, page: tuple["Console", ...], unfinished: Unfinished | None) -> LivePlan:
    """Everything the session needs, and the page told of it."""
    heart, setup, outputs, room = chosen.heart, chosen.setup, chosen.outputs, asked.room
    listener = SimulatedListener(heart.rest, asked.seed) if heart.kind == "sim" else None
    disk = about_space(records_root(asked.record), begins=unfinished is None)
    waits = unfinished is None and (asked.sets_up or is_service())
    about = replace(_about(setup, room, heart), waits=waits, sound=outputs.why, disk=disk)
    show_session(page, about, listener, unfinished)
    beside = (*links(asked.mqtt, asked.osc, room, say), *room_pads(room, say), *service_watch())
    return LivePlan(
        setup,
        heart,
        recall(room).strap,
        outputs.live,
        room,
        tuple(make_marks(asked.marks)),
        asked.minutes,
        attached=(*page, *beside),
        unfinished=unfinished,
        recording=listener,
        waits=waits,
    )


def _say(asked: Asked, plan: LivePlan) -> None:
    """What is about to play, and what a person can do."""
    for sentence in about_records(records_root(asked.record), wall_time(), begins=plan.unfinished is None):
        say(sentence)
    say(f"Profile {plan.setup.profile.name}, route {plan.setup.route}.")
    if late := too_late(plan.marks, plan.minutes):
        say(late)
    if plan.waits:
        say(SILENT)
    say(f"Keys: {KEYS_HELP}. Ctrl-C fades and ends, twice silences.")


def _session(asked: Asked, plan: LivePlan, outputs: Outputs) -> LiveSession:
    make_folder = partial(new_folder, asked.record, asked.room)
    level_ccs = _level_ccs(outputs.live, plan.setup.profile.output.level_cc)

    def opened(strap: str | None) -> None:
        say(f"Output: {outputs.why}.")
        _remember(asked.room, outputs.live, strap, level_ccs)

    return LiveSession(plan, make_folder, say, Teller(say).hear, listening, opened)


def _keep(outputs: Outputs, lived: Lived) -> None:
    """Leave what the session leaves. A service that ended has not failed for want of a picture: the record is there,
    and nobody reads an exit code. Raises SaveError to anybody else.
    """
    try:
        _leave(outputs, lived)
    except SaveError as error:
        if not is_service():
            raise
        say(str(error))


def _leave(outputs: Outputs, lived: Lived) -> None:
    """Keep what was asked for, then what every session leaves, and say where it is, each whatever became of the
    others. Raises SaveError.
    """
    with ExitStack() as last_first:
        last_first.callback(say, f"Record: {lived.folder.path}")
        last_first.callback(say, summary(lived.rendering.decisions, lived.rendering.notes))
        last_first.callback(leave_behind, lived.rendering, lived.folder)
        for path in reversed(outputs.files):
            last_first.callback(write_mid, path, midi_piece(lived.rendering))


def _about(setup: Setup, room: str, heart: HeartSpec) -> "About":
    """What the page is told of the session."""
    from engine.console.about import about_session
    from engine.console.setting_up import loudness_words

    about = replace(about_session(setup, room), loudness=loudness_words(recall(room)))
    return about if heart.kind != "sim" else replace(about, story=heart.rest, stories=stories())


def _level_ccs(live: tuple[str, ...], level_cc: int) -> dict[str, int]:
    """What every MIDI port of the session is remembered to have been moved by."""
    return dict.fromkeys(plain_names([spec.name for spec in map(parse_output, live) if spec.kind == "midi"]), level_cc)


def _remember(room: str, live: tuple[str, ...], strap: str | None, level_ccs: Mapping[str, int]) -> None:
    port = next((each.removeprefix("midi:") for each in live if each.startswith("midi:")), None)
    try:
        remember(room, strap=strap, port=port, played_level_ccs=level_ccs)
    except OSError as error:
        say(f"The room's strap and port could not be remembered: {error.strerror}.")
