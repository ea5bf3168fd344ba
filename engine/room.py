"""The room: the asyncio shell around the fold. It alone knows what time it is, and stamps what comes in."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Protocol

from engine.attachment import Attachment
from engine.clock import Clock
from engine.decision import Decision
from engine.inputs import Act, Command, Input, OutputState, Resumed, Stamped
from engine.midi import TICK_S, TICKS_PER_SECOND, MidiEvent
from engine.news import Hear, News, RecordedUpTo, Trouble
from engine.offline import Mark, Stamper
from engine.output.cues import Cue
from engine.output.midi_clock import Pulse
from engine.session import STOPS, Folded, Session
from engine.supervise import Supervisor
from sensors.heart import HeartSource

log = logging.getLogger(__name__)

LOOK_AHEAD_TICKS = 10
"""The engine folds 500 ms ahead of the wall."""
CATCH_UP_TICKS = 200
"""A stall of up to 10 s is folded at once. After a longer one, as after the computer's sleep, the room resumes."""


class RoomOutput(Protocol):
    """Where a room's events go: the guardian, or its fake."""

    def send(self, epoch: int, due_events: Sequence[tuple[float, bytes]]) -> None:
        """Hand over messages due at seconds on the live clock."""

    def cue(self, cue: Cue) -> None:
        """Stop, or play on."""

    def pulse(self, pulse: Pulse) -> None:
        """Where the music's beat stands from a moment on the live clock on."""

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

    def take_fault(self, tick: int, sentence: str) -> None:
        """Keep what failed beside the music."""


@dataclass(frozen=True, slots=True)
class Continued:
    """What a room that comes back knows of the time before: its last seq and its last run."""

    seq: int
    run: int


@dataclass(slots=True)
class Room:
    """One listener's room, from the first tick until the end has faded.

    ``attached`` companions are told all news and may hand in inputs; the music plays on without them. ``marks`` are
    acts at their times, ``minutes`` an end, ``start_s`` second 0 on the clock (None: when it begins). With
    ``continued`` the session was relived, and the first thing that happens is that it resumes.
    """

    session: Session
    output: RoomOutput
    clock: Clock
    source: HeartSource | None = None
    record: RoomRecord | None = None
    attached: Sequence[Attachment] = ()
    marks: Sequence[Mark] = ()
    minutes: float | None = None
    start_s: float | None = None
    continued: Continued | None = None
    _run: int = 0
    _planned: deque[tuple[int, Command]] = field(default_factory=deque)
    _stamper: Stamper = field(default_factory=Stamper)
    _waiting: list[Stamped] = field(default_factory=list)
    _listeners: list[Hear] = field(default_factory=list)
    _start_s: float = 0.0
    _has_begun: bool = False
    _epoch: int = 0

    def __post_init__(self) -> None:
        if self.continued:
            self._stamper.seq, self._run = self.continued.seq, self.continued.run

    def now_s(self) -> float:
        """Seconds since the session's start."""
        return self.clock() - self._start_s

    def subscribe(self, hear: Hear) -> Callable[[], None]:
        """Tell all news from now on; what is returned ends it."""
        self._listeners.append(hear)
        return partial(self._forget, hear)

    def submit(self, given: Input) -> Stamped:
        """Take an input at the first tick not yet folded. A stop reaches the guardian at once.

        A person who acts before the room noticed that it slept acts now, and not in the time before the sleep.
        """
        if isinstance(given, Command) and self._is_behind:
            self._stop_at_once(given)
            self._resume()
        return self._take(given)

    def _take(self, given: Input) -> Stamped:
        stamped = self._stamp(self.session.next_tick, given)
        self._stop_at_once(given)
        self._tell(stamped)
        return stamped

    def _stop_at_once(self, given: Input) -> None:
        if isinstance(given, Command) and given.act in STOPS:
            self._epoch += 1
            self.output.cue(Cue(self.session.next_tick, self._epoch, STOPS[given.act]))

    def _stamp(self, tick: int, given: Input) -> Stamped:
        stamped = self._stamper.stamp(tick, given)
        self._waiting.append(stamped)
        if self.record:
            self.record.take(stamped)
        return stamped

    def report(self, news: RecordedUpTo | Trouble) -> None:
        """Whatever serves the room says what it kept, or what failed."""
        if self.record and isinstance(news, Trouble):
            self.record.take_fault(self.session.next_tick, news.sentence)
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
        """Second 0 is now; or, for a room that comes back, was then."""
        planned = [(round(mark.at_s * TICKS_PER_SECOND), Command(mark.act, "mark", mark.value)) for mark in self.marks]
        if self.minutes is not None:
            planned.append((round(self.minutes * 60 * TICKS_PER_SECOND), Command(Act.END, "minutes")))
        self._planned.extend(sorted(planned, key=itemgetter(0)))
        self._epoch = self.session.epoch
        self._start_s = self.clock() if self.start_s is None else self.start_s
        self._has_begun = True
        if self.continued:
            self._resume()

    def step(self) -> None:
        """One control tick: tell the output that the room lives, and fold up to 500 ms ahead of the wall."""
        self.output.beat()
        if self._is_behind:
            self._resume()
        for _ in range(self._target - self.session.next_tick):
            self._fold_one()

    def _companions(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        if self.source is not None:
            yield "heart source", partial(self.source.run, self.submit)
        for attachment in self.attached:
            yield attachment.name, partial(attachment.run, self)

    async def _keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        def trouble(sentence: str) -> None:
            self.report(Trouble(sentence))

        await Supervisor(name, self.clock, random.Random(), trouble).keep(run)

    def _tell(self, news: News) -> None:
        """Whoever fails to listen is told nothing more: the music goes on."""
        for hear in tuple(self._listeners):
            try:
                hear(news)
            except Exception as error:
                log.debug("a listener failed", exc_info=error)
                self._forget(hear)
                self.report(
                    Trouble(f"One that was told of the session failed ({type(error).__name__}) and is left out.")
                )

    def _forget(self, hear: Hear) -> None:
        if hear in self._listeners:
            self._listeners.remove(hear)

    async def _fold_on(self) -> None:
        while not self.session.finished:
            self.step()
            await asyncio.sleep(max(0.0, self._next_fold_s() - self.now_s()))

    @property
    def _target(self) -> int:
        """The first tick that must not be folded yet."""
        return round(self.now_s() / TICK_S) + LOOK_AHEAD_TICKS

    @property
    def _is_behind(self) -> bool:
        """True where more time went by than is folded at once."""
        lives = self._has_begun and not self.session.finished
        return lives and self._target - self.session.next_tick > CATCH_UP_TICKS

    def _resume(self) -> None:
        """Leave out the time that nobody folded; what came in before it belongs to its own tick."""
        if self._waiting:
            self._fold(self.session.next_tick)
        missed = max(self._target - self.session.next_tick, 0)
        self._run += 1
        tick = self.session.next_tick + missed
        self._tell(self._stamp(tick, Resumed(missed * TICK_S, self._run)))
        self._fold(tick)

    def _next_fold_s(self) -> float:
        return (self.session.next_tick - LOOK_AHEAD_TICKS + 1) * TICK_S

    def _fold_one(self) -> None:
        while self._planned and self._planned[0][0] <= self.session.next_tick:
            self._take(self._planned.popleft()[1])
        self._fold(self.session.next_tick)

    def _fold(self, tick: int) -> None:
        given, self._waiting = self._waiting, []
        folded = self.session.fold(tick, given)
        self._epoch = max(self._epoch, folded.epoch)
        self._hand_over(folded)
        self._tell(folded)

    def _hand_over(self, folded: Folded) -> None:
        for cue in folded.cues:
            self.output.cue(cue)
        self.output.pulse(Pulse(self._start_s + folded.tick * TICK_S, folded.beat, folded.tempo_bpm))
        if folded.events:
            due = [(self._start_s + event.time_s, event.data) for event in folded.events]
            self.output.send(folded.epoch, due)
        if self.record:
            self.record.take_events(folded.events)
            if folded.decision:
                self.record.take_decision(folded.decision)
