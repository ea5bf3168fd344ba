"""Rooms that break a promise on purpose: the soak is only worth its name if it finds each of them out."""

import signal
from collections.abc import Callable, Sequence

import pytest

from engine.inputs import Act, Command, OutputKind, OutputState, Resumed
from engine.midi import is_note_off, note_on
from engine.output.cues import FADE_S, Cue, Stop
from engine.output.duty import Guardian
from engine.output.guard import Guard, GuardState
from engine.record.journal import Journal
from engine.session import Session
from engine.soak.living import LivingRoom, living_room, wait_until
from engine.soak.processes import Hit
from engine.soak.rig import Rig
from engine.soak.simulated import Faulty, Hour, Jumped
from engine.soak.totals import Totals
from sensors.simulated import SimulatedListener
from tests.session.sessions import a_setup

BY_ITSELF = "by itself: nobody played on"


def has(totals: Totals, what: str) -> bool:
    return any(what in breach for breach in totals.broken)


def test_a_guard_that_forgets_note_offs_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    advance = Guard.catch_up

    def forgetful(guard: Guard, now_s: float) -> Sequence[tuple[float, bytes]]:
        return [each for each in advance(guard, now_s) if not is_note_off(each[1])]

    monkeypatch.setattr(Guard, "catch_up", forgetful)
    totals = Hour(2, minutes=3.0).live()
    assert totals.breaches["stuck notes"] >= 1


def play_on_after_every_resume(monkeypatch: pytest.MonkeyPatch) -> None:
    resume = Session._resume

    def and_play(session: Session, resumed: Resumed, tick: int, cues: list[Cue]) -> None:
        resume(session, resumed, tick, cues)
        session._start_at_tick = max(tick, session._quiet_from_tick)

    monkeypatch.setattr(Session, "_resume", and_play)


def play_on_after_every_silence_of_the_guardians(monkeypatch: pytest.MonkeyPatch) -> None:
    hear = Session._hear_output

    def and_play(session: Session, state: OutputState, tick: int, cues: list[Cue]) -> None:
        hear(session, state, tick, cues)
        if state.kind is not OutputKind.READY:
            session._start_at_tick = max(tick + 60, session._quiet_from_tick)

    monkeypatch.setattr(Session, "_hear_output", and_play)


@pytest.mark.parametrize(
    "case",
    [
        Jumped(8 * 3600.0, seed=2),
        *(Faulty((name,), 7, minutes=5.0) for name in ("engine killed", "computer suspended")),
    ],
)
def test_a_room_that_plays_on_by_itself_after_a_resume_is_found_out(
    case: Jumped | Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_on_after_every_resume(monkeypatch)
    assert has(case.live(), BY_ITSELF)


@pytest.mark.parametrize("name", ["panic", "guardian killed", "port lost", "engine frozen"])
def test_a_room_that_plays_on_by_itself_after_a_silence_is_found_out(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_on_after_every_silence_of_the_guardians(monkeypatch)
    assert has(Faulty((name,), 7, minutes=5.0).live(), BY_ITSELF)


@pytest.mark.parametrize("stop", Stop)
def test_a_stop_that_cuts_instead_of_fading_is_found_out(stop: Stop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FADE_S, stop, 0.0)
    rig = Rig(a_setup(), SimulatedListener("calm", 1))
    rig.submit(Command(Act.PLAY_ON, "soak"))
    rig.run(30.0)
    if stop is Stop.CRASH:
        rig.kill_engine()
    else:
        rig.submit(Command(Act(stop), "soak"))
    assert any("within 100 ms of a stop" in breach for breach in rig.finish())


def test_a_guardian_that_falls_silent_for_no_reason_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Guardian.work

    def moody(guardian: Guardian) -> None:
        if guardian.guard.state is GuardState.PLAYING and guardian._clock() > 45.0 and not guardian.guard.silences:
            guardian.guard.stop(Stop.CRASH, guardian._clock(), "for no reason")
        work(guardian)

    monkeypatch.setattr(Guardian, "work", moody)
    totals = Hour(2, minutes=3.0).live()
    assert totals.breaches["other breaches"] == 1
    assert has(totals, "the guardian fell silent for no reason")


@pytest.mark.parametrize("hit", [Rig.kill_guardian, Rig.revive_engine, Rig.look])
def test_what_a_guardian_refused_is_told_though_another_took_over(hit: Callable[[Rig], None]) -> None:
    rig = Rig(a_setup(), SimulatedListener("calm", 1))
    rig.submit(Command(Act.PLAY_ON, "soak"))
    rig.run(30.0)
    rig.send(rig.room.session.epoch, [(rig.clock.now_s, note_on(0, 127, 127))])
    rig.run(1.0)
    hit(rig)
    rig.run(5.0)
    assert "the guardian refused {'pitch': 1}" in rig.finish()


def test_what_a_real_guardian_refused_is_read_from_the_record() -> None:
    with living_room(9) as room:
        room.start()
        room.wait_for_notes(1)
        room.tell("end")
        room.signal(signal.SIGTERM)
        assert room.wait_for_end() == 0
        assert room.breaches() == []
        journal = Journal(room.journal)
        journal.open(None)
        journal.take_guardian(100, {"refused": {"pitch": 3}})
        journal.close()
        assert room.breaches() == ["the guardian refused {'pitch': 3}"]


def test_a_real_room_that_plays_on_by_itself_after_a_resume_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    start = LivingRoom.start

    def start_and_play(room: LivingRoom, *, resume: bool = False) -> None:
        start(room, resume=resume)
        if resume:
            wait_until(lambda: room.resumes() == 1, "the resume")
            room.press(" ")

    monkeypatch.setattr(LivingRoom, "start", start_and_play)
    totals = Hit("engine killed", 1, seed=1).live()
    assert "resumed: a resume was not silent" in totals.broken
    assert totals.breaches["wrong resumes"] == 1
