"""The room: the asyncio shell around the fold. It alone knows what time it is, and stamps what comes in."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from engine.attachment import Attachment
from engine.clock import Clock
from engine.decision import Decision
from engine.inputs import Act, Command, Input, OutputState, Stamped
from engine.midi import TICK_S, TICKS_PER_SECOND, MidiEvent
from engine.news import Hear, News, RecordedUpTo, Trouble
from engine.offline import Stamper
from engine.output.cues import Cue
from engine.session import STOPS, Folded, Session
from engine.supervise import Supervisor
from sensors.heart import HeartSource

LOOK_AHEAD_TICKS = 10
"""The engine folds 500 ms ahead of the wall."""
CATCH_UP_TICKS = 200
"""After a stall at most 10 s are folded before the loop breathes again."""


class RoomOutput(Protocol):
    """Where a room's events go: the guardian, or its fake."""

    def send(self, epoch: int, due_events: Sequence[tuple[float, bytes]]) -> None:
        """Hand over messages due at seconds on the live clock."""

    def cue(self, cue: Cue) -> None:
        """Stop, or play on."""

    def beat(self) -> None:
        """The room's control tick is alive."""


class RoomRecord(Protocol):
    """What keeps a room's session: the journal."""

    def take(self, stamped: Stamped) -> None:
        """Keep an input."""

    def take_events(self, events: Sequence[MidiEvent]) -> None:
        """Keep what was sent."""

    def take_decision(self, decision: Decision) -> None:
        """Keep one second's decision."""


@dataclass(slots=True)
class Room:
    """One listener's room, from the first tick until the end has faded.

    ``attached`` companions are told all news and may hand in inputs; the music plays on without them.
    """

    session: Session
    output: RoomOutput
    clock: Clock
    source: HeartSource | None = None
    record: RoomRecord | None = None
    attached: Sequence[Attachment] = ()
    minutes: float | None = None
    _stamper: Stamper = field(default_factory=Stamper)
    _waiting: list[Stamped] = field(default_factory=list)
    _listeners: list[Hear] = field(default_factory=list)
    _start_s: float = 0.0
    _epoch: int = 0

    def now_s(self) -> float:
        """Seconds since the session's start."""
        return self.clock() - self._start_s

    def subscribe(self, hear: Hear) -> Callable[[], None]:
        """Tell all news from now on; what is returned ends it."""
        self._listeners.append(hear)
        return partial(self._listeners.remove, hear)

    def submit(self, given: Input) -> Stamped:
        """Take an input at the first tick not yet folded. A stop reaches the guardian at once."""
        stamped = self._stamper.stamp(self.session.next_tick, given)
        self._waiting.append(stamped)
        if isinstance(given, Command) and given.act in STOPS:
            self._epoch += 1
            self.output.cue(Cue(stamped.tick, self._epoch, STOPS[given.act]))
        if self.record:
            self.record.take(stamped)
        self._tell(stamped)
        return stamped

    def report(self, news: RecordedUpTo | Trouble) -> None:
        """Whatever serves the room says what it kept, or what failed."""
        self._tell(news)

    def hear_output(self, state: OutputState) -> None:
        """The guardian's answer is one more input."""
        self.submit(state)

    async def run(self) -> None:
        """Play until the session has ended and faded."""
        self.begin()
        async with asyncio.TaskGroup() as children:
            companions = [children.create_task(self._keep(name, run), name=name) for name, run in self._companions()]
            await self._fold_on()
            for companion in companions:
                companion.cancel()

    def begin(self) -> None:
        """Second 0 is now."""
        self._start_s = self.clock()
        self._epoch = self.session.epoch

    def step(self) -> None:
        """One control tick: tell the output that the room lives, and fold up to 500 ms ahead of the wall."""
        self.output.beat()
        target = round(self.now_s() / TICK_S) + LOOK_AHEAD_TICKS
        for _ in range(min(target - self.session.next_tick, CATCH_UP_TICKS)):
            self._fold_one()

    def _companions(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        if self.source is not None:
            yield "heart source", partial(self.source.run, self.submit)
        for attachment in self.attached:
            yield attachment.name, partial(attachment.run, self)

    async def _keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        def trouble(sentence: str) -> None:
            self._tell(Trouble(sentence))

        await Supervisor(name, self.clock, random.Random(), trouble).keep(run)

    def _tell(self, news: News) -> None:
        for hear in tuple(self._listeners):
            hear(news)

    async def _fold_on(self) -> None:
        while not self.session.finished:
            self.step()
            await asyncio.sleep(max(0.0, self._next_fold_s() - self.now_s()))

    def _next_fold_s(self) -> float:
        return (self.session.next_tick - LOOK_AHEAD_TICKS + 1) * TICK_S

    def _fold_one(self) -> None:
        tick = self.session.next_tick
        if self.minutes is not None and tick == round(self.minutes * 60 * TICKS_PER_SECOND):
            self.submit(Command(Act.END, "minutes"))
        given, self._waiting = self._waiting, []
        folded = self.session.fold(tick, given)
        self._epoch = max(self._epoch, folded.epoch)
        self._hand_over(folded)
        self._tell(folded)

    def _hand_over(self, folded: Folded) -> None:
        for cue in folded.cues:
            self.output.cue(cue)
        if folded.events:
            due = [(self._start_s + event.time_s, event.data) for event in folded.events]
            self.output.send(folded.epoch, due)
        if self.record:
            self.record.take_events(folded.events)
            if folded.decision:
                self.record.take_decision(folded.decision)
