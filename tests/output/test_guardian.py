"""The guardian without its process: orders in, bytes out, answers back, on a clock that stands until it is moved."""

import math
import os

import pytest

from engine.midi import control, is_note_on, note_off, note_on
from engine.output.cues import Stop
from engine.output.duty import LONGEST_WAIT_S, SPIN_S
from engine.output.lateness import EDGES_MS
from engine.output.midi_clock import CLOCK, START, STOP, Pulse
from engine.output.protocol import Beat, Cued, Events, Inherit, Ping, encode_order
from engine.output.voice import UNSAID, Voice
from tests.output.desk import Desk, Make
from tests.output.test_guard import state_of


def test_an_heir_has_ended_every_note_before_it_says_that_it_is_ready(make: Make) -> None:
    desk = make()
    told_at: list[int] = []
    desk.guardian._answer = lambda _: told_at.append(len(desk.cable.heard))
    desk.tell(Inherit(((0, 60), (1, 64))))
    assert [data for _, data in desk.cable.heard[:2]] == [note_off(0, 60), note_off(1, 64)]
    assert told_at == [len(desk.cable.heard)]


def test_an_heir_silences_the_channels_that_a_changed_profile_brought(make: Make) -> None:
    desk = make()
    desk.tell(Inherit((), (3,)))
    assert {data[0] & 0x0F for _, data in desk.cable.heard} >= {3}
    assert (100.0, control(3, 11, 0)) in desk.cable.heard


def test_ready_is_said_with_the_output_s_name_and_with_what_is_missing(desk: Desk, make: Make) -> None:
    desk.tell(Inherit(()))
    assert desk.said == [{"state": "ready", "why": "near: waiting for play on", "silences": 0}]
    bare = make()
    bare.outputs._feeds.clear()
    bare.tell(Inherit(()))
    assert bare.states() == [("ready", "no output: waiting for play on")]
    pulled = make()
    pulled.cable.plugged = False
    pulled.tell(Inherit(((0, 60),)))
    assert pulled.states()[1] == ("port_lost", "The port near is gone.")


def test_an_order_may_come_in_any_pieces_and_what_is_none_is_counted(desk: Desk) -> None:
    line = encode_order(Inherit(((0, 60),)))
    desk.guardian.hear(line[:7])
    assert desk.cable.heard == []
    desk.guardian.hear(line[7:] + b"what?\n")
    assert (100.0, note_off(0, 60)) in desk.cable.heard
    assert desk.guard.counts.refused == {"unreadable line": 1}


def test_a_ping_is_answered_with_both_clocks(desk: Desk) -> None:
    desk.tell(Ping(7.25))
    assert desk.said == [{"pong": 7.25, "at": 100.0}]


def test_a_note_goes_out_at_its_moment_and_a_wait_ends_a_little_before(desk: Desk) -> None:
    desk.play()
    assert desk.notes() == [(101.0, note_on(0, 60, 40))]
    desk.tell(Events(1, ((101.6, note_on(0, 64, 40)), (101.7, note_off(0, 64)))))
    assert desk.guardian.wait_s() == pytest.approx(0.1 - SPIN_S)
    desk.clock.now_s = 101.6 - SPIN_S
    assert desk.guardian.wait_s() == 0.0
    desk.clock.spins_s = 0.0002
    desk.guardian.work()
    desk.clock.spins_s = 0.0
    assert desk.notes()[-1][1] == note_on(0, 64, 40)
    assert 101.6 <= desk.notes()[-1][0] < 101.601
    desk.clock.now_s = 101.69
    assert desk.guardian.wait_s() == pytest.approx(0.01), "a note-off is not waited for with care"


def test_before_the_last_millisecond_it_does_not_spin(desk: Desk) -> None:
    desk.play()
    desk.tell(Events(1, ((101.6, note_on(0, 64, 40)),)))
    desk.clock.now_s = 101.6 - 2 * SPIN_S
    desk.guardian.work()
    assert desk.clock.now_s == 101.6 - 2 * SPIN_S
    assert len(desk.notes()) == 1


def test_it_never_waits_for_long(desk: Desk) -> None:
    desk.tell(Inherit(()))
    desk.work_until(101.0)
    assert desk.guardian.wait_s() == LONGEST_WAIT_S
    desk.tell(Cued(1, None, 0), Events(1, ((90.0, control(0, 11, 20)),)))
    assert desk.guardian.wait_s() == 0.0


def test_a_heartbeat_that_returns_in_the_fade_is_told_and_one_that_never_left_is_not(desk: Desk) -> None:
    desk.play()
    assert len(desk.states()) == 1
    desk.beats = False
    desk.work_until(103.0)
    assert state_of(desk.guard) == "fading"
    desk.tell(Beat())
    assert desk.states()[1:] == [("ready", desk.guard.why)]
    assert "stood still" in desk.guard.why


def test_play_on_counts_as_a_heartbeat(desk: Desk) -> None:
    desk.tell(Inherit(()), Beat())
    desk.beats = False
    desk.work_until(110.0)
    desk.tell(Cued(1, None, 0))
    desk.work_until(110.9)
    assert state_of(desk.guard) == "playing"


def test_a_play_on_from_before_a_silence_is_not_meant_and_is_told_so(desk: Desk) -> None:
    desk.play()
    desk.guardian.panic()
    desk.work_until(103.0)
    assert desk.states()[1:] == [("silenced", "panic")]
    desk.tell(Cued(2, None, 0))
    assert state_of(desk.guard) == "silent"
    assert desk.states()[2:] == [("silenced", "panic")]
    desk.tell(Cued(2, None, 1))
    assert desk.states()[3:] == []
    desk.work_until(103.1)
    assert state_of(desk.guard) == "playing"


def test_panic_is_a_silence(desk: Desk) -> None:
    desk.play()
    desk.guardian.panic()
    desk.work_until(103.0)
    assert [data for _, data in desk.notes()[1:]] == [note_off(0, 60)] * 2, "all off is said twice"
    assert desk.notes()[1][0] == pytest.approx(102.2)


def test_quiet_is_said_once_when_all_is_off(desk: Desk) -> None:
    desk.play()
    desk.tell(Cued(2, Stop.SILENCE, 0))
    desk.work_until(102.0)
    assert {"quiet": True} not in desk.said
    desk.work_until(110.0)
    assert desk.said.count({"quiet": True}) == 1


def test_a_lost_output_is_told_and_its_return_begins_with_what_it_missed(desk: Desk) -> None:
    desk.play()
    desk.cable.plugged = False
    desk.work_until(103.5)
    assert desk.states()[1:] == [("port_lost", "The output near is gone; plug it in again.")]
    desk.tell(Cued(2, None, 1))
    assert desk.states()[2:] == [("port_lost", "The output near is gone; plug it in again.")]
    heard = len(desk.cable.heard)
    desk.cable.plugged = True
    desk.work_until(105.0)
    assert desk.cable.heard[heard][1] == note_off(0, 60)
    assert desk.states()[3:] == [("silenced", "near is back; play on when you are ready")]
    assert desk.said.count({"quiet": True}) == 1
    desk.tell(Cued(2, None, 1))
    desk.work_until(105.1)
    assert state_of(desk.guard) == "playing"


def test_one_of_two_outputs_lost_ends_in_a_fade_on_the_other(make: Make) -> None:
    desk = make("near", "far")
    desk.play()
    desk.cables["far"].plugged = False
    desk.work_until(102.9)
    assert state_of(desk.guard) == "fading"
    assert desk.guard.why == "The output far is gone; plug it in again."
    desk.work_until(105.5)
    assert desk.notes()[-1][1] == note_off(0, 60)
    assert [kind for kind, _ in desk.states()] == ["ready", "port_lost"]
    desk.cables["near"].plugged = False
    desk.work_until(107.5)
    assert desk.outputs.all_lost


def test_an_output_that_goes_in_silence_is_told_once_before_somebody_asks_to_play_on(desk: Desk) -> None:
    desk.tell(Inherit(()))
    desk.work_until(100.5)
    desk.cable.plugged = False
    desk.work_until(110.0)
    assert desk.states()[1:] == [("port_lost", "The output near is gone; plug it in again.")]
    desk.cable.plugged = True
    desk.work_until(112.0)
    desk.cable.plugged = False
    desk.work_until(114.0)
    assert [kind for kind, _ in desk.states()[1:]] == ["port_lost", "silenced", "port_lost"]


def test_an_output_that_is_back_at_once_still_waits_for_play_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.play()

    def plug_in() -> bool:
        desk.cable.plugged = True
        return True

    monkeypatch.setattr(desk.cable, "reopen", plug_in)
    desk.cable.plugged = False
    desk.work_until(103.5)
    assert state_of(desk.guard) == "silent"
    assert [kind for kind, _ in desk.states()[1:]] == ["port_lost", "silenced"]
    assert desk.notes()[-1][1] == note_off(0, 60)


def test_of_two_outputs_of_one_name_the_one_that_is_left_fades_and_has_its_note_ended(make: Make) -> None:
    desk = make("left", "right")
    left, right = desk.cables.values()
    right.name = left.name
    desk.play()
    right.plugged = False
    desk.work_until(105.5)
    assert [kind for kind, _ in desk.states()] == ["ready", "port_lost"]
    assert not desk.outputs.all_lost
    levels = [data[2] for at_s, data in left.heard if at_s > 101.5 and data[:2] == control(0, 11, 0)[:2]]
    assert len(levels) > 5, "a fade goes down in steps"
    assert levels == sorted(levels, reverse=True)
    assert note_off(0, 60) in [data for _, data in left.heard]


def test_outputs_are_looked_at_once_a_second_but_shortly_before_a_message_only_after_a_second_of_them(
    desk: Desk,
) -> None:
    desk.play()
    events = tuple((101.52 + index * 0.02, control(0, 74, 64 + index % 2)) for index in range(100))
    desk.tell(Events(1, events))
    desk.work_until(103.5)
    assert [at_s for at_s in desk.cable.looked_at_s if 101.5 < at_s < 103.4] == [103.0]
    before = len(desk.cable.looked_at_s)
    desk.work_until(113.5)
    assert 8 <= len(desk.cable.looked_at_s) - before <= 11


def test_a_cable_that_was_out_and_in_during_a_fade_is_noticed_and_the_synth_hears_the_end_of_its_note(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.play()
    cable = desk.cable
    deaf = False

    def send(data: bytes) -> None:
        if not deaf:
            cable.heard.append((desk.clock.now_s, data))

    monkeypatch.setattr(cable, "send", send)
    desk.tell(Cued(2, Stop.PAUSE, 0))
    desk.work_until(101.8)
    cable.plugged, deaf = False, True
    desk.work_until(105.0)
    assert [kind for kind, _ in desk.states()[1:]] == ["port_lost"]
    cable.plugged, deaf = True, False
    desk.work_until(112.0)
    assert desk.notes()[-1][1] == note_off(0, 60)


def test_each_of_two_outputs_is_told_the_end_of_the_notes_that_it_was_lost_with(make: Make) -> None:
    desk = make("near", "far")
    desk.play()
    far = desk.cables["far"]
    far.plugged = False
    desk.work_until(105.5)
    far.plugged = True
    desk.work_until(108.0)
    assert note_off(0, 60) in [data for at_s, data in far.heard if at_s > 105.5]


def test_a_note_off_that_went_into_a_pulled_cable_is_said_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.play()
    cable = desk.cable

    def send(data: bytes) -> None:
        if cable.plugged:
            cable.heard.append((desk.clock.now_s, data))

    monkeypatch.setattr(cable, "send", send)
    desk.tell(Cued(2, Stop.SILENCE, 0))
    desk.work_until(101.8)
    cable.plugged = False
    desk.work_until(106.0)
    cable.plugged = True
    desk.work_until(109.0)
    assert note_off(0, 60) in [data for at_s, data in cable.heard if at_s > 106.0]


def test_a_note_that_waits_for_a_slower_output_is_left_out_where_its_moment_is_missed(make: Make) -> None:
    desk = make("near", "far?latency_ms=200")
    desk.tell(Inherit(()), Cued(1, None, 0), Events(1, ((100.5, control(0, 11, 20)), (101.0, note_on(0, 60, 40)))))
    desk.work_until(101.05)
    desk.clock.now_s = 102.0
    desk.tell(Beat())
    desk.guardian.work()
    near, far = desk.cables.values()
    assert note_on(0, 60, 40) in [data for _, data in far.heard]
    assert note_on(0, 60, 40) not in [data for _, data in near.heard]
    desk.guardian.work()
    assert desk.guard.counts.late == 1


def test_a_report_comes_where_something_changed_and_once_a_second_at_most(desk: Desk) -> None:
    desk.play()
    desk.work_until(104.0)
    assert [report["sent"] for report in desk.reports()] == [4, 6], "the all off of its start; a level and a note"
    lateness = [1] + [0] * len(EDGES_MS)
    nothing = {"late": 0, "discarded": 0, "refused": {}}
    assert desk.reports()[-1] == {"sent": 6, "lateness": lateness, "worst_late_ms": 0.0, **nothing}
    desk.tell(Events(1, tuple((104.0 + index / 10, control(0, 74, 64 + index % 2)) for index in range(1, 40))))
    desk.work_until(110.0)
    assert 4 <= len(desk.reports()) - 2 <= 5
    assert desk.reports()[-1]["sent"] == len(desk.cable.heard)


def test_it_is_done_when_it_was_asked_to_leave_and_all_is_off(desk: Desk) -> None:
    desk.play()
    assert not is_done(desk)
    desk.guardian.leave("the engine is gone")
    desk.guardian.leave("again")
    assert desk.guard.why == "the engine is gone"
    desk.tell(Events(1, ((102.0, note_on(0, 64, 40)),)))
    desk.work_until(103.4)
    assert not is_done(desk)
    desk.work_until(104.0)
    assert is_done(desk)
    assert not any(is_note_on(data) for _, data in desk.notes()[1:])


def test_it_stays_until_every_output_has_heard_the_last(make: Make) -> None:
    desk = make("near", "far?latency_ms=200")
    desk.play()
    desk.guardian.leave("the engine is gone")
    while not desk.guardian.done:
        desk.work_until(desk.clock.now_s + 0.01)
    assert desk.outputs.next_due_s == math.inf
    assert desk.cables["near"].heard[-1] == desk.cables["far"].heard[-1]


def test_a_dead_guardians_notes_end_on_every_output_before_it_is_ready(make: Make) -> None:
    desk = make("near", "far?latency_ms=200")
    desk.tell(Inherit(((0, 60),)))
    assert [cable.heard[0] for cable in desk.cables.values()] == [(100.0, note_off(0, 60))] * 2


def test_one_of_two_outputs_that_is_lost_is_told_once_however_the_engine_answers(make: Make) -> None:
    desk = make("near", "far")
    desk.play()
    desk.cables["far"].plugged = False
    answered = 0
    while desk.clock.now_s < 106.0:
        desk.work_until(desk.clock.now_s + 0.02)
        while answered < len(desk.states()):
            answered += 1
            desk.tell(Cued(1 + answered, Stop.CRASH, desk.guard.silences))
    assert desk.states()[1:] == [("port_lost", "The port far is gone.")]
    assert desk.guard.silences <= 2


def test_a_play_on_pressed_in_a_fade_is_forgotten_where_one_of_two_outputs_is_lost_before_its_end(make: Make) -> None:
    desk = make("near", "far")
    desk.play()
    desk.tell(Cued(2, Stop.SILENCE, 0), Cued(3, None, 0))
    desk.work_until(desk.clock.now_s + 0.1)
    desk.cables["far"].plugged = False
    desk.tell(Events(3, ((103.0, control(0, 11, 20)), (103.0, note_on(0, 62, 40)))))
    desk.work_until(desk.clock.now_s + 0.1)
    assert desk.states()[-1] == ("port_lost", "The port far is gone."), "it is told before the fade is over"
    desk.work_until(106.0)
    assert state_of(desk.guard) == "silent"
    assert note_on(0, 62, 40) not in [data for _, data in desk.cables["near"].heard]
    assert [kind for kind, _ in desk.states()[1:]].count("port_lost") == 1


def test_midi_clock_goes_out_with_the_pulse_and_stops_with_the_music(make: Make) -> None:
    desk = make(midi_clock=True)
    desk.play()
    desk.tell(Pulse(101.5, 0.0, 60.0))
    desk.work_until(104.0)
    clocks = [(at_s, data) for at_s, data in desk.cable.heard if data[0] >= 0xF8]
    assert [data for _, data in clocks].count(CLOCK) in (60, 61)
    assert (START in [data for _, data in clocks], STOP in [data for _, data in clocks]) == (True, False)
    assert all(abs((at_s - 101.5) * 24 - round((at_s - 101.5) * 24)) < 0.03 for at_s, _ in clocks)
    desk.tell(Cued(2, Stop.SILENCE, 0))
    desk.work_until(105.0)
    assert STOP in [data for _, data in desk.cable.heard]
    deaf = make()
    deaf.play()
    deaf.tell(Pulse(101.5, 0.0, 60.0))
    deaf.work_until(104.0)
    assert not any(data[0] >= 0xF8 for _, data in deaf.cable.heard)


def test_what_nobody_listens_to_is_kept_up_to_a_bound_and_never_waited_for() -> None:
    listening, speaking = os.pipe()
    voice = Voice(speaking)
    voice.say({"a": 1})
    assert os.read(listening, 100) == b'{"a":1}\n'
    for _ in range(4000):
        voice.say({"long": "x" * 100})
    assert UNSAID <= len(unsaid(voice)) <= UNSAID + 200
    os.set_blocking(listening, False)
    heard = b""
    while unsaid(voice):
        heard += os.read(listening, 65536)
        voice.flush()
    assert heard.startswith(b'{"long":"xx')
    os.close(listening)
    voice.say({"b": 2})
    assert unsaid(voice) == b""
    os.close(speaking)


def is_done(desk: Desk) -> bool:
    return desk.guardian.done


def unsaid(voice: Voice) -> bytes:
    return voice._unsaid


def ending(desk: Desk) -> tuple[bool, bool]:
    return desk.guardian.is_quiet, desk.guardian.is_cut_off


def test_silence_waits_for_no_slower_output(make: Make) -> None:
    desk = make("near", "far?latency_ms=200")
    desk.play()
    desk.guardian.panic()
    while state_of(desk.guard) != "silent":
        assert not desk.guardian.is_quiet
        desk.work_until(desk.clock.now_s + 0.01)
    assert ending(desk) == (True, False)
    ends = [next(at_s for at_s, data in cable.heard if data == note_off(0, 60)) for cable in desk.cables.values()]
    assert ends == [pytest.approx(desk.clock.now_s, abs=0.02)] * 2


def test_a_room_whose_cable_is_out_is_cut_off_until_it_is_told_its_silence(desk: Desk) -> None:
    desk.play()
    desk.cable.plugged = False
    desk.work_until(104.0)
    assert ending(desk) == (True, True)
    desk.cable.plugged = True
    desk.work_until(106.0)
    assert ending(desk) == (True, False)


def test_panic_looks_for_a_cable_that_takes_every_message_and_leads_nowhere(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.play()
    monkeypatch.setattr(desk.cable, "send", lambda _: None)
    desk.cable.plugged = False
    desk.guardian.panic()
    while state_of(desk.guard) != "silent":
        desk.work_until(desk.clock.now_s + 0.01)
    assert desk.guardian.is_cut_off
    assert desk.clock.now_s < 102.3
