"""Notes waiting for their moment: what starts, what ends, what must not start at all."""

import heapq
from dataclasses import dataclass, field

from engine.limiter import Limiter
from engine.midi import TICK_US, MidiEvent, note_off, note_on

LONGEST_NOTE_US = 60_000_000
"""The composer's note length; the guardian allows twice that."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A note that will start at ``on_us`` and sound for ``length_us``."""

    on_us: int
    length_us: int
    channel: int
    pitch: int
    velocity: int


@dataclass(slots=True)
class Scheduler:
    """Turns waiting notes into limited note-ons and their note-offs, in order of time.

    A note that a limit forbids is left out whole. A pitch struck again while it sounds is let go first, and the
    first note's end is forgotten.
    """

    limiter: Limiter
    softened: int = 0
    left_out: int = 0
    _queue: list[tuple[int, int, int, Waiting | None, bytes]] = field(default_factory=list)
    _count: int = 0
    _owner: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, waiting: Waiting) -> None:
        """Let a note wait for its moment."""
        self._push(waiting.on_us, 1, waiting, b"")

    def _push(self, due_us: int, rank: int, waiting: Waiting | None, data: bytes) -> int:
        self._count += 1
        heapq.heappush(self._queue, (due_us, rank, self._count, waiting, data))
        return self._count

    def take(self, until_us: int) -> list[MidiEvent]:
        """The messages due before ``until_us``, in order; ends come before starts at the same moment."""
        events: list[MidiEvent] = []
        queue = self._queue
        while queue and queue[0][0] < until_us:
            due_us, _, number, waiting, data = heapq.heappop(queue)
            if waiting is None:
                self._end(due_us, number, data, events)
            else:
                self._start(due_us, waiting, events)
        return events

    def _end(self, due_us: int, number: int, data: bytes, events: list[MidiEvent]) -> None:
        key = (data[0] & 0x0F, data[1])
        if self._owner.get(key) != number:
            return
        del self._owner[key]
        self._send(due_us, data, events)

    def _start(self, due_us: int, waiting: Waiting, events: list[MidiEvent]) -> None:
        wanted = note_on(waiting.channel, waiting.pitch, waiting.velocity)
        key = (waiting.channel, waiting.pitch)
        if key in self._owner:
            del self._owner[key]
            self._send(due_us, note_off(*key), events)
        allowed = self.limiter.nearest(due_us / 1e6, wanted)
        if allowed is None:
            self.left_out += 1
            return
        self.softened += allowed != wanted
        self._send(due_us, allowed, events)
        end_us = due_us + min(waiting.length_us, LONGEST_NOTE_US)
        self._owner[key] = self._push(end_us, 0, None, note_off(*key))

    def _send(self, due_us: int, data: bytes, events: list[MidiEvent]) -> None:
        self.limiter.accept(due_us / 1e6, data)
        events.append(MidiEvent(due_us // TICK_US, due_us % TICK_US, data))
