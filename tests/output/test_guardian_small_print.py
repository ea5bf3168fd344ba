"""The guardian's moments to the very edge, and every word that it says of several outputs."""

import os

import pytest

from engine.midi import control, note_on
from engine.output.duty import CALM_S, SPIN_S
from engine.output.protocol import Beat, Cued, Events, Inherit
from engine.output.voice import UNSAID, Voice
from tests.output.desk import Desk, Make
from tests.output.test_guard import state_of

NEAR_GONE = "The output near is gone; plug it in again."
FAR_GONE = "The output far is gone; plug it in again."


def both_pulled(make: Make) -> Desk:
    """Two outputs, silent, and both cables are out."""
    desk = make("near", "far")
    desk.tell(Inherit(()))
    desk.work_until(100.5)
    desk.cables["near"].plugged = desk.cables["far"].plugged = False
    return desk


def test_it_begins_silent_and_says_nothing_of_that(desk: Desk) -> None:
    assert desk.guardian.leaving is False
    desk.guardian.work()
    assert {"quiet": True} not in desk.said


def test_several_outputs_are_named_in_a_row(make: Make) -> None:
    desk = make("near", "far")
    desk.tell(Inherit(()))
    assert desk.states() == [("ready", "near, far: waiting for play on")]


def test_two_unreadable_lines_are_two(desk: Desk) -> None:
    desk.guardian.hear(b"what?\nwhat?\n")
    desk.work_until(101.0)
    assert desk.guard.counts.refused == {"unreadable line": 2}


def test_an_engine_that_says_play_on_and_nothing_more_is_missed(desk: Desk) -> None:
    desk.beats = False
    desk.tell(Inherit(()), Cued(1, None, 0))
    desk.work_until(101.1)
    assert state_of(desk.guard) == "fading"


def test_outputs_are_first_looked_at_after_a_second_and_then_on_the_second(desk: Desk) -> None:
    desk.tell(Inherit(()))
    desk.clock.now_s = 100.999
    desk.guardian.work()
    assert desk.cable.looked_at_s == []
    desk.clock.now_s = 101.0
    desk.guardian.work()
    assert desk.cable.looked_at_s == [101.0]


def test_what_is_due_in_thirty_milliseconds_is_too_near_for_a_look(make: Make) -> None:
    desk = make(starts_at_s=-1.0)
    desk.tell(Cued(1, None, 0), Events(1, ((2 * CALM_S, control(0, 11, 20)),)))
    desk.guardian.work()
    desk.clock.now_s = CALM_S
    desk.tell(Beat())
    desk.guardian.work()
    assert desk.cable.looked_at_s == []
    desk.clock.now_s = 2 * CALM_S
    desk.guardian.work()
    assert desk.cable.looked_at_s == [2 * CALM_S]


def test_a_report_comes_on_the_second(desk: Desk) -> None:
    desk.tell(Inherit(()))
    for at_s in (100.0, 100.5, 101.0):
        desk.clock.now_s = at_s
        desk.tell(Cued(1, None, 0), Events(1, ((at_s, control(0, 74, int(at_s * 2) % 128)),)))
        desk.guardian.work()
    assert [report["sent"] for report in desk.reports()] == [5, 7]


def test_a_note_on_just_within_the_spin_is_waited_for(make: Make) -> None:
    desk = make(starts_at_s=0.0)
    desk.tell(Inherit(()), Cued(1, None, 0))
    desk.clock.now_s, desk.clock.spins_s = 0.0, 0.0
    desk.tell(Events(1, ((0.0, control(0, 11, 20)), (2 * SPIN_S, note_on(0, 60, 40)))))
    desk.guardian.work()
    desk.clock.now_s, desk.clock.spins_s = 0.75 * SPIN_S, 0.25 * SPIN_S
    desk.guardian._send_due()
    desk.clock.spins_s = 0.0
    assert [data for _, data in desk.notes()] == [note_on(0, 60, 40)]


def test_a_note_for_a_slower_output_starts_while_the_music_plays(make: Make) -> None:
    desk = make("near", "far?latency_ms=200")
    desk.play()
    near, far = desk.cables.values()
    (at_near_s,) = [at_s for at_s, data in near.heard if data == note_on(0, 60, 40)]
    (at_far_s,) = [at_s for at_s, data in far.heard if data == note_on(0, 60, 40)]
    assert at_near_s == pytest.approx(at_far_s + 0.2, abs=0.02)


def test_two_lost_outputs_are_told_together_and_once_and_so_is_their_return(make: Make) -> None:
    desk = both_pulled(make)
    desk.work_until(110.0)
    assert desk.states()[1:] == [("port_lost", f"{NEAR_GONE} {FAR_GONE}")]
    desk.cables["near"].plugged = desk.cables["far"].plugged = True
    desk.work_until(112.0)
    assert desk.states()[2:] == [("silenced", "near, far is back; play on when you are ready")]


def test_while_one_of_two_is_still_away_nothing_is_said_to_be_back(make: Make) -> None:
    desk = both_pulled(make)
    desk.work_until(103.0)
    desk.cables["near"].plugged = True
    desk.work_until(106.0)
    assert desk.states()[-1] == ("port_lost", FAR_GONE)
    assert not any(kind == "silenced" for kind, _ in desk.states())


def test_the_guard_knows_why_its_output_was_lost(desk: Desk) -> None:
    desk.play()
    desk.cable.plugged = False
    desk.work_until(103.5)
    assert desk.guard.why == NEAR_GONE


def test_lateness_is_reported_to_the_microsecond(desk: Desk) -> None:
    desk.play()
    desk.tell(Events(1, ((101.6, note_on(0, 64, 40)),)))
    desk.clock.now_s = 101.6012344
    desk.guardian.work()
    desk.work_until(104.0)
    assert desk.reports()[-1]["worst_late_ms"] == 1.234


def test_what_is_unsaid_is_bounded_to_the_byte() -> None:
    listening, speaking = os.pipe()
    voice = Voice(speaking)
    os.close(listening)
    listening, full = os.pipe()
    os.dup2(full, speaking)
    os.set_blocking(speaking, False)
    os.write(speaking, b"x" * 65536)
    voice._unsaid = b"x" * UNSAID
    voice.say({"a": 1})
    assert len(voice._unsaid) == UNSAID
    voice._unsaid = b"x" * (UNSAID - 1)
    voice.say({"a": 1})
    assert len(voice._unsaid) > UNSAID
    for end in (listening, speaking, full):
        os.close(end)
