"""A room as a service: nobody sits at it as it starts, and systemd is told that it is ready and still lives.

The protocol is sd_notify(3): datagrams to the socket that ``NOTIFY_SOCKET`` names; where there is none, nothing is.
"""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from engine.attachment import Attachment, RoomAccess
from engine.news import News
from engine.session import Folded

FEWEST_TURNS = 3
"""The watchdog is told so many times as often as it asks: one datagram may be late."""
READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


@dataclass(frozen=True, slots=True)
class Systemd:
    """Where systemd listens, and how often it is told that the room lives."""

    place: str
    every_s: float

    def tell(self, state: str) -> None:
        """Say it, if anybody listens; never waits."""
        place = "\0" + self.place[1:] if self.place.startswith("@") else self.place
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as teller:
            teller.setblocking(False)
            teller.sendto(state.encode(), place)


def find_systemd(environment: Mapping[str, str] = os.environ) -> Systemd | None:
    """The systemd that wants to be told, if one does."""
    place = environment.get("NOTIFY_SOCKET")
    if not place:
        return None
    watchdog_us = environment.get("WATCHDOG_USEC", "")
    every_s = int(watchdog_us) / 1e6 / FEWEST_TURNS if watchdog_us.isdigit() else 1.0
    return Systemd(place, max(every_s, 0.1))


class ServiceWatch:
    """Attached to a room, it is the room's heartbeat for systemd: silent as soon as no tick is folded."""

    name = "service watch"

    def __init__(self, systemd: Systemd) -> None:
        self._systemd = systemd
        self._folded = False

    async def run(self, room: RoomAccess) -> None:
        """Tell until cancelled; then, that the room is stopping."""
        unsubscribe = room.subscribe(self._hear)
        try:
            self._systemd.tell(READY)
            while True:
                await asyncio.sleep(self._systemd.every_s)
                if self._folded:
                    self._folded = False
                    self._systemd.tell(ALIVE)
        finally:
            unsubscribe()
            self._systemd.tell(STOPPING)

    def _hear(self, news: News) -> None:
        self._folded = self._folded or isinstance(news, Folded)


def service_watch(environment: Mapping[str, str] = os.environ) -> tuple[Attachment, ...]:
    """The watch that systemd asked for, if it did."""
    systemd = find_systemd(environment)
    return (ServiceWatch(systemd),) if systemd else ()


@contextlib.asynccontextmanager
async def standing_by(*, ready: bool, environment: Mapping[str, str] = os.environ) -> AsyncIterator[None]:
    """Tell systemd that the loop turns, for as long as the block runs: no tick is folded yet, nothing can sound.

    ``ready``: staff have something to do, so that systemd must not take the wait for a start that failed.
    """
    systemd = find_systemd(environment)
    if systemd is None:
        yield
        return
    if ready:
        systemd.tell(READY)
    living = asyncio.create_task(_live_on(systemd), name="service watch")
    try:
        yield
    finally:
        living.cancel()


async def _live_on(systemd: Systemd) -> None:
    while True:
        systemd.tell(ALIVE)
        await asyncio.sleep(systemd.every_s)


def is_service(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a machine began this process, so that nobody may be there to want music.

    systemd gives each start of a unit an id; a desktop's terminals inherit one too, but somebody sits there.
    """
    return "INVOCATION_ID" in environment and not sys.stdin.isatty()
