"""A guardian on a clock that stands until it is moved, with cables to pull and hands to play it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.midi import control, note_on
from engine.output.duty import SPIN_S, Guardian
from engine.output.guard import Guard
from engine.output.midi_clock import MidiClock
from engine.output.outputs import Outputs
from engine.output.ports import PortLostError
from engine.output.protocol import Beat, Cued, Events, Inherit, Order, encode_order

Heard = list[tuple[float, bytes]]


@dataclass
class Clock:
    """Stands until it is moved, but for ``spins``: so much goes by each time somebody looks."""

    now_s: float = 100.0
    spins_s: float = 0.0

    def __call__(self) -> float:
        self.now_s += self.spins_s
        return self.now_s


@dataclass
class Cable:
    """A port that can be pulled out."""

    name: str
    clock: Clock
    heard: Heard = field(default_factory=list)
    plugged: bool = True
    looked_at_s: list[float] = field(default_factory=list)

    def send(self, data: bytes) -> None:
        if not self.plugged:
            raise PortLostError(f"The port {self.name} is gone.")
        self.heard.append((self.clock.now_s, data))

    def is_there(self) -> bool:
        self.looked_at_s.append(self.clock.now_s)
        return self.plugged

    def reopen(self) -> bool:
        return self.plugged

    def close(self) -> None:
        self.plugged = False


class Desk:
    """A guardian with its outputs, and hands."""

    def __init__(self, *names: str, midi_clock: bool = False, starts_at_s: float = 100.0) -> None:
        self.clock = Clock(starts_at_s)
        self.cables: dict[str, Cable] = {}
        self.said: list[dict[str, object]] = []
        self.beats = True
        self._beat_s = -math.inf
        self.outputs = Outputs(names or ("near",), self.clock, lambda spec, _: self._cable(spec.plain))
        clock = MidiClock() if midi_clock else None
        self.guardian = Guardian(Guard(channels=(0,)), self.outputs, self.clock, self.said.append, clock)
        self.guard = self.guardian.guard

    def _cable(self, name: str) -> Cable:
        self.cables[name] = Cable(name, self.clock)
        return self.cables[name]

    @property
    def cable(self) -> Cable:
        return next(iter(self.cables.values()))

    def tell(self, *orders: Order) -> None:
        for order in orders:
            self.guardian.hear(encode_order(order))

    def work_until(self, at_s: float) -> None:
        """As its process does: wait as long as it says, and work; the spin before a note-on is over at once."""
        while self.clock.now_s < at_s:
            self.clock.now_s = min(self.clock.now_s + max(self.guardian.wait_s(), 0.001), at_s)
            if self.guard.next_note_on_s is not None and 0.0 < self.guard.next_note_on_s - self.clock.now_s <= SPIN_S:
                self.clock.now_s = self.guard.next_note_on_s
            self._beat()
            self.guardian.work()

    def _beat(self) -> None:
        """The engine lives, unless somebody says otherwise."""
        if self.beats and self.clock.now_s >= self._beat_s + 0.25:
            self._beat_s = self.clock.now_s
            self.tell(Beat())

    def play(self) -> None:
        """Taken over, and a note sounds from 101 s on."""
        self.tell(Inherit(()), Cued(1, None, 0), Events(1, ((100.5, control(0, 11, 20)), (101.0, note_on(0, 60, 40)))))
        self.work_until(101.5)

    def states(self) -> list[tuple[object, object]]:
        return [(said["state"], said["why"]) for said in self.said if "state" in said]

    def reports(self) -> list[dict[str, object]]:
        return [said["report"] for said in self.said if isinstance(said.get("report"), dict)]  # type: ignore[misc]

    def notes(self) -> Heard:
        return [(at_s, data) for at_s, data in self.cable.heard if data[0] & 0xE0 == 0x80]


Make = Callable[..., Desk]
