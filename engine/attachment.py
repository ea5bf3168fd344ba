"""What may be attached to a live room: a page, a link, pads. It is told, and it asks; the music never needs it."""

from collections.abc import Callable
from typing import Protocol

from engine.inputs import Input, Stamped
from engine.news import Hear


class RoomAccess(Protocol):
    """What an attachment may do with its room."""

    def now_s(self) -> float:
        """Seconds since the session's start."""

    def submit(self, given: Input) -> Stamped:
        """Hand in an input; it is in force in the tick that it is stamped with. A stop reaches the guardian at once."""

    def subscribe(self, hear: Hear) -> Callable[[], None]:
        """Be told everything from now on; call what is returned to be told no more."""


class Attachment(Protocol):
    """One optional companion of a room. Where it raises, it is started again, with patience."""

    @property
    def name(self) -> str:
        """As a person would call it: ``page``, ``link``, ``pads``."""

    async def run(self, room: RoomAccess) -> None:
        """Serve until cancelled; returning means that there is nothing more to do."""
