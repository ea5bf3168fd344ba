"""The room: the asyncio shell around the fold. It alone knows what time it is, and stamps what comes in."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from engine.clock import Clock
from engine.decision import Decision
from engine.inputs import Act, Command, Input, OutputState, Stamped
from engine.midi import TICK_S, TICKS_PER_SECOND, MidiEvent
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

    ``taps`` receive every folded tick; ``on_trouble`` one sentence each time a child fails.
    """

    session: Session
    output: RoomOutput
    clock: Clock
    source: HeartSource | None = None
    record: RoomRecord | None = None
    taps: Sequence[Callable[[Folded], None]] = ()
    on_trouble: Callable[[str], None] = lambda _: None
    minutes: float | None = None
    _stamper: Stamper = field(default_factory=Stamper)
    _waiting: list[Stamped] = field(default_factory=list)
    _start_s: float = 0.0
    _epoch: int = 0

    def now_s(self) -> float:
        """Seconds since the session's start."""
        return self.clock() - self._start_s

    def submit(self, given: Input) -> None:
        """Take an input at the first tick not yet folded. A stop reaches the guardian at once."""
        stamped = self._stamper.stamp(self.session.next_tick, given)
        self._waiting.append(stamped)
        if isinstance(given, Command) and given.act in STOPS:
            self._epoch += 1
            self.output.cue(Cue(stamped.tick, self._epoch, STOPS[given.act]))
        if self.record:
            self.record.take(stamped)

    def hear_output(self, state: OutputState) -> None:
        """The guardian's answer is one more input."""
        self.submit(state)

    async def run(self) -> None:
        """Play until the session has ended and faded."""
        self._start_s = self.clock()
        self._epoch = self.session.epoch
        async with asyncio.TaskGroup() as children:
            heart = children.create_task(self._listen(), name="heart")
            await self._fold_on()
            heart.cancel()

    async def _listen(self) -> None:
        if self.source is not None:
            keeper = Supervisor("heart source", self.clock, random.Random(), self.on_trouble)
            await keeper.keep(partial(self.source.run, self.submit))

    async def _fold_on(self) -> None:
        while not self.session.finished:
            self.output.beat()
            target = round(self.now_s() / TICK_S) + LOOK_AHEAD_TICKS
            for _ in range(min(target - self.session.next_tick, CATCH_UP_TICKS)):
                self._fold_one()
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
        for tap in self.taps:
            tap(folded)

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
