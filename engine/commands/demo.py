"""``calando demo``: a whole session without any hardware; its telling minute is played live."""

import asyncio
import webbrowser
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.options import heard_only, make_setup
from engine.commands.pages import NO_PAGE, has_screen, make_console
from engine.commands.parameters import FOLDER, Amount
from engine.commands.terminal import say
from engine.errors import INTERRUPTED, UsageError
from engine.excerpt import excerpt, telling_start_s
from engine.excerpt_room import STOPS, ExcerptRoom
from engine.inputs import Act, Command
from engine.live_excerpt import Excerpt, play_excerpt
from engine.offline import Mark, Rendering, fold_recording
from engine.output.choice import Outputs, choose, has_sound
from engine.output.ports import list_ports
from engine.record.folder import RecordFolder, keep, new_folder
from engine.telling import summary, tell
from engine.words import clock_face
from sensors.simulated import SimulatedListener

if TYPE_CHECKING:
    from engine.console.server import Console

WHOLE_MINUTES = 40.0
TOLD_EVERY_S = 5
LEAST_HEARD_S = 20
"""A person's start rises for 10 s and the end fades for 8 s: a shorter demo is over before it is heard."""


@click.command()
@click.option(
    "--seconds",
    type=Amount(1, 2400),
    default=60,
    show_default=True,
    help="Of wall time, played live; 20 or more unless --speed runs ahead.",
)
@click.option(
    "--story", default="distress", show_default=True, help="What the simulated listener lives, STORY[+STORY]."
)
@click.option("--speed", type=Amount(1, 1000), default=1.0, help="Above 1 no port and no sound device opens.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other music.")
@click.option("--out", "outs", multiple=True, help="auto | midi:PORT | synth | none; repeatable.")
@click.option("--web", metavar="HOST:PORT", default=None, help="Where the page is served; none: not at all.")
@click.option("--no-browser", is_flag=True, help="Open neither the page nor, at the end, the picture.")
@click.option("--record", type=FOLDER, default=None, help="Where the session is kept.")
@click.argument("profile", default="default")
@click.pass_context
def demo(
    context: click.Context,
    *,
    seconds: float,
    story: str,
    speed: float,
    seed: int,
    outs: tuple[str, ...],
    web: str | None,
    no_browser: bool,
    record: Path | None,
    profile: str,
) -> None:
    """Hear and see calando with a simulated listener: no strap, no synth, no network.

    Folds a whole 40-minute session at once, plays its most telling stretch live, and leaves all of it on the disk.
    """
    if unused := _unheard(speed, outs, web):
        raise UsageError(f"A demo at --speed {speed:g} opens no output and no page: leave {unused} out.")
    if speed <= 1 and seconds < LEAST_HEARD_S:
        raise UsageError(
            f"A demo of {seconds:g} s fades before it is heard; ask for --seconds {LEAST_HEARD_S} or more."
        )
    outputs = (
        heard_only(choose(outs, None, list_ports, has_sound), "demo leaves its own session.mid")
        if speed <= 1
        else Outputs((), (), "none, it runs too fast to be heard")
    )
    rendering = _fold(profile, story, seed)
    folder = new_folder(record, "demo")
    keep(rendering, folder)
    click.echo(f"A simulated listener lives the story {story!r}: {WHOLE_MINUTES:.0f} minutes, folded at once.")
    page = _page(rendering, story, web, outputs.why, opens=not no_browser) if speed <= 1 else ()
    interrupted = _play(rendering, seconds, speed, outputs, page)
    _finish(rendering, folder, opens=not no_browser)
    if interrupted:
        context.exit(INTERRUPTED)


def _unheard(speed: float, outs: tuple[str, ...], web: str | None) -> str:
    """What was asked for and cannot be had at this speed."""
    if speed <= 1:
        return ""
    asked = {"--out": any(out != "none" for out in outs), "--web": web not in (None, NO_PAGE)}
    return " and ".join(name for name, is_asked in asked.items() if is_asked)


def _fold(profile: str, story: str, seed: int) -> Rendering:
    listener = SimulatedListener(story, seed)
    marks = [Mark(at_s, Act(act)) for at_s, act in listener.marks(WHOLE_MINUTES * 60)]
    setup = make_setup(profile, seed, None, (), hears_a_heart=True)
    return fold_recording(setup, listener, WHOLE_MINUTES, marks)


def _page(rendering: Rendering, story: str, web: str | None, sound: str, *, opens: bool) -> tuple["Console", ...]:
    """The page, which shows the story and can end it."""
    from engine.console.about import about_session

    page = make_console("demo", web, lan=False, opens=opens)
    for console in page:
        about = about_session(rendering.setup, "demo")
        console.about = replace(about, story=story, demo=True, sound=sound, acts=frozenset(STOPS))
    return page


def _play(rendering: Rendering, seconds: float, speed: float, outputs: Outputs, page: tuple["Console", ...]) -> bool:
    start_s = telling_start_s(rendering.decisions, seconds * speed)
    level_cc = rendering.setup.profile.output.level_cc
    timed = excerpt(rendering.events, start_s, seconds * speed, level_cc=level_cc)
    told = [each for each in rendering.decisions if each.time_s >= start_s and round(each.time_s) % TOLD_EVERY_S == 0]
    lines = [
        (0.0, f"Output: {outputs.why}."),
        (0.0, f"Now live from {clock_face(start_s)}, {seconds:.0f} s; Ctrl-C ends."),
    ]
    lines += [(each.time_s - start_s, tell(each)) for each in told]
    live = Excerpt(timed, lines, seconds, speed, say)
    commands = [each for each in rendering.inputs if isinstance(each.input, Command)]
    room = ExcerptRoom(rendering.decisions, commands, start_s, live.stop)
    live.on_time = room.advance
    return asyncio.run(_play_shown(play_excerpt(live, outputs.live, level_cc), room, page))


async def _play_shown(playing: Coroutine[None, None, bool], room: ExcerptRoom, page: tuple["Console", ...]) -> bool:
    """Play while the page, if there is one, shows it."""
    shown = [asyncio.create_task(console.run(room), name=console.name) for console in page]
    try:
        return await playing
    finally:
        for task in shown:
            task.cancel()
        await asyncio.gather(*shown, return_exceptions=True)


def _finish(rendering: Rendering, folder: RecordFolder, *, opens: bool) -> None:
    click.echo("The whole session:")
    click.echo(summary(rendering.decisions, rendering.notes))
    click.echo(f"Session: {folder.journal}\nMusic:   {folder.midi}\nPicture: {folder.picture}")
    if opens and has_screen():
        webbrowser.open(folder.picture.as_uri())
