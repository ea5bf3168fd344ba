"""The MQTT link as a room's attachment: tells the house, takes three requests, and comes back by itself for ever."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from engine.attachment import RoomAccess
from engine.inputs import Command
from engine.link.broker import Broker, BrokerError, Connection
from engine.link.discovery import STATUS, discovery
from engine.link.outbox import Outbox
from engine.link.publication import Topics
from engine.link.report import Reporter
from engine.link.requests import VERBS, Doorkeeper, Incoming, Refusal, Repeated, Request
from engine.news import News, RecordedUpTo
from engine.session import Folded

SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.25, 4.0
GOODBYE_S = 2.0
MOST_UNRECORDED = 100
"""Where a disk takes nothing, no more than so many wait to be told that they are on it."""
BY = "link"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that was handed in, until it is answered."""

    request: Request
    tick: int
    seq: int


@dataclass(slots=True)
class MqttLink:
    """One room's link. ``unix_s`` is wall time: it labels what is told and says whether a request is still fresh.

    ``tell`` hears one sentence when the link is lost and one when it is back.
    """

    topics: Topics
    broker: Broker
    reporter: Reporter
    unix_s: Callable[[], float]
    random: Random
    tell: Callable[[str], None]
    version: str
    discovers: bool = False
    outbox: Outbox = field(default_factory=Outbox)
    _asked: list[_Asked] = field(default_factory=list)
    _unrecorded: list[_Asked] = field(default_factory=list)
    _trouble: str = ""
    _tries: int = 0
    _keeper: Doorkeeper = field(init=False)

    name = "link"

    def __post_init__(self) -> None:
        self._keeper = Doorkeeper(self.topics)

    async def run(self, room: RoomAccess) -> None:
        """Serve until cancelled."""
        unsubscribe = room.subscribe(self._hear)
        try:
            while True:
                await self._serve(room)
                await asyncio.sleep(self._wait_s())
        finally:
            unsubscribe()

    async def _serve(self, room: RoomAccess) -> None:
        """One connection, from its start to its loss."""
        try:
            async with self.broker.connect(self.reporter.state("lost", self.unix_s())) as connection:
                self._begin()
                try:
                    await self._speak_and_listen(connection, room)
                except asyncio.CancelledError:
                    await self._say_goodbye(connection)
                    raise
        except BrokerError as error:
            self._lost(str(error))

    async def _speak_and_listen(self, connection: Connection, room: RoomAccess) -> None:
        both = [asyncio.create_task(self._speak(connection)), asyncio.create_task(self._listen(connection, room))]
        try:
            ended, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        for task in ended:
            await task

    async def _speak(self, connection: Connection) -> None:
        while True:
            publication = await self.outbox.take()
            try:
                await connection.publish(publication)
            except BaseException:
                self.outbox.put_back(publication)
                raise

    async def _listen(self, connection: Connection, room: RoomAccess) -> None:
        async for incoming in connection.incoming():
            if incoming.topic == STATUS:
                self._discover()
            else:
                self._answer(incoming, room)

    def _answer(self, incoming: Incoming, room: RoomAccess) -> None:
        now_s = self.unix_s()
        match self._keeper.judge(incoming, now_s):
            case Request() as request:
                stamped = room.submit(Command(request.act, BY))
                asked = _Asked(request, stamped.tick, stamped.seq)
                self._asked.append(asked)
                self._unrecorded = [*self._unrecorded, asked][-MOST_UNRECORDED:]
            case Repeated() as repeated:
                self._ack(repeated.client, repeated.id, ok=True, state="repeated")
            case Refusal() as refusal:
                if refusal.client and refusal.id:
                    self._ack(refusal.client, refusal.id, ok=False, error=refusal.why)
                self.outbox.put(self.reporter.event("refused", BY, now_s, why=refusal.why))

    def _hear(self, news: News) -> None:
        for publication in self.reporter.tell(news, self.unix_s()):
            self.outbox.put(publication)
        if isinstance(news, Folded) and self._asked:
            self._asked = self._ack_those(self._asked, "done", lambda each: each.tick <= news.tick)
        elif isinstance(news, RecordedUpTo) and self._unrecorded:
            self._unrecorded = self._ack_those(self._unrecorded, "recorded", lambda each: each.seq <= news.seq)

    def _ack_those(self, asked: list[_Asked], state: str, has_come: Callable[[_Asked], bool]) -> list[_Asked]:
        """Answer those for whom the time has come; the others."""
        for each in filter(has_come, asked):
            self._ack(each.request.client, each.request.id, ok=True, state=state)
        return [each for each in asked if not has_come(each)]

    def _ack(self, client: str, request: str, **more: object) -> None:
        self.outbox.put(self.reporter.answer(client, request, self.unix_s(), **more))

    def _begin(self) -> None:
        if self._trouble:
            self.tell("The link to the house is back.")
        self._trouble, self._tries = "", 0
        self.outbox.put(self.reporter.state("ready", self.unix_s()))
        self.outbox.put(self.reporter.info(self.version, tuple(VERBS), self.unix_s()))
        self._discover()
        self.outbox.renew()

    def _discover(self) -> None:
        if self.discovers:
            self.outbox.put(discovery(self.topics, self.version))

    def _lost(self, why: str) -> None:
        if why != self._trouble:
            self.tell(f"{why} The music does not need it; it is tried again.")
        self._trouble = why

    def _wait_s(self) -> float:
        self._tries += 1
        ceiling_s = min(LONGEST_WAIT_S, SHORTEST_WAIT_S * 2.0 ** min(self._tries, 10))
        return self.random.uniform(SHORTEST_WAIT_S, ceiling_s)

    async def _say_goodbye(self, connection: Connection) -> None:
        """What still waits, and that this is no loss: the broker keeps the will to itself."""
        self.outbox.put(self.reporter.state("disconnected", self.unix_s()))
        with contextlib.suppress(TimeoutError, BrokerError):
            async with asyncio.timeout(GOODBYE_S):
                while (publication := self.outbox.take_now()) is not None:
                    await connection.publish(publication)
