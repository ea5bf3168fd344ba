"""The port to a broker: what the link needs of one, and the one in memory that tests use instead."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from engine.link.publication import Publication
from engine.link.requests import Incoming


class BrokerError(Exception):
    """The broker cannot be reached, or is lost; its text is one sentence for a person."""


class Connection(Protocol):
    """A link to a broker that is up, with this room's requests subscribed."""

    async def publish(self, publication: Publication) -> None:
        """Send one. Raises BrokerError where it is not taken in time."""

    def incoming(self) -> AsyncIterator[Incoming]:
        """Everything that comes, until the link is lost: then BrokerError is raised."""


class Broker(Protocol):
    """Where a room's link leads."""

    def connect(self, will: Publication) -> AbstractAsyncContextManager[Connection]:
        """Connect, leaving a will for when this is lost without a word. Raises BrokerError."""


@dataclass(slots=True)
class RememberedBroker:
    """A broker in memory that keeps what it was told. Set ``up`` to False, and it is neither reached nor kept."""

    up: bool = True
    told: list[Publication] = field(default_factory=list)
    wills: list[Publication] = field(default_factory=list)
    connections: int = 0
    _inbox: asyncio.Queue[Incoming | None] = field(default_factory=asyncio.Queue)

    def send(self, incoming: Incoming) -> None:
        """Somebody publishes to this room."""
        self._inbox.put_nowait(incoming)

    def fall(self) -> None:
        """The link is lost."""
        self.up = False
        self._inbox.put_nowait(None)

    @asynccontextmanager
    async def connect(self, will: Publication) -> AsyncIterator[Connection]:
        """As a broker does."""
        if not self.up:
            raise BrokerError("No broker answers.")
        self.connections += 1
        self.wills.append(will)
        yield self

    async def publish(self, publication: Publication) -> None:
        """Keep it."""
        if not self.up:
            raise BrokerError("The broker is lost.")
        self.told.append(publication)

    async def incoming(self) -> AsyncIterator[Incoming]:
        """What ``send`` was given."""
        while (incoming := await self._inbox.get()) is not None:
            yield incoming
        raise BrokerError("The broker is lost.")
