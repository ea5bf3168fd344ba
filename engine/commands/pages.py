"""``--web``, ``--lan`` and ``--no-browser``: the staff page of a session, and whether a browser opens on it."""

import os
import sys
import threading
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from sensors.simulated import STORIES, SimulatedListener

if TYPE_CHECKING:
    from engine.console.about import About
    from engine.console.server import Console

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


def make_console(
    about: Callable[[], "About"], web: str | None, listener: SimulatedListener | None = None, *, lan: bool, opens: bool
) -> tuple["Console", ...]:
    """The page, its port bound; nothing for ``--web none``. Raises UsageError, LinkFailedError."""
    if web == NO_PAGE:
        return ()
    from engine.console.address import parse_address
    from engine.console.server import Console

    console = Console(about(), parse_address(web, lan=lan), listener.tell if listener else None)
    console.open()
    click.echo(f"Page: {console.url}")
    if not console.address.is_loopback:
        for role, code in console.pairing.codes.items():
            click.echo(f"To pair a tablet that may {role}: {console.house_url}  code {code}")
    if opens and has_screen():
        console.when_up = open_browser
    return (console,)


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
