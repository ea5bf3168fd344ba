"""What waits to be sent: bounded, never waited for. A value is replaced by the next, the oldest events give way."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from engine.link.publication import Keeps, Publication

MOST_EVENTS = 200


@dataclass(slots=True)
class Outbox:
    """Values by topic, of which only the newest waits, and a queue of events. ``dropped`` counts lost events."""

    dropped: int = 0
    _newest: dict[str, Publication] = field(default_factory=dict)
    _due: dict[str, None] = field(default_factory=dict)
    _events: deque[Publication] = field(default_factory=deque)
    _filled: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, publication: Publication) -> None:
        """Take one; returns at once."""
        if publication.keeps is Keeps.VALUE:
            self._newest[publication.topic] = publication
            self._due[publication.topic] = None
        else:
            self._events.append(publication)
            if len(self._events) > MOST_EVENTS:
                self._events.popleft()
                self.dropped += 1
        self._filled.set()

    def renew(self) -> None:
        """A new link knows nothing: the newest of every topic is due again."""
        self._due = dict.fromkeys(self._newest)
        if self._due:
            self._filled.set()

    def put_back(self, publication: Publication) -> None:
        """It could not be sent: it is the next to go, unless something newer took its place."""
        if publication.keeps is Keeps.VALUE:
            self._due.setdefault(publication.topic)
        else:
            self._events.appendleft(publication)
        self._filled.set()

    async def take(self) -> Publication:
        """The next to send, events first; waits where there is none."""
        while True:
            if (publication := self.take_now()) is not None:
                return publication
            self._filled.clear()
            await self._filled.wait()

    def take_now(self) -> Publication | None:
        """The next to send, or None."""
        if self._events:
            return self._events.popleft()
        if self._due:
            topic = next(iter(self._due))
            del self._due[topic]
            return self._newest[topic]
        return None
