"""Several outputs, each fitted to its synth: later, transposed, softer or louder, and still within the outer limits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import Clock
from engine.errors import UsageError
from engine.midi import control, note_off, note_on
from engine.output.feed import Fitting
from engine.output.outputs import Outputs
from engine.output.ports import PortLostError
from engine.output.spec import LONGEST_LATENCY_MS, OutputSpec, parse_output
from tests.stream_checker import StreamChecker


@dataclass
class Synth:
    """A port that remembers what it heard, until its cable is pulled."""

    name: str
    clock: Clock
    heard: list[tuple[float, bytes]] = field(default_factory=list)
    plugged: bool = True

    def send(self, data: bytes) -> None:
        if not self.plugged:
            raise PortLostError(f"{self.name} is gone.")
        self.heard.append((self.clock(), data))

    def is_there(self) -> bool:
        return self.plugged

    def reopen(self) -> bool:
        return self.plugged

    def close(self) -> None:
        self.plugged = False


@dataclass
class Studio:
    """Outputs on a clock of their own."""

    specs: Sequence[str]
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self.synths: list[Synth] = []
        self.outputs = Outputs(self.specs, self.clock, self._open)

    def clock(self) -> float:
        return self.now_s

    def _open(self, spec: OutputSpec, clock: Clock) -> Synth:
        self.synths.append(Synth(spec.name, clock))
        return self.synths[-1]

    def wait_until(self, until_s: float, *, playing: bool = True) -> None:
        while (due_s := self.outputs.next_due_s) <= until_s:
            self.now_s = due_s
            self.outputs.flush(may_start=playing)
        self.now_s = until_s


def test_a_slow_synth_is_waited_for() -> None:
    studio = Studio(["midi:slow?latency_ms=40", "midi:quick", "midi:between?latency_ms=15"])
    studio.outputs.send(note_on(0, 60, 40))
    studio.wait_until(1.0)
    assert [synth.heard for synth in studio.synths] == [
        [(0.0, note_on(0, 60, 40))],
        [(pytest.approx(0.040), note_on(0, 60, 40))],
        [(pytest.approx(0.025), note_on(0, 60, 40))],
    ]
    assert studio.outputs.next_due_s == math.inf


def test_a_note_that_waits_does_not_begin_once_a_stop_has() -> None:
    studio = Studio(["midi:slow?latency_ms=200", "midi:quick"])
    studio.outputs.send(control(0, 11, 30))
    studio.outputs.send(note_on(0, 60, 40))
    studio.wait_until(1.0, playing=False)
    assert [data for _, data in studio.synths[1].heard] == [control(0, 11, 30)]


def test_what_waits_for_a_lost_synth_is_forgotten_and_its_return_is_told_first() -> None:
    studio = Studio(["midi:slow?latency_ms=200", "midi:quick?transpose=12"])
    quick = studio.synths[1]
    studio.outputs.send(note_on(0, 60, 40))
    studio.wait_until(0.5)
    quick.plugged = False
    studio.outputs.send(note_on(0, 62, 40))
    studio.wait_until(1.0)
    assert [feed.port.name for feed in studio.outputs.lost] == ["quick"]
    assert not studio.outputs.all_lost
    quick.plugged = True
    assert studio.outputs.find_again([note_off(0, 60), control(0, 11, 0)]) == ("quick",)
    assert [data for _, data in quick.heard] == [note_on(0, 72, 40), note_off(0, 72), control(0, 11, 0)]


def test_an_output_for_one_layer_hears_its_channel_alone_and_every_clock() -> None:
    studio = Studio(["midi:bells?channels=3"])
    for data in (note_on(2, 70, 40), note_on(0, 60, 40), control(0, 11, 50), control(2, 11, 50), b"\xf8"):
        studio.outputs.send(data)
    assert [data for _, data in studio.synths[0].heard] == [note_on(2, 70, 40), control(2, 11, 50), b"\xf8"]


def test_two_pitches_on_one_key_end_with_the_one_that_began_it() -> None:
    fitting = Fitting(parse_output("midi:x?transpose=12"))
    assert fitting.fit(0.0, note_on(0, 90, 40)) == note_on(0, 90, 40)
    assert fitting.fit(0.1, note_on(0, 78, 40)) is None
    assert fitting.fit(0.2, note_off(0, 78)) is None
    assert fitting.fit(0.3, note_off(0, 90)) == note_off(0, 90)


MOVES = st.lists(
    st.tuples(st.floats(0.02, 2.0), st.sampled_from((0, 2)), st.integers(28, 96), st.integers(1, 72)), max_size=60
)


@given(MOVES, st.integers(-24, 24), st.floats(0.25, 2.0))
def test_whatever_the_fitting_the_outer_limits_hold_at_its_wire(
    moves: list[tuple[float, int, int, int]], transpose: int, velocity: float
) -> None:
    fitting = Fitting(OutputSpec("midi", "x", transpose=transpose, velocity=velocity))
    checker, now_s, sounding = StreamChecker(), 0.0, set()

    def give(data: bytes) -> None:
        fitted = fitting.fit(now_s, data)
        if fitted is not None:
            checker.feed(now_s, fitted)

    for channel in (0, 2):
        give(control(channel, 11, 0))
    for gap_s, channel, pitch, loud in moves:
        now_s += gap_s
        if (channel, pitch) in sounding:
            sounding.discard((channel, pitch))
            give(note_off(channel, pitch))
        elif len(sounding) < 12:
            sounding.add((channel, pitch))
            give(note_on(channel, pitch, loud))
    for channel, pitch in sorted(sounding):
        give(note_off(channel, pitch))
    checker.finish()


@given(
    st.builds(
        OutputSpec,
        st.just("midi"),
        st.sampled_from(("Prophet 5", "a:b", "x=1")),
        latency_ms=st.integers(0, LONGEST_LATENCY_MS).map(float),
        transpose=st.integers(-24, 24),
        velocity=st.integers(25, 200).map(lambda percent: percent / 100),
        channels=st.sets(st.integers(1, 16)).map(lambda channels: tuple(sorted(channels))),
        program=st.lists(st.tuples(st.integers(1, 16), st.integers(1, 128)), max_size=3).map(tuple),
    )
)
def test_an_output_is_read_as_it_is_written(spec: OutputSpec) -> None:
    assert parse_output(str(spec)) == spec


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("midi:x?latncy_ms=4", "did you mean 'latency_ms'"),
        ("midi:x?latency_ms=900", "milliseconds from 0 to 200, not '900'"),
        ("midi:x?transpose=1.5", "whole semitones from -24 to 24, not '1.5'"),
        ("midi:x?velocity=nan", "a factor from 0.25 to 2"),
        ("midi:x?channels=0", "MIDI channels 1 to 16"),
    ],
)
def test_wrong_words_are_answered_with_what_is_right(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        parse_output(text)
