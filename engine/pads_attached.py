"""Pads attached to a live room: what is pressed is asked for, and a pulled cable is only told of."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from engine.attachment import RoomAccess
from engine.errors import CalandoError
from engine.inputs import Act, Command, Stamped
from engine.news import News
from engine.output.ports import MidiInput
from engine.pads import Pads, Presses, recall_pads

LOOK_S = 1.0

Hear = Callable[[bytes], None]


class PadInput(Protocol):
    """An open input that calls back, from a thread of its own, with each message."""

    def is_there(self) -> bool:
        """Whether the port can still be seen."""

    def close(self) -> None:
        """Let it go."""


OpenInput = Callable[[str, Hear], PadInput]
"""Opens the port of a name. Raises CalandoError where it is not there."""


@dataclass(slots=True)
class AttachedPads:
    """The attachment. ``tell`` says a sentence to the person at the terminal."""

    pads: Pads
    open_input: OpenInput
    tell: Callable[[str], None]
    name: str = "pads"
    _staying: bool = False
    _presses: Presses = field(default_factory=Presses)

    async def run(self, room: RoomAccess) -> None:
        """Serve until cancelled; the port is opened whenever it is there."""
        loop = asyncio.get_running_loop()
        forget = room.subscribe(self._follow)

        def heard(data: bytes) -> None:
            loop.call_soon_threadsafe(self._hear, room, data)

        port: PadInput | None = None
        missing = False
        try:
            while True:
                if port is not None and not port.is_there():
                    port.close()
                    port = None
                if port is None:
                    port = self._open(heard, quiet=missing)
                    missing = port is None
                await asyncio.sleep(LOOK_S)
        finally:
            forget()
            if port is not None:
                port.close()

    def _open(self, heard: Hear, *, quiet: bool) -> PadInput | None:
        try:
            port = self.open_input(self.pads.port, heard)
        except CalandoError:
            if not quiet:
                self.tell(f"The pads on {self.pads.port} are not there; plug them in again.")
            return None
        self.tell(f"The pads on {self.pads.port} are listened to.")
        return port

    def _hear(self, room: RoomAccess, data: bytes) -> None:
        press = self._presses.hear(room.now_s(), data)
        act = self.pads.bindings.get(press) if press else None
        if act is not None:
            room.submit(Command(self._meant(act), "pad"))

    def _meant(self, act: Act) -> Act:
        """One pedal holds and lets go."""
        return Act.MOVE_ON if act is Act.STAY and self._staying else act

    def _follow(self, news: News) -> None:
        if isinstance(news, Stamped) and isinstance(news.input, Command):
            if news.input.act is Act.STAY:
                self._staying = True
            elif news.input.act is Act.MOVE_ON:
                self._staying = False


def room_pads(room: str, tell: Callable[[str], None]) -> tuple[AttachedPads, ...]:
    """The pads that a room remembers, if it does."""
    pads = recall_pads(room)
    return (AttachedPads(pads, MidiInput, tell),) if pads else ()
