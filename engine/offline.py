"""A whole session at once, from a recording: the same fold and the same guard as live, without a wall clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from engine.decision import Decision
from engine.inputs import Act, Command, Input, Stamped
from engine.midi import TICK_S, TICKS_PER_SECOND, MidiEvent, is_note_on
from engine.output.guard import Guard, GuardState
from engine.session import Folded, Session, Setup
from sensors.heart import Recording


@dataclass(frozen=True, slots=True)
class Mark:
    """A command at a time of the session, as ``--mark MM:SS=dose`` says it."""

    at_s: float
    act: Act
    value: float | None = None


@dataclass(slots=True)
class Rendering:
    """A finished session: what was decided, what was composed, and what a synth would have heard.

    ``wire`` are (seconds, bytes) after the guard; ``tempo`` are (seconds, bpm) where the tempo changed;
    ``markers`` are (seconds, words); ``refused`` counts the messages that the guard would not let pass: none, ever.
    """

    setup: Setup
    decisions: list[Decision] = field(default_factory=list)
    events: list[MidiEvent] = field(default_factory=list)
    inputs: list[Stamped] = field(default_factory=list)
    wire: list[tuple[float, bytes]] = field(default_factory=list)
    tempo: list[tuple[float, float]] = field(default_factory=list)
    markers: list[tuple[float, str]] = field(default_factory=list)
    refused: int = 0

    @property
    def duration_s(self) -> float:
        """Seconds from the start to the last decision."""
        return self.decisions[-1].time_s if self.decisions else 0.0

    @property
    def notes(self) -> int:
        """How many notes went to the wire."""
        return sum(1 for _, data in self.wire if is_note_on(data))


@dataclass(slots=True)
class Writer:
    """Gathers folded ticks into a rendering, through a guard of its own: the twin of the one that owns the port."""

    rendering: Rendering
    guard: Guard
    _phase: str = ""
    _tempo_bpm: float = 0.0

    def take(self, folded: Folded) -> None:
        """One more tick."""
        now_s = folded.tick * TICK_S
        for cue in folded.cues:
            self.guard.cue(cue.epoch, cue.stop, now_s)
            self.rendering.markers.append((now_s, str(cue.stop or "play on")))
        for event in folded.events:
            self.guard.event(folded.epoch, event.time_s, event.data)
        self.rendering.events.extend(folded.events)
        if folded.events or folded.cues or self.guard.state is GuardState.FADING or folded.decision:
            self.rendering.wire.extend(self.guard.advance(now_s + TICK_S))
        if folded.decision:
            self._note(folded.decision, folded.tempo_bpm)

    def _note(self, decision: Decision, tempo_bpm: float) -> None:
        self.rendering.decisions.append(decision)
        if abs(tempo_bpm - self._tempo_bpm) >= 0.05:
            self._tempo_bpm = tempo_bpm
            self.rendering.tempo.append((decision.time_s, tempo_bpm))
        if decision.phase != self._phase:
            self._phase = decision.phase
            self.rendering.markers.append((decision.time_s, decision.phase))


def new_writer(setup: Setup) -> Writer:
    """A writer whose guard obeys the profile's level controller."""
    return Writer(Rendering(setup), Guard(level_cc=setup.profile.output.level_cc))


@dataclass(slots=True)
class Stamper:
    """Gives each input the first tick not yet folded, and the next number."""

    seq: int = 0

    def stamp(self, tick: int, given: Input) -> Stamped:
        """One stamped input."""
        self.seq += 1
        return Stamped(tick, self.seq, given)


def fold_recording(
    setup: Setup, recording: Recording | None, minutes: float, marks: Iterable[Mark] = (), *, ends: bool = True
) -> Rendering:
    """Fold ``minutes`` of a recording (None: no heart) from a person's start at second 0 to a faded end.

    With ``ends`` False the rendering stops in mid-air, as a demo's excerpt needs it.
    """
    session, writer = Session(setup), new_writer(setup)
    end_tick = round(minutes * 60 * TICKS_PER_SECOND)
    for tick, given in _ticks(recording, _acts(marks, end_tick, ends=ends)):
        writer.rendering.inputs.extend(given)
        writer.take(session.fold(tick, given))
        if session.finished or (not ends and tick >= end_tick):
            break
    writer.rendering.refused = writer.guard.counts.refused.total()
    return writer.rendering


def _acts(marks: Iterable[Mark], end_tick: int, *, ends: bool) -> dict[int, list[Command]]:
    acts: dict[int, list[Command]] = {0: [Command(Act.PLAY_ON, "start")]}
    for mark in marks:
        tick = round(mark.at_s * TICKS_PER_SECOND)
        acts.setdefault(tick, []).append(Command(mark.act, "mark", mark.value))
    if ends:
        acts.setdefault(end_tick, []).append(Command(Act.END, "end of the recording"))
    return acts


def _ticks(recording: Recording | None, acts: dict[int, list[Command]]) -> Iterator[tuple[int, list[Stamped]]]:
    stamper, tick = Stamper(), 0
    while True:
        heard = recording.pull(tick * TICK_S) if recording and tick % 2 == 0 else ()
        given: list[Input] = [*acts.get(tick, ()), *heard]
        yield tick, [stamper.stamp(tick, each) for each in given]
        tick += 1
