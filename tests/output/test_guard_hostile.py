"""Whatever is asked of the guard, in whatever order, at whatever times: the limits hold at the wire."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.limits import OUTER, Limits
from engine.midi import control, note_off, note_on
from engine.output.cues import Stop
from engine.output.guard import Guard, GuardState
from tests.stream_checker import StreamChecker


@dataclass(frozen=True)
class Play:
    epoch: int
    in_s: float
    apart_s: float
    messages: Sequence[bytes]


@dataclass(frozen=True)
class Ask:
    epoch: int
    stop: Stop | None


@dataclass(frozen=True)
class Pass:
    seconds: float
    stalled: bool
    beating: bool


@dataclass(frozen=True)
class Own:
    stop: Stop


class Lose:
    pass


def a_message(random: Random) -> bytes:
    """Mostly music that is nearly allowed, sometimes bytes that are none."""
    channel = random.randrange(3)
    kind = random.randrange(20)
    if kind < 9:
        velocity = random.choice([20, 30, 40, 48, 50, 60, 72, 80, random.randrange(128)])
        return note_on(channel, random.choice([28, 96, random.randrange(26, 99)]), velocity)
    if kind < 12:
        return note_off(channel, random.randrange(26, 99))
    if kind < 16:
        return control(channel, random.choice([7, 11]), random.choice([0, 19, 20, 30, 60, 100, 127]))
    if kind < 18:
        return control(channel, random.choice([0, 1, 32, 64, 74, 74, 74, 91, 120, 121, 123]), random.randrange(128))
    if kind < 19:
        return bytes((0xC0 | channel, random.randrange(128)))
    return random.randbytes(random.randrange(4))


def a_burst(random: Random, epoch: int) -> Play:
    """Many notes that are kept, at once on one channel or one by one."""
    channel, count = random.randrange(3), random.choice([9, 18])
    velocity = random.choice([20, 52])
    notes = [note_on(channel, 30 + 2 * index, velocity) for index in range(count)]
    return Play(epoch, 0.1, random.choice([0.03, 0.2]), notes)


def an_act(random: Random, epoch: int) -> object:
    """What comes next; mostly more music of the epoch that is heard."""
    kind = random.randrange(32)
    if kind < 2:
        return a_burst(random, epoch)
    if kind < 16:
        count = random.choice([1, 4, 20])
        apart_s = random.choice([0.0, 0.02, 0.05, 0.1, 0.3])
        near = epoch if random.random() < 0.9 else epoch + random.choice([-1, 1])
        return Play(near, random.uniform(-0.2, 0.5), apart_s, [a_message(random) for _ in range(count)])
    if kind < 28:
        stalled, beating = random.random() < 0.2, random.random() < 0.8
        return Pass(
            random.choice([0.02, 0.1, 0.5, 0.9] if stalled else [0.1, 0.1, 1.0, 3.0, 9.0, 130.0]), stalled, beating
        )
    if kind < 30:
        return Ask(epoch + random.choice([-1, 0, 1]), random.choice([None, *Stop]))
    return Own(random.choice(list(Stop))) if kind == 30 else Lose()


@dataclass
class World:
    """A guard, its wire under the checker, and a clock."""

    guard: Guard
    checker: StreamChecker = field(default_factory=StreamChecker)
    now_s: float = 10.0

    def act(self, act: object) -> None:
        match act:
            case Play(epoch, in_s, apart_s, messages):
                for index, data in enumerate(messages):
                    self.guard.event(epoch, self.now_s + in_s + index * apart_s, data)
            case Ask(epoch, stop):
                self.guard.cue(epoch, stop, self.now_s)
            case Own(stop):
                self.guard.stop(stop, self.now_s, "own")
            case Lose():
                self.lose()
            case Pass():
                self.let_pass(act)
        self.look(self.now_s)

    def let_pass(self, act: Pass) -> None:
        until_s = self.now_s + act.seconds
        slice_s = 0.05 if act.seconds < 10 else 0.5
        while self.now_s < until_s:
            if act.beating:
                self.beat()
            self.now_s = until_s if act.stalled else min(self.now_s + slice_s, until_s)
            self.feed(self.guard.catch_up(self.now_s) if act.stalled else self.guard.advance(self.now_s))

    def beat(self) -> None:
        fading = self.guard.state is GuardState.FADING
        self.guard.beat(self.now_s)
        if fading and self.guard.state is GuardState.PLAYING:
            self.checker.returned()

    def feed(self, wire: Sequence[tuple[float, bytes]]) -> None:
        for time_s, data in wire:
            self.look(time_s)
            self.checker.feed(time_s, data)

    def look(self, at_s: float) -> None:
        """A stop shows in the guard's state."""
        if self.guard.state is not GuardState.PLAYING:
            self.checker.stop("end", at_s)

    def lose(self) -> None:
        """A port that comes back has heard nothing yet, but the listener has."""
        self.guard.lose(self.now_s, "gone")
        before, self.checker = self.checker, StreamChecker()
        assert not before.violations
        self.checker._velocity = before._velocity
        for data in self.guard.restore():
            self.checker.feed(self.now_s, data)

    def finish(self) -> None:
        self.guard.stop(Stop.SILENCE, self.now_s, "the end")
        self.feed(self.guard.advance(self.now_s + 10.0))
        assert self.guard.state is GuardState.SILENT
        assert not self.guard.sounding
        self.checker.finish()


def live_through(guard: Guard, random: Random) -> Guard:
    """Sixty acts and an end; after a silence somebody usually plays on."""
    world = World(guard)
    for _ in range(60):
        if guard.state is GuardState.SILENT and random.random() < 0.7:
            world.act(Ask(guard.epoch + 1, None))
        world.act(an_act(random, guard.epoch))
    world.finish()
    return guard


SEEDS = st.integers(0, 2**32 - 1)


@given(seed=SEEDS, channels=st.sampled_from([(), (0, 1)]))
@settings(max_examples=100)
def test_the_limits_hold_whatever_is_asked(seed: int, channels: tuple[int, ...]) -> None:
    live_through(Guard(channels=channels), Random(seed))


def test_what_is_asked_reaches_every_limit() -> None:
    """The property above would mean little if most of it were thrown away."""
    guards = [live_through(Guard(), Random(seed)) for seed in range(120)]
    refused = {reason for guard in guards for reason in guard.counts.refused}
    assert refused >= {
        "velocity",
        "velocity rise",
        "note-ons in a second",
        "note-ons in a second on a channel",
        "sounding notes",
        "sum of velocities",
        "pitch",
        "already sounding",
        "controller steps",
        "level rise",
        "controller",
        "bank while sounding",
        "program while sounding",
        "malformed",
        "note length",
    }
    assert sum(guard.counts.sent for guard in guards) > 120 * 60


HOSTILE_LIMITS = st.builds(
    Limits,
    velocity=st.integers(0, 127),
    velocity_rise=st.integers(0, 127),
    note_ons_per_s=st.integers(0, 1000),
    channel_note_ons_per_s=st.integers(0, 1000),
    cluster_notes=st.integers(0, 1000),
    sounding_notes=st.integers(0, 2000),
    velocity_sum=st.integers(0, 100_000),
    note_length_s=st.floats(0.1, 1e6),
    level_rise_db=st.floats(0, 200),
    level_step=st.integers(0, 127),
    controllers_per_s=st.integers(0, 10_000),
    first_velocity=st.integers(0, 127),
    cluster_s=st.floats(0, 1),
    pitch_low=st.integers(0, 127),
    pitch_high=st.integers(0, 127),
    controller_steps=st.integers(0, 127),
    controller_s=st.floats(0, 10),
)


@given(limits=HOSTILE_LIMITS, seed=SEEDS)
@settings(max_examples=100)
def test_no_configuration_widens_a_limit(limits: Limits, seed: int) -> None:
    assert limits.within(OUTER).within(OUTER) == limits.within(OUTER)
    live_through(Guard(limits), Random(seed))
