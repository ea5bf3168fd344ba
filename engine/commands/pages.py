"""``--web``, ``--lan`` and ``--no-browser``: the staff page of a session, and whether a browser opens on it."""

import asyncio
import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from engine.errors import DeviceNotFoundError, LinkFailedError, UsageError
from engine.record.unfinished import Unfinished
from engine.service import standing_by
from sensors.simulated import STORIES, SimulatedListener

if TYPE_CHECKING:
    from engine.console.about import About
    from engine.console.server import Console
    from engine.console.setting_up import Choices, Tools

NO_PAGE = "none"

Decorated = Callable[..., Any]


def page_options(command: Decorated) -> Decorated:
    """Where the staff page is served, and for whom."""
    for option in (
        click.option("--no-browser", is_flag=True, help="Do not open the page in a browser."),
        click.option("--lan", is_flag=True, help="Let paired tablets in the house's network reach the page."),
        click.option("--web", metavar="HOST:PORT", default=None, help="Where the page is served; none: not at all."),
    ):
        command = option(command)
    return command


def make_console(room: str, web: str | None, *, lan: bool, opens: bool) -> tuple["Console", ...]:
    """The page, its port bound; nothing for ``--web none``. Raises UsageError, LinkFailedError."""
    if web == NO_PAGE and lan:
        raise UsageError("--lan opens the page to tablets, and --web none leaves no page: leave one of them out.")
    if web == NO_PAGE:
        return ()
    from engine.console.about import About
    from engine.console.address import parse_address
    from engine.console.server import Console

    console = Console(About(room, "set-up"), parse_address(web, lan=lan))
    console.open()
    click.echo(f"Page: {console.url}")
    if not console.address.is_loopback:
        for role, code in console.pairing.codes.items():
            click.echo(f"To pair a tablet that may {role}: {console.house_url}  code {code}")
    if opens and has_screen():
        console.when_up = open_browser
    return (console,)


def show_session(
    page: Sequence["Console"], about: "About", listener: SimulatedListener | None, unfinished: Unfinished | None
) -> None:
    """Let the page show this session from now on; of one that is taken up again what its record holds."""
    for console in page:
        from engine.console.past import past_board

        console.about, console.tell = about, listener.tell if listener else None
        if unfinished:
            console.board = past_board(unfinished.folder.journal, unfinished.inputs.inputs)


def may_be_set_up_again(error: Exception) -> bool:
    """Whether a start failed for want of a strap, a port or a link, so that another choice may mend it."""
    from engine.cli import SENSOR_ERRORS

    is_sensors = any(each.__name__ in SENSOR_ERRORS for each in type(error).__mro__)
    return is_sensors or isinstance(error, DeviceNotFoundError | LinkFailedError)


def set_up(page: Sequence["Console"], room: str, trouble: str | None = None) -> "Choices":
    """Serve the set-up page, which says what became of the session before, until somebody chose. Raises UsageError."""
    if not page:
        raise UsageError("--setup needs the page: leave --web none out.")
    click.echo("Set the room up on its page; Ctrl-C ends.")
    return asyncio.run(_chosen(page[0], room, trouble))


async def _chosen(console: "Console", room: str, trouble: str | None) -> "Choices":
    from engine.console.setting_up import SettingUp

    async with standing_by(ready=True):
        return await console.set_up(
            SettingUp(room, machine_tools(), asyncio.get_running_loop().create_future(), trouble)
        )


def machine_tools() -> "Tools":
    """The real parts that setting up tries."""
    from engine import config
    from engine.console.setting_up import Tools
    from engine.record.folder import wall_time
    from sensors.strap import scan

    return Tools(
        scan=scan,
        ports=present_ports,
        play=play_chord,
        today=lambda: wall_time().date().isoformat(),
        profiles={name: config.load(name).use for name in config.shipped_names()},
        stories=stories(),
    )


def present_ports() -> list[str]:
    """The MIDI ports that are there; none on a machine without a MIDI system."""
    from engine.output.ports import list_ports, plain_name

    try:
        return [plain_name(name) for name in list_ports()]
    except DeviceNotFoundError:
        return []


async def play_chord(out: str, level_cc: int) -> None:
    """The test chord on an output, through a guardian as a session would play it."""
    from engine.live_excerpt import Excerpt, play_excerpt
    from engine.output import trial

    chord = trial.chord(0, level_cc)
    await play_excerpt(Excerpt(chord, (), trial.SECONDS, 1.0, click.echo), (out,), level_cc)


def stories() -> dict[str, str]:
    """What may be told to a simulated listener, each with its line of use."""
    return {name: story.use for name, story in STORIES.items()}


def has_screen() -> bool:
    """Whether a person at this terminal sees windows."""
    if not sys.stdout.isatty():
        return False
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_browser(url: str) -> None:
    """Open the page; a browser that is slow to start keeps nobody waiting."""
    threading.Thread(target=webbrowser.open, args=(url,), name="browser", daemon=True).start()
