"""MIDI clock on the music's own grid: 24 a beat, a start on a beat, a stop at once."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.output.midi_clock import CLOCK, PER_BEAT, START, STOP, MidiClock, Pulse
from engine.output.protocol import encode_order, read_order


def played(clock: MidiClock, until_s: float, *, playing: bool = True) -> list[tuple[float, bytes]]:
    wire: list[tuple[float, bytes]] = []
    while (due_s := clock.next_due_s) <= until_s:
        wire.extend((due_s, data) for data in clock.take(due_s, playing=playing))
    return wire


def test_the_first_clock_after_a_start_is_a_beat() -> None:
    clock = MidiClock()
    clock.hear(Pulse(10.0, 3.3, 60.0))
    wire = played(clock, 14.0)
    start = [data for _, data in wire].index(START)
    assert wire[start + 1][0] == pytest.approx(10.7)
    assert wire[start + 1][1] == CLOCK
    assert sum(data == CLOCK for time_s, data in wire[start:] if time_s < 12.69) == 2 * PER_BEAT


def test_clocks_slow_down_with_the_music_and_miss_no_beat() -> None:
    clock, beat, wire = MidiClock(), 0.0, []
    for tick in range(400):
        bpm = 60.0 - tick / 20
        clock.hear(Pulse(tick * 0.05, beat, bpm))
        wire += played(clock, tick * 0.05 - 0.5)
        beat += 0.05 * bpm / 60
    gaps = [after - before for (before, first), (after, then) in pairwise(wire) if first == then]
    assert all(later > earlier - 2e-5 for earlier, later in pairwise(gaps))
    assert sum(data == CLOCK for _, data in wire) == pytest.approx(24 * (beat - 0.5 * 41 / 60), abs=3)


def test_a_stop_is_told_at_once_and_clocks_go_on() -> None:
    clock = MidiClock()
    clock.hear(Pulse(0.0, 0.0, 60.0))
    played(clock, 2.01)
    assert clock.take(2.01, playing=False) == [STOP]
    wire = played(clock, 4.0, playing=False)
    assert {data for _, data in wire} == {CLOCK}


def test_what_a_stall_missed_is_not_caught_up_with() -> None:
    clock = MidiClock()
    clock.hear(Pulse(0.0, 0.0, 60.0))
    played(clock, 1.0)
    assert len(clock.take(6.0, playing=True)) <= 2
    assert clock.next_due_s == pytest.approx(6.0 + 1 / PER_BEAT, abs=1 / PER_BEAT)


def test_after_a_gap_the_grid_begins_anew() -> None:
    clock = MidiClock()
    clock.hear(Pulse(0.0, 0.0, 60.0))
    played(clock, 3.0)
    clock.hear(Pulse(20.0, 3.0, 60.0))
    assert clock.next_due_s == pytest.approx(20.0)


def test_without_a_pulse_there_is_no_clock() -> None:
    clock = MidiClock()
    clock.hear(Pulse(0.0, 0.0, 0.0))
    assert clock.take(100.0, playing=True) == []


@given(st.floats(0, 1e6), st.floats(0, 1e5), st.floats(30, 90))
def test_a_pulse_crosses_the_pipe(at_s: float, beat: float, bpm: float) -> None:
    pulse = Pulse(at_s, beat, bpm)
    assert read_order(encode_order(pulse)) == pulse
