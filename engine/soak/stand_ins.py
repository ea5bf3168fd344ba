"""What stands in for the outside of a room in simulated time: its clock, its synth's ear, its record."""

import os
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from itertools import count

from engine.decision import Decision
from engine.inputs import Command, Resumed, Stamped
from engine.midi import MidiEvent, is_note_on
from engine.output.ports import PortLostError
from engine.record.past import past_ticks
from engine.session import Session, Setup
from engine.soak.stream_checker import StreamChecker

_NUMBERS = count(1)
"""No room that failed keeps its port from the next one."""


@dataclass(slots=True)
class SimulatedClock:
    """Stands until it is moved."""

    now_s: float = 0.0

    def __call__(self) -> float:
        """Seconds on it."""
        return self.now_s


@dataclass(slots=True)
class HeardPort:
    """A synth's ear: the stream checker. Its cable can be pulled."""

    clock: SimulatedClock
    checker: StreamChecker
    name: str = field(default_factory=lambda: f"soak-{os.getpid()}-{next(_NUMBERS)}")
    plugged: bool = True
    notes: int = 0

    def send(self, data: bytes) -> None:
        """One message reaches the synth."""
        if not self.plugged:
            raise PortLostError(f"The port {self.name} is gone.")
        self.notes += is_note_on(data)
        self.checker.feed(self.clock.now_s, data)

    def is_there(self) -> bool:
        """Whether the cable is in."""
        return self.plugged

    def reopen(self) -> bool:
        """It is back when the cable is in; then the synth is told at once what it missed."""
        if self.plugged:
            self.checker.stop("guardian", self.clock.now_s)
        return self.plugged

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass(slots=True)
class Keeper:
    """Keeps what a journal would: in memory, committed each second and at each command. A kill loses the rest.

    While its disk ``stands_still``, nothing is committed.
    """

    inputs: list[Stamped] = field(default_factory=list)
    events: list[MidiEvent] = field(default_factory=list)
    reached_tick: int = -1
    stands_still: bool = False
    _committed: tuple[int, int, int] = (0, 0, -1)

    def take(self, stamped: Stamped) -> None:
        """Keep an input."""
        self.inputs.append(stamped)
        self.reached_tick = max(self.reached_tick, stamped.tick)
        if isinstance(stamped.input, Command):
            self._commit()

    def take_events(self, events: Sequence[MidiEvent]) -> None:
        """Keep what was sent."""
        self.events.extend(events)
        if events:
            self.reached_tick = max(self.reached_tick, events[-1].tick)

    def take_decision(self, decision: Decision) -> None:
        """A second is over."""
        self.reached_tick = max(self.reached_tick, decision.tick)
        self._commit()

    def take_fault(self, tick: int, sentence: str) -> None:
        """A fault is not folded."""

    def _commit(self) -> None:
        if not self.stands_still:
            self._committed = len(self.inputs), len(self.events), self.reached_tick

    def lose_uncommitted(self) -> None:
        """What a kill leaves."""
        inputs, events, self.reached_tick = self._committed
        del self.inputs[inputs:], self.events[events:]


def wrong_resumes(setup: Setup, kept: Keeper, never_composed: Container[int]) -> list[str]:
    """Where what was kept does not fold to what was heard; asked only after a resume, as it costs an hour again."""
    if not any(isinstance(stamped.input, Resumed) for stamped in kept.inputs):
        return []
    session, again = Session(setup), list[MidiEvent]()
    for tick, given in past_ticks(kept.inputs, kept.reached_tick + 1):
        events = session.fold(tick, given).events
        if tick not in never_composed:
            again.extend(events)
    right = again == kept.events
    return [] if right else [f"a resume was wrong: {len(again)} events replayed, {len(kept.events)} kept"]
