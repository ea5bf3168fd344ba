"""Open Sound Control out: each second of a room as messages over UDP, for lights and pictures.

=========================  ====================================================
``/calando/arousal``       0..1, and confidence 0..1
``/calando/tempo``         beats a minute
``/calando/density``       share of the profile's full texture, 0..1
``/calando/calm``          the calm-ward offset in force, 0..1
``/calando/phase``         the phase's name, and whether music plays: 1 or 0
=========================  ====================================================
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from engine.attachment import RoomAccess
from engine.computers import parse_computer
from engine.decision import Decision
from engine.errors import LinkFailedError, UsageError
from engine.news import News
from engine.session import Folded

Message = tuple[str, list[object]]


class SoundSender(Protocol):
    """Where messages go; they may be lost, and nobody waits for them."""

    def send_message(self, address: str, value: list[object]) -> None:
        """Send one. Raises OSError where the network refuses it."""

    def close(self) -> None:
        """Send no more."""


def messages(decision: Decision) -> Iterator[Message]:
    """One second as addresses and values (pure)."""
    yield "/calando/arousal", [decision.estimate.arousal, decision.estimate.confidence]
    yield "/calando/tempo", [decision.intent.tempo_bpm]
    yield "/calando/density", [decision.intent.density]
    yield "/calando/calm", [decision.offset]
    yield "/calando/phase", [decision.phase, int(decision.playing == "playing")]


def parse_place(text: str) -> tuple[str, int]:
    """``HOST:PORT``. Raises UsageError."""
    place = parse_computer(text)
    if place is None:
        raise UsageError(f"--osc {text!r} names no place; write for example --osc localhost:9001.")
    return place


def open_sender(host: str, port: int) -> SoundSender:
    """A sender over UDP. Raises UsageError without python-osc, LinkFailedError for an unknown host."""
    try:
        from pythonosc.udp_client import SimpleUDPClient
    except ImportError as error:
        raise UsageError("--osc needs a library that is not here: pip install 'calando[osc]'.") from error
    try:
        sender: SoundSender = SimpleUDPClient(host, port)
    except socket.gaierror as error:
        raise LinkFailedError(f"--osc: nobody knows the computer {host}: {error.strerror}.") from error
    return sender


@dataclass(slots=True)
class OpenSoundOut:
    """A room's attachment. ``tell`` hears one sentence when messages begin to be lost."""

    sender: SoundSender
    tell: Callable[[str], None]
    _lost: bool = field(default=False)

    name = "open sound"

    async def run(self, room: RoomAccess) -> None:
        """Send until cancelled."""
        unsubscribe = room.subscribe(self._hear)
        try:
            await asyncio.Event().wait()
        finally:
            unsubscribe()
            self.sender.close()

    def _hear(self, news: News) -> None:
        if not isinstance(news, Folded) or news.decision is None:
            return
        try:
            for address, values in messages(news.decision):
                self.sender.send_message(address, values)
        except OSError as error:
            self._say(error)
        else:
            self._lost = False

    def _say(self, error: OSError) -> None:
        if not self._lost:
            self.tell(f"Open Sound Control messages are lost ({error.strerror}); the music does not need them.")
        self._lost = True
