"""A live room with its page, in the test's own loop: a simulated listener, a rehearsed output, a real journal."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from engine import clock
from engine.console.about import About, about_session
from engine.console.address import LOOPBACK, Address
from engine.console.server import Console
from engine.inputs import Act, Command, Stamped
from engine.news import RecordedUpTo
from engine.output.rehearsal import RehearsedOutput
from engine.record.journal import Journal
from engine.record.meta import meta_of
from engine.room import Room
from engine.session import Session, Setup
from sensors.played import PlayedRecording
from sensors.simulated import STORIES, SimulatedListener
from tests.parts import needs
from tests.session.sessions import a_setup

needs_chromium = needs("chromium")

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP room1.test 127.0.0.1",
)


@dataclass(slots=True)
class ServedRoom:
    """A room that lives, its console, and what came into it."""

    room: Room
    console: Console
    output: RehearsedOutput
    listener: SimulatedListener
    heard: list[Stamped]

    def acts(self) -> list[Act]:
        """What was asked so far, in order."""
        return [each.input.act for each in self.heard if isinstance(each.input, Command)]


def about_rehearsal(setup: Setup, story: str = "calm") -> About:
    """A rehearsal with every story on offer."""
    stories = {name: each.use for name, each in STORIES.items()}
    return replace(about_session(setup, "room 1"), story=story, stories=stories)


def free_address() -> Address:
    """Loopback, any port."""
    return Address(LOOPBACK, 0, may_move=False)


@asynccontextmanager
async def served_room(
    folder: Path, *, address: Address | None = None, about: About | None = None, plays: bool = True
) -> AsyncIterator[ServedRoom]:
    """A room with its page, until the block ends."""
    setup = a_setup()
    listener = SimulatedListener("calm", 1)
    console = Console(about or about_rehearsal(setup), address or free_address(), listener.tell)
    console.open()
    journal = Journal(folder / "session.sqlite")
    journal.open(meta_of(setup, version="test", started="now"))
    output = RehearsedOutput(clock.now_s)
    source = PlayedRecording(listener)
    room = Room(Session(setup), output, clock.now_s, source, record=journal, attached=(console,))
    loop = asyncio.get_running_loop()

    def recorded(seq: int) -> None:
        loop.call_soon_threadsafe(room.report, RecordedUpTo(seq))

    journal.on_recorded = recorded
    heard: list[Stamped] = []
    room.subscribe(lambda news: heard.append(news) if isinstance(news, Stamped) else None)
    if plays:
        room.submit(Command(Act.PLAY_ON, "start"))
    living = asyncio.create_task(room.run())
    try:
        while not console.is_up:
            await asyncio.sleep(0.01)
        yield ServedRoom(room, console, output, listener, heard)
    finally:
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        journal.close()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A real browser without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(CHROMIUM_ARGUMENTS)
        )
        try:
            yield browser
        finally:
            await browser.close()
