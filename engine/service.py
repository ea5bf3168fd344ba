"""A room as a service: nobody sits at it as it starts, and systemd is told that it is ready and still folds.

The protocol is sd_notify(3): datagrams to the socket that ``NOTIFY_SOCKET`` names; where there is none, nothing is.
"""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Mapping

from engine.attachment import Attachment, RoomAccess
from engine.news import News
from engine.session import Folded

FEWEST_TURNS = 3
"""The watchdog is told so many times as often as it asks: one datagram may be late."""


class ServiceWatch:
    """Attached to a room, it is the room's heartbeat for systemd: silent as soon as no tick is folded."""

    name = "service watch"

    def __init__(self, place: str, every_s: float) -> None:
        self._place = "\0" + place[1:] if place.startswith("@") else place
        self._every_s = every_s
        self._folded = False

    async def run(self, room: RoomAccess) -> None:
        """Tell until cancelled; then, that the room is stopping."""
        unsubscribe = room.subscribe(self._hear)
        try:
            self._tell("READY=1")
            while True:
                await asyncio.sleep(self._every_s)
                if self._folded:
                    self._folded = False
                    self._tell("WATCHDOG=1")
        finally:
            unsubscribe()
            self._tell("STOPPING=1")

    def _hear(self, news: News) -> None:
        self._folded = self._folded or isinstance(news, Folded)

    def _tell(self, state: str) -> None:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as teller:
            teller.setblocking(False)
            teller.sendto(state.encode(), self._place)


def is_service(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a machine began this process, so that nobody may be there to want music.

    systemd gives each start of a unit an id; a desktop's terminals inherit one too, but somebody sits there.
    """
    return "INVOCATION_ID" in environment and not sys.stdin.isatty()


def service_watch(environment: Mapping[str, str] = os.environ) -> tuple[Attachment, ...]:
    """The watch that systemd asked for, if it did."""
    place = environment.get("NOTIFY_SOCKET")
    if not place:
        return ()
    watchdog_us = environment.get("WATCHDOG_USEC", "")
    every_s = int(watchdog_us) / 1e6 / FEWEST_TURNS if watchdog_us.isdigit() else 1.0
    return (ServiceWatch(place, max(every_s, 0.1)),)
