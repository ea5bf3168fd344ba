"""The guardian's duty, without its process: a guard, its outputs, an engine that may be gone. Standard library only."""

import math
from collections.abc import Callable, Iterable

from engine.clock import Clock
from engine.output.cues import Stop
from engine.output.feed import Feed
from engine.output.guard import Guard, GuardState
from engine.output.midi_clock import MidiClock, Pulse
from engine.output.outputs import Outputs
from engine.output.protocol import Beat, Cued, Events, Inherit, Lines, Order, Ping, read_order

SPIN_S = 0.0012
"""How long before a note-on the sleep ends and the waiting becomes exact."""

LOOK_S = 1.0
REPORT_S = 1.0
CALM_S = 0.03
"""Ports are looked at only in silence, or while nothing is due for this long,"""

PATIENCE_S = 1.0
"""or where it has not been calm for so long: a fade has a step each 20 ms, and a cable may be out all the while."""

LONGEST_WAIT_S = 0.25

Answer = Callable[[dict[str, object]], None]


class Guardian:
    """Orders in, bytes out, answers back. It reads the clock and touches the outputs; ``Guard`` does the judging."""

    def __init__(
        self, guard: Guard, outputs: Outputs, clock: Clock, answer: Answer, midi_clock: MidiClock | None = None
    ) -> None:
        self.guard = guard
        self.leaving = False
        self._outputs = outputs
        self._clock = clock
        self._answer = answer
        self._midi_clock = midi_clock
        self._lines = Lines()
        self._silences = guard.silences
        self._was_quiet = guard.state is GuardState.SILENT
        self._look_s = clock() + LOOK_S
        self._report_s = -math.inf
        self._reported: dict[str, object] = {}
        self._told_lost = ""
        self._missing: set[Feed] = set()

    @property
    def done(self) -> bool:
        """True once it was asked to leave and nothing sounds."""
        return self.leaving and self.guard.at_rest

    @property
    def is_quiet(self) -> bool:
        """Silent: whatever can be reached was told so, for a stop waits for no slower output."""
        return self.guard.state is GuardState.SILENT

    @property
    def is_cut_off(self) -> bool:
        """True where an output is away, which may hold what it last heard."""
        return bool(self._outputs.lost)

    def take_over(self, notes: Iterable[tuple[int, int]], channels: Iterable[int] = ()) -> None:
        """End what a guardian before this one left, and only then say that the output is open."""
        self.guard.inherit(self._clock(), notes, channels)
        self._send_due()
        names = ", ".join(self._outputs.names) or "no output"
        self._state("ready", f"{names}: waiting for play on")
        if self._outputs.lost:
            self._tell_state()

    def leave(self, why: str) -> None:
        """Fade, and then be done."""
        if not self.leaving:
            self.leaving = True
            self.guard.stop(Stop.CRASH, self._clock(), why)

    def panic(self) -> None:
        """Silence, from outside the engine; and look whether every output is there to hear it."""
        self._look_s = self._clock()
        self.guard.stop(Stop.SILENCE, self._look_s, "panic")

    def hear(self, data: bytes) -> None:
        """Bytes of the engine's pipe, cut anywhere."""
        for line in self._lines.feed(data):
            order = read_order(line)
            if order is None:
                self.guard.reject(self._clock(), "unreadable line")
            elif not self.leaving:
                self._obey(order)

    def _obey(self, order: Order) -> None:
        now_s = self._clock()
        match order:
            case Events(epoch, timed):
                for due_s, data in timed:
                    self.guard.event(epoch, due_s, data)
            case Cued():
                self._cue(order, now_s)
            case Beat():
                self._beat(now_s)
            case Ping(sent_s):
                self._answer({"pong": sent_s, "at": now_s})
            case Inherit(notes, channels):
                self.take_over(notes, channels)
            case Pulse() if self._midi_clock:
                self._midi_clock.hear(order)

    def _beat(self, now_s: float) -> None:
        """A heartbeat that returns in time keeps the music; the engine is told, for what it knows may be old."""
        was_fading = self.guard.state is GuardState.FADING
        self.guard.beat(now_s)
        if was_fading and self.guard.state is GuardState.PLAYING:
            self._state("ready", self.guard.why)

    def _cue(self, cued: Cued, now_s: float) -> None:
        """Obey a cue. A *play on* given before the engine knew of the guardian's own silence is no longer meant."""
        if cued.stop is None and (self._outputs.lost or cued.silences != self.guard.silences):
            self._tell_state()
            return
        if cued.stop is None:
            self.guard.beat(now_s)
        self.guard.cue(cued.epoch, cued.stop, now_s)

    def work(self) -> None:
        """Send what is due, look after the outputs, and say what changed."""
        self._send_due()
        now_s = self._clock()
        looks = now_s >= self._look_s and self._may_look(now_s)
        if looks:
            self._look_s = now_s + LOOK_S
            self._outputs.look()
        self._notice_losses()
        self._notice_silence()
        if looks:
            self._find_again()
        if now_s >= self._report_s:
            self._report_s = now_s + REPORT_S
            self._report()

    def _may_look(self, now_s: float) -> bool:
        is_calm = self.guard.state is GuardState.SILENT or self._next_due_s - now_s > CALM_S
        return is_calm or now_s >= self._look_s + PATIENCE_S

    def wait_s(self) -> float:
        """How long there is nothing to do; before a note-on it ends a little early, and ``work`` waits exactly."""
        early_s = SPIN_S if self._waits_for_note_on else 0.0
        left_s = self._next_due_s - self._clock() - early_s
        return min(max(left_s, 0.0), LONGEST_WAIT_S)

    @property
    def _next_due_s(self) -> float:
        clock_s = self._midi_clock.next_due_s if self._midi_clock else math.inf
        return min(self.guard.next_due_s, self._outputs.next_due_s, clock_s)

    @property
    def _waits_for_note_on(self) -> bool:
        return self.guard.state is GuardState.PLAYING and self.guard.next_note_on_s == self._next_due_s

    def _send_due(self) -> None:
        due_s = self.guard.next_due_s
        if self._waits_for_note_on and due_s - self._clock() <= SPIN_S:
            while self._clock() < due_s:
                pass
        for _, data in self.guard.catch_up(self._clock()):
            self._outputs.send(data)
        playing = self.guard.state is GuardState.PLAYING
        for data in self._midi_clock.take(self._clock(), playing=playing) if self._midi_clock else ():
            self._outputs.send(data)
        self.guard.counts.late += self._outputs.flush(may_start=playing)

    def _find_again(self) -> None:
        if self._outputs.lost:
            back = self._outputs.find_again(self.guard.restore())
            if back and not self._outputs.lost:
                self._told_lost = ""
                self._state("silenced", f"{', '.join(back)} is back; play on when you are ready")

    def _notice_losses(self) -> None:
        """A loss is a stop where something sounds, and is told in silence too: *play on* would be refused."""
        self._strand_at_new_losses()
        why = " ".join(self._outputs.lost.values())
        if not why:
            return
        is_news = why != self._told_lost
        if self.guard.state is GuardState.SILENT:
            if is_news:
                self._tell_state()
        elif self._outputs.all_lost:
            self.guard.lose(self._clock(), why)
        elif is_news:
            self.guard.stop(Stop.CRASH, self._clock(), why)

    def _strand_at_new_losses(self) -> None:
        missing = set(self._outputs.lost)
        if missing - self._missing:
            self.guard.strand(self._clock())
        self._missing = missing

    def _notice_silence(self) -> None:
        if self.guard.silences != self._silences:
            self._silences = self.guard.silences
            self._tell_state()
        is_quiet = self.guard.state is GuardState.SILENT and not self._outputs.lost
        if is_quiet and not self._was_quiet:
            self._answer({"quiet": True})
        self._was_quiet = is_quiet

    def _tell_state(self) -> None:
        lost = self._told_lost = " ".join(self._outputs.lost.values())
        self._state("port_lost" if lost else "silenced", lost or self.guard.why)

    def _state(self, kind: str, why: str) -> None:
        self._answer({"state": kind, "why": why, "silences": self.guard.silences})

    def _report(self) -> None:
        counts = self.guard.counts
        report: dict[str, object] = {
            "sent": counts.sent,
            "late": counts.late,
            "discarded": counts.discarded,
            "refused": dict(counts.refused),
            "lateness": list(counts.lateness.counts),
            "worst_late_ms": round(counts.lateness.worst_ms, 3),
        }
        if report != self._reported:
            self._reported = report
            self._answer({"report": report})
