"""A session is a fold over its inputs: no clock, no I/O, no global randomness.

The same setup and the same stamped inputs give the same events, cues and decisions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.affect.arousal import Estimator
from engine.affect.estimate import Estimate, Flag, Route, no_estimate
from engine.affect.prior import Prior
from engine.decision import Decision
from engine.inputs import (
    MARKS,
    UNDO_S,
    UNDOABLE,
    Act,
    Command,
    ConfigChange,
    OutputKind,
    OutputState,
    Resumed,
    Stamped,
    in_fold_order,
)
from engine.midi import TICK_S, TICKS_PER_SECOND, MidiEvent, is_note_on
from engine.mixer import GRID_TICKS
from engine.output.cues import FADE_S, Cue, Stop
from engine.performance import Performance
from engine.policy.controller import Controller
from engine.policy.explain import explain
from engine.policy.shadow import Shadow
from engine.policy.words import limits_in_words
from engine.profile import Profile
from engine.timeline import Timeline
from generators.score import Intent, Window
from sensors.heart import HeartPacket, LinkState

STOPS = {Act.SILENCE: Stop.SILENCE, Act.PAUSE: Stop.PAUSE, Act.END: Stop.END}
UNDO_TICKS = round(UNDO_S * TICKS_PER_SECOND)


@dataclass(frozen=True, slots=True)
class Setup:
    """What a session is made of, besides its inputs."""

    profile: Profile
    seed: int
    route: Route = Route.NONE
    flags: frozenset[Flag] = frozenset()
    hears_a_heart: bool = True
    """False where there is no source at all: staff-only."""
    prior: Prior | None = None
    """What earlier sessions of the same pseudonym say, resolved: replay needs no other record."""
    pseudonym: str | None = None
    """A code for the listener, kept in the record; it changes nothing that is played."""
    shadow: bool = False
    """True where decisions follow the heart, but what is played is the plain profile, as for a heart at rest."""

    @property
    def staff_only(self) -> bool:
        """True where no heart may move the music: the arc and the staff alone do."""
        return not self.hears_a_heart or bool(self.flags & {Flag.ARRHYTHMIA, Flag.PACEMAKER})


def _on_the_grid(tick: int) -> int:
    """The first tick from ``tick`` on at which controllers move: a start sets them all before its first note."""
    return tick + -tick % GRID_TICKS


class Folded(NamedTuple):
    """What one tick gave: ``cues`` take effect before ``events``, which belong to ``epoch``."""

    tick: int
    epoch: int
    events: tuple[MidiEvent, ...]
    cues: tuple[Cue, ...]
    decision: Decision | None
    tempo_bpm: float
    beat: float
    """Where the pulse stood as the tick began."""


@dataclass(slots=True)
class Session:
    """The fold. It starts quiet: music begins with a person's *play on*, as after every stop."""

    setup: Setup
    epoch: int = 0
    next_tick: int = 0
    _estimator: Estimator = field(init=False)
    _controller: Controller = field(init=False)
    _timeline: Timeline = field(init=False)
    _performance: Performance = field(init=False)
    _estimate: Estimate | None = None
    _playing: bool = False
    _stop: Stop | None = None
    _quiet_from_tick: int = 0
    _start_at_tick: int | None = None
    _onsets: int = 0
    _undoable: Stamped | None = None

    def __post_init__(self) -> None:
        setup = self.setup
        self._estimator = Estimator(setup.route, setup.flags, setup.profile.infusion_minutes, setup.prior)
        decides = Shadow if setup.shadow else Controller
        self._controller = decides(setup.profile, setup.route, staff_only=setup.staff_only)
        self._timeline = Timeline()
        self._performance = Performance(setup.profile, str(setup.seed))

    @property
    def finished(self) -> bool:
        """True once a person ended the session and its fade is over."""
        return self._stop is Stop.END and self.next_tick >= self._quiet_from_tick

    def fold(self, tick: int, inputs: Sequence[Stamped] = ()) -> Folded:
        """Fold one tick. Ticks come one by one; only a *resumed* input may jump ahead.

        Raises ValueError where a tick is folded twice or left out without a *resumed* input.
        """
        cues, intent = self._hear(tick, inputs)
        beat = self._timeline.beat
        self._timeline.advance(TICK_S, intent.tempo_bpm)
        events = self._play(tick, beat, intent) if self._playing else []
        decision = self._decide(tick) if tick % TICKS_PER_SECOND == 0 else None
        self.next_tick = tick + 1
        return Folded(tick, self.epoch, tuple(events), tuple(cues), decision, intent.tempo_bpm, beat)

    def relive(self, tick: int, inputs: Sequence[Stamped] = ()) -> None:
        """Fold a tick of the past without composing it; the next tick folded must bring a *resumed* input.

        Raises ValueError as ``fold`` does.
        """
        _, intent = self._hear(tick, inputs)
        self._timeline.advance(TICK_S, intent.tempo_bpm)
        self.next_tick = tick + 1

    def _hear(self, tick: int, inputs: Sequence[Stamped]) -> tuple[list[Cue], Intent]:
        if tick != self.next_tick:
            self._expect_resumed(tick, inputs)
        now_s = tick * TICK_S
        cues: list[Cue] = []
        for stamped in in_fold_order(inputs) if inputs else ():
            self._take(stamped, tick, now_s, cues)
        if self._start_at_tick is not None and tick >= self._start_at_tick:
            self._begin(tick, now_s, cues)
        if tick % TICKS_PER_SECOND == 0 and not self.setup.staff_only:
            self._estimate = self._estimator.advance(now_s)
        return cues, self._controller.step(now_s, self._estimate, playing=self._playing)

    def _expect_resumed(self, tick: int, inputs: Sequence[Stamped]) -> None:
        resumed = any(isinstance(stamped.input, Resumed) for stamped in inputs)
        if tick < self.next_tick or not resumed:
            raise ValueError(f"tick {tick} does not follow tick {self.next_tick - 1}")

    def _take(self, stamped: Stamped, tick: int, now_s: float, cues: list[Cue]) -> None:
        given = stamped.input
        match given:
            case HeartPacket():
                self._estimator.hear(given)
            case LinkState():
                self._estimator.link(given)
            case Command(act=Act.UNDO):
                self._take_back(given.value, tick, now_s)
            case Command():
                if given.act in UNDOABLE:
                    self._undoable = stamped
                self._obey(given, tick, now_s, cues)
            case OutputState():
                self._hear_output(given, tick, cues)
            case ConfigChange():
                self._reconfigure(Profile.model_validate(given.profile))
            case Resumed():
                self._resume(given, tick, cues)

    def _hear_output(self, state: OutputState, tick: int, cues: list[Cue]) -> None:
        """Anything but *ready* is silence. *Ready* amid the music: the engine stood still, what it heard may be old."""
        if state.kind is not OutputKind.READY:
            self._fall_silent(Stop.CRASH, tick, cues)
        elif self._playing:
            self._controller.distrust()

    def _reconfigure(self, profile: Profile) -> None:
        """Targets and response change now; scale and layers with the next *play on*."""
        self._controller.reconfigure(profile)
        self._performance.profile = profile

    def _obey(self, command: Command, tick: int, now_s: float, cues: list[Cue]) -> None:
        if command.act in STOPS:
            self._fall_silent(STOPS[command.act], tick, cues)
        elif command.act is Act.PLAY_ON:
            if not self._playing and self._stop is not Stop.END:
                self._start_at_tick = _on_the_grid(max(tick, self._quiet_from_tick))
        else:
            if command.act in MARKS:
                self._estimator.mark(command.act, now_s)
            self._controller.command(command, now_s)

    def _take_back(self, seq: float | None, tick: int, now_s: float) -> None:
        """Undo the last undoable command, if that is the one meant and it is not too long ago."""
        last = self._undoable
        if last is None or last.seq != seq or tick - last.tick > UNDO_TICKS or not isinstance(last.input, Command):
            return
        self._undoable = None
        if last.input.act in MARKS:
            self._estimator.unmark(last.input.act, last.tick * TICK_S)
        self._controller.take_back(last.input.act, now_s)

    def _fall_silent(self, stop: Stop, tick: int, cues: list[Cue]) -> None:
        self.epoch += 1
        self._start_at_tick = None
        was_playing, self._playing = self._playing, False
        self._stop = Stop.END if self._stop is Stop.END else stop
        faded_tick = tick + round(FADE_S[stop] * TICKS_PER_SECOND)
        self._quiet_from_tick = faded_tick if was_playing else min(max(self._quiet_from_tick, tick), faded_tick)
        self._performance.silence()
        cues.append(Cue(tick, self.epoch, stop))

    def _resume(self, resumed: Resumed, tick: int, cues: list[Cue]) -> None:
        if self._stop is not Stop.END:
            self._fall_silent(Stop.SILENCE, tick, cues)
        self._timeline.skip(tick * TICK_S - self._timeline.now_s)
        self._controller.resume(resumed.gap_s)
        self._performance = Performance(self._performance.profile, f"{self.setup.seed}/{resumed.run}")
        self._onsets = 0

    def _begin(self, tick: int, now_s: float, cues: list[Cue]) -> None:
        self._start_at_tick, self._playing, self._stop = None, True, None
        self._performance.begin()
        self._estimator.mark(Act.PLAY_ON, now_s)
        cues.append(Cue(tick, self.epoch, None))

    def _play(self, tick: int, start_beat: float, intent: Intent) -> list[MidiEvent]:
        now_s = tick * TICK_S
        window = Window(start_beat, self._timeline.beat, now_s, now_s + TICK_S)
        events = self._performance.play(tick, window, intent, self._timeline)
        if events:
            self._onsets += sum(1 for event in events if is_note_on(event.data))
        return events

    def _decide(self, tick: int) -> Decision:
        controller, onsets = self._controller, self._onsets
        standing = controller.standing
        self._onsets = 0
        playing = "playing" if self._playing else (self._stop or "waiting")
        return Decision(
            tick=tick,
            estimate=self._estimate or no_estimate(tick * TICK_S),
            intent=controller.intent,
            offset=controller.offset,
            sensor_offset=controller.sensor_offset,
            staff_offset=controller.staff_offset,
            phase=controller.phase,
            phase_left_s=controller.phase_left_s,
            playing=str(playing),
            onsets=onsets,
            limited_by=limits_in_words(standing),
            sentence="the session ends" if self._stop is Stop.END else explain(standing),
            ceiling=controller.ceiling,
            staying=controller.staying,
        )
