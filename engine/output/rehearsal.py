"""The fake that ships beside the guardian's link: the same guard without a process, recording what it was told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.clock import Clock
from engine.output.cues import Cue
from engine.output.guard import Guard
from engine.output.midi_clock import Pulse


@dataclass(slots=True)
class RehearsedOutput:
    """Stands in for the guardian where there is no port: on the given clock, into ``wire`` as (seconds, bytes)."""

    clock: Clock
    guard: Guard = field(default_factory=Guard)
    wire: list[tuple[float, bytes]] = field(default_factory=list)
    cues: list[tuple[float, Cue]] = field(default_factory=list)
    beats: int = 0
    pulses: list[Pulse] = field(default_factory=list)

    def send(self, epoch: int, due_events: Sequence[tuple[float, bytes]]) -> None:
        """Queue messages, after sending what is due by now."""
        self._play()
        for due_s, data in due_events:
            self.guard.event(epoch, due_s, data)

    def cue(self, cue: Cue) -> None:
        """Stop, or play on, at once."""
        self._play()
        self.cues.append((self.clock(), cue))
        self.guard.cue(cue.epoch, cue.stop, self.clock())

    def pulse(self, pulse: Pulse) -> None:
        """Where the music's beat stands from a moment on."""
        self.pulses.append(pulse)

    def beat(self) -> None:
        """The room's control tick, which is when this output moves."""
        self.beats += 1
        self._play()

    def finish(self, until_s: float) -> None:
        """Play what is left, up to a time on the clock."""
        self.wire.extend(self.guard.advance(until_s))

    def _play(self) -> None:
        self.wire.extend(self.guard.advance(self.clock()))
