"""A room in simulated time: session, room, protocol and guardian are the real ones; clock, pipe and port are not.

Time moves from one thing that is due to the next, so that an hour takes seconds and every message goes out at its
own moment. Every byte passes the stream checker.
"""

import contextlib
from collections import Counter
from collections.abc import Sequence

from engine.inputs import Act, Command, Input, OutputKind, OutputState, Resumed
from engine.midi import TICK_S
from engine.output.cues import Cue
from engine.output.duty import SPIN_S, Guardian
from engine.output.guard import Guard, GuardState
from engine.output.guardian_link import BEAT_S, UNHEARD
from engine.output.midi_clock import Pulse
from engine.output.mirror import Mirror
from engine.output.outputs import Outputs
from engine.output.protocol import Beat, Cued, Events, Order, encode_order
from engine.record.past import past_ticks
from engine.room import Continued, Room
from engine.session import Session, Setup
from engine.soak.reasons import Reasons
from engine.soak.scripts import Script, Scripts
from engine.soak.stand_ins import HeardPort, Keeper, SimulatedClock, wrong_resumes
from engine.soak.stream_checker import StreamChecker
from sensors.heart import Recording

NEVER_S = float("inf")
DEAD = "dead"
REPLAY_ON_S = 20.0
"""Somebody presses *play on* when a room has been silent this long."""


class Rig:
    """One room and all that can be done to it. ``broken`` says, at the end, which promises were."""

    def __init__(self, setup: Setup, heart: Recording, *, composer: bool = False) -> None:
        self.setup = setup
        self.clock = SimulatedClock()
        self.checker = StreamChecker(composer=composer, level_cc=setup.profile.output.level_cc, waits=True)
        self.port = HeardPort(self.clock, self.checker)
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []
        self.refused: Counter[str] = Counter()
        self.may_refuse: set[str] = set()
        self.halts: set[str] = set()
        self.heart: Recording | None = heart
        self.kept = Keeper()
        self._scripts = Scripts()
        self._tick_s = self._slept_s = 0.0
        self._channels = tuple(layer.channel - 1 for layer in setup.profile.layer.values())
        self._mirror = Mirror.of_whoever_came_before(self._channels, self.clock.now_s)
        self._unheard: list[tuple[int, OutputState]] = []
        self._never_composed: set[int] = set()
        self._beat_s = -NEVER_S
        self._stop_epoch = -1
        self._reasons = Reasons()
        self._pipe: list[bytes] = []
        self._owed_at_waking: list[str] = []
        self._guardian_wakes_s = -NEVER_S
        self.guardian: Guardian
        self._outputs: Outputs
        self._spawn()
        self._await_ready()
        self.room = Room(Session(setup), self, self.clock, record=self.kept)
        self.room.begin()
        self._silent_since_s = -NEVER_S
        self._unplugged_s = 0.0
        self._owed_unplugged = False

    # The pipe: what the room says reaches the guardian at once, as the lines it would be.

    def send(self, epoch: int, due_events: Sequence[tuple[float, bytes]]) -> None:
        """Hand over messages."""
        for due_s, data in due_events:
            self._mirror.note(due_s, data)
        self._tell(Events(epoch, tuple(due_events)))

    def cue(self, cue: Cue) -> None:
        """Stop, or play on. A person's stop comes at once, and again as it is folded: what is asked between counts."""
        if cue.stop is not None and cue.epoch > self._stop_epoch:
            self._stop_epoch = cue.epoch
            self.checker.void()
            if self.guardian.guard.state is not GuardState.SILENT:
                self._owe(str(cue.stop))
        self._tell(Cued(cue.epoch, cue.stop, self._silences))

    def pulse(self, pulse: Pulse) -> None:
        """Where the music's beat stands."""
        self._tell(pulse)

    def beat(self) -> None:
        """The control tick is alive; the guardian hears of it as often as live."""
        if self.clock.now_s - self._beat_s < BEAT_S:
            return
        self._beat_s = self.clock.now_s
        self._tell(Beat())
        if self.port.plugged and not self._guardian_stands:
            self._mirror.answered(self.clock.now_s)

    def _tell(self, order: Order) -> None:
        self._pipe.append(encode_order(order))
        if not self._guardian_stands:
            self._deliver()

    def _deliver(self) -> None:
        """What stands in the pipe. A heartbeat among it may take a fade back."""
        lines, self._pipe = self._pipe, []
        for line in lines:
            fading = self.guardian.guard.state is GuardState.FADING
            self.guardian.hear(line)
            if fading and self.guardian.guard.state is GuardState.PLAYING:
                self.checker.returned()

    def _hear(self, answer: dict[str, object]) -> None:
        match answer:
            case {"state": str(kind), "why": str(why), "silences": int(silences)}:
                self._unheard.append((silences, OutputState(OutputKind(kind), why)))
            case {"quiet": True}:
                self._mirror.all_off(self.clock.now_s)

    def _await_ready(self) -> None:
        """An engine begins once its guardian has spoken."""
        self._silences = self._unheard[-1][0]
        self._unheard.clear()

    def _hear_all(self) -> None:
        """What the guardian said, also while the engine stood still."""
        unheard, self._unheard = self._unheard, []
        for silences, state in unheard:
            self._silences = silences
            self.room.hear_output(state)

    @property
    def engine_runs(self) -> bool:
        """Neither dead nor frozen."""
        return not self.halts

    # What can be done to it.

    def submit(self, given: Input) -> None:
        """An input, if the engine lives to hear it."""
        if self.engine_runs and not self.room.session.finished:
            self.counts["commands"] += isinstance(given, Command)
            self.room.submit(given)
            if isinstance(given, Command) and given.act is Act.PLAY_ON:
                self.checker.play_on(self.clock.now_s)

    def stop_told(self, kind: str) -> None:
        """A stop that is not the session's own was asked for now. In silence no heartbeat is missed."""
        plays = self.guardian.guard.state is GuardState.PLAYING
        if plays or kind != "heartbeat":
            self.checker.void()
        if plays:
            self._owe(kind)

    def babble(self, line: bytes) -> None:
        """A line that no engine says."""
        was = self.guardian.guard.state
        self._reasons.nonsense(self.clock.now_s)
        self.guardian.hear(line)
        self._heed(was)

    def _owe(self, kind: str) -> None:
        """Silence is due; where the synth is away or the guardian stands, when it is back: it can do nothing before."""
        if self._guardian_stands:
            self._owed_at_waking.append(kind)
        elif self.port.plugged:
            self.checker.stop(kind, self.clock.now_s, asked_before=True)
        else:
            self._owed_unplugged = True

    def look(self) -> None:
        """The guardian wakes first."""
        self._work()

    def stall_guardian(self, seconds: float) -> None:
        """The guardian alone gets no time; what it is told waits in its pipe."""
        self._guardian_wakes_s = self.clock.now_s + seconds
        self.checker.away(self.clock.now_s, self._guardian_wakes_s)

    @property
    def _guardian_stands(self) -> bool:
        return self.clock.now_s < self._guardian_wakes_s

    def _wake_guardian(self) -> None:
        """It takes what stands in its pipe, and owes what it could not do."""
        owed, self._owed_at_waking = self._owed_at_waking, []
        for kind in owed:
            self._owe(kind)
        self._deliver()

    def unplug(self) -> None:
        """The cable is out."""
        self.port.plugged, self._unplugged_s = False, self.clock.now_s
        if self.checker.stopping:
            self._owed_unplugged = True
            self.checker.postpone()

    def plug_in(self) -> None:
        """The cable is in again."""
        self.checker.away(self._unplugged_s, self.clock.now_s)
        self.port.plugged = True
        if self._owed_unplugged:
            self.checker.stop("guardian", self.clock.now_s, asked_before=True)
        self._owed_unplugged = False

    def kill_guardian(self) -> None:
        """It is gone between two instructions, whatever sounds; the link notices, and starts another."""
        if not self.engine_runs:
            return
        self._collect()
        self._guardian_goes()
        self._outputs.close()
        self._spawn()
        self.room.hear_output(OutputState(OutputKind.SILENCED, "the guardian ended and is started again"))

    def kill_engine(self) -> None:
        """It is gone between two instructions; its pipe ends, and what was not committed is lost."""
        self.counts["simulated engine kills"] += 1
        self.stop_told("crash")
        self.halts.add(DEAD)
        self.kept.lose_uncommitted()
        self.guardian.leave("the engine closed its pipe")

    def revive_engine(self) -> None:
        """Another engine relives what was kept, and goes on, silent, with a guardian of its own."""
        self._collect()
        self._guardian_goes()
        self._outputs.close()
        self._mirror = Mirror.of_whoever_came_before(self._channels, self.clock.now_s)
        self._spawn()
        self._await_ready()
        self._stop_epoch = -1
        session = Session(self.setup)
        next_tick = self.kept.reached_tick + 1
        for tick, given in past_ticks(self.kept.inputs, next_tick):
            session.relive(tick, given)
        self._never_composed.update(range(self.room.session.next_tick, next_tick))
        seq = max((each.seq for each in self.kept.inputs), default=0)
        run = max((each.input.run for each in self.kept.inputs if isinstance(each.input, Resumed)), default=0)
        continued = Continued(seq, run)
        self.room = Room(session, self, self.clock, record=self.kept, start_s=0.0, continued=continued)
        self.halts.clear()
        self._tick_s = self.clock.now_s
        self.room.begin()

    def _guardian_goes(self) -> None:
        """Whatever it was at, the next one's first act is all off."""
        self._guardian_wakes_s = -NEVER_S
        self.checker.void()
        self._owe("guardian")

    def _collect(self) -> None:
        """What this guardian refused; another will know nothing of it."""
        self.refused += self.guardian.guard.counts.refused

    def _spawn(self) -> None:
        """A guardian of its own, as live: it knows its channels from the start, and is told to take over."""
        level_cc = self.setup.profile.output.level_cc
        self._silences = UNHEARD
        self._pipe.clear()
        self._guardian_wakes_s = -NEVER_S
        self._outputs = Outputs(["heard"], self.clock, lambda *_: self.port)
        self.guardian = Guardian(
            Guard(level_cc=level_cc, channels=self._channels), self._outputs, self.clock, self._hear
        )
        self.checker.anew()
        self._reasons.lives(self.clock.now_s)
        self._tell(self._mirror.legacy())

    def pass_by(self, seconds: float) -> None:
        """The whole computer stands still, or sleeps; what slept sounding is ended for its length."""
        self.may_refuse.add("note length")
        self.checker.away(self.clock.now_s, self.clock.now_s + seconds)
        self.clock.now_s += seconds
        self._slept_s += seconds
        self._tick_s = self.clock.now_s

    def play(self, script: Script, in_s: float = 0.0) -> None:
        """Let something happen from ``in_s`` on."""
        self._scripts.begin(self.clock.now_s + in_s, script)

    # Time.

    def run(self, seconds: float) -> None:
        """Live on for so long, awake: a sleep takes nothing of it."""
        until_s = self.clock.now_s + seconds - self._slept_s
        while self.clock.now_s < until_s + self._slept_s:
            self._move(until_s + self._slept_s)

    def finish(self) -> list[str]:
        """End as a person does, who first finds a cable that is out, and say what was broken."""
        if not self.port.plugged:
            self.plug_in()
            self.run(3.0)
        if DEAD in self.halts:
            self.run(3.0)
            self.revive_engine()
        self.halts.clear()
        self.submit(Command(Act.END, "soak"))
        self._scripts.clear()
        patience_s = self.clock.now_s + 60.0
        while not self.room.session.finished and self.clock.now_s < patience_s:
            self._move(patience_s)
        self.guardian.leave("the engine closed its pipe")
        self.run(3.0)
        self._judge_end()
        self.broken.extend(wrong_resumes(self.setup, self.kept, self._never_composed))
        self._outputs.close()
        return self.broken

    def _judge_end(self) -> None:
        self._collect()
        if set(self.refused) - self.may_refuse:
            self.broken.append(f"the guardian refused {dict(self.refused)}")
        if not self.room.session.finished:
            self.broken.append("the session did not end")
        if self.guardian.guard.sounding:
            self.broken.append(f"stuck: {sorted(self.guardian.guard.sounding)}")
        with contextlib.suppress(AssertionError):
            self.checker.finish()
        self.broken.extend(self.checker.violations)
        self.counts["notes"] += self.port.notes

    def _move(self, until_s: float) -> None:
        """To the next thing that is due, and do it."""
        script_s = self._scripts.due_s
        guardian_s = max(self.guardian.guard.next_due_s, self._guardian_wakes_s)
        due_s = min(self._tick_s, guardian_s, script_s, until_s)
        self.clock.now_s = max(self.clock.now_s, due_s)
        if self.clock.now_s >= script_s:
            self._scripts.go_on(self.clock.now_s)
        if self.clock.now_s >= self._tick_s:
            self._tick()
        self._work()

    def _work(self) -> None:
        """The guardian's turn; shortly before a note-on it waits for the moment itself."""
        if self._guardian_stands:
            return
        self._wake_guardian()
        guard = self.guardian.guard
        wait_s = guard.next_due_s - self.clock.now_s
        if guard.next_note_on_s == guard.next_due_s and 0.0 < wait_s <= SPIN_S:
            self.clock.now_s = guard.next_due_s
        was = guard.state
        self.guardian.work()
        self._heed(was)

    def _heed(self, was: GuardState) -> None:
        """The guardian falls silent by itself only for a reason."""
        state = self.guardian.guard.state
        if was is not GuardState.PLAYING or state is GuardState.PLAYING:
            return
        if not (self._reasons.known(self.clock.now_s) or (state is GuardState.SILENT and not self.port.plugged)):
            self.broken.append(f"{self.clock.now_s:10.4f} s: the guardian fell silent for no reason")
        if state is GuardState.FADING:
            self.checker.stop("crash", self.clock.now_s)

    def _tick(self) -> None:
        self._tick_s += TICK_S
        if not self.engine_runs or self.room.session.finished:
            return
        if self.heart is not None:
            for event in self.heart.pull(self.clock.now_s):
                self.room.submit(event)
        self._hear_all()
        self._play_on_again()
        self.room.step()
        self._reasons.lives(self.clock.now_s)

    def _play_on_again(self) -> None:
        if self.guardian.guard.state is not GuardState.SILENT:
            self._silent_since_s = self.clock.now_s
        elif self.clock.now_s - self._silent_since_s > REPLAY_ON_S:
            self._silent_since_s = self.clock.now_s
            self.submit(Command(Act.PLAY_ON, "soak"))
