"""The room lives an hour in about a second, stamps what comes in, and leaves a record that folds to the same music."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.attachment import Attachment, RoomAccess
from engine.decision import Decision
from engine.inputs import Act, Command, Input, OutputKind, OutputState, Resumed, Stamped
from engine.midi import TICK_S, MidiEvent, is_note_on
from engine.news import News, RecordedUpTo, Trouble
from engine.offline import Mark
from engine.output.cues import Stop
from engine.output.rehearsal import RehearsedOutput
from engine.record.journal import Journal
from engine.record.meta import meta_of, setup_of
from engine.record.proof import prove
from engine.record.recorded import Recorded, read
from engine.room import Room
from engine.session import STOPS, Folded, Session
from sensors.heart import Deliver, HeartPacket
from sensors.played import PlayedRecording
from sensors.simulated import SimulatedListener
from tests.session.sessions import a_setup
from tests.virtual_time import VirtualTimeLoop

pytestmark = [pytest.mark.asyncio, pytest.mark.virtual_time]


def a_room(
    minutes: float, record: Journal | None = None, attached: Sequence[Attachment] = ()
) -> tuple[Room, RehearsedOutput]:
    loop = asyncio.get_running_loop()
    output = RehearsedOutput(loop.time)
    source = PlayedRecording(SimulatedListener("distress", 1))
    room = Room(Session(a_setup()), output, loop.time, source, record=record, attached=attached, minutes=minutes)
    room.submit(Command(Act.PLAY_ON, "start"))
    return room, output


async def test_twenty_minutes_of_a_room_hear_the_rise_and_thin() -> None:
    decisions: list[Decision] = []

    def keep(news: News) -> None:
        if isinstance(news, Folded) and news.decision:
            decisions.append(news.decision)

    room, output = a_room(20)
    room.subscribe(keep)
    await room.run()
    before, during = decisions[11 * 60], decisions[17 * 60]
    assert during.estimate.arousal > before.estimate.arousal + 0.4
    assert during.intent.tempo_bpm < 0.75 * before.intent.tempo_bpm
    assert during.onsets <= before.onsets + 1
    assert output.guard.counts.refused.total() == 0


async def test_the_journal_of_a_live_room_folds_to_the_same_events(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "session.sqlite")
    journal.open(meta_of(a_setup(), version="test", started="now"))
    room, _ = a_room(3, record=journal)
    asyncio.get_running_loop().call_later(60.0, room.submit, Command(Act.CUFF, "key"))
    asyncio.get_running_loop().call_later(90.0, room.submit, Command(Act.EASE, "key"))
    await room.run()
    journal.close()
    recorded = read(journal.path)
    session = Session(setup_of(recorded.meta))
    again: list[MidiEvent] = []
    by_tick: dict[int, list[Stamped]] = {}
    for stamped in recorded.inputs:
        by_tick.setdefault(stamped.tick, []).append(stamped)
    while not session.finished:
        again.extend(session.fold(session.next_tick, by_tick.get(session.next_tick, ())).events)
    assert len(again) > 100
    assert tuple(again) == recorded.events


async def test_whoever_fails_to_listen_is_left_out_and_the_music_goes_on() -> None:
    told: list[str] = []

    def fail(news: News) -> None:
        if isinstance(news, Folded) and news.tick > 200:
            raise BrokenPipeError

    def keep(news: News) -> None:
        if isinstance(news, Trouble):
            told.append(news.sentence)

    room, output = a_room(2)
    forget = room.subscribe(fail)
    room.subscribe(keep)
    await room.run()
    forget()
    assert told == ["One that was told of the session failed (BrokenPipeError) and is left out."]
    assert any(is_note_on(data) for at_s, data in output.wire if at_s > 60)


async def test_silence_reaches_the_output_at_once_and_not_after_the_look_ahead() -> None:
    room, output = a_room(2)
    asyncio.get_running_loop().call_later(30.02, room.submit, Command(Act.SILENCE, "key"))
    await room.run()
    at_s, cue = next((at_s, cue) for at_s, cue in output.cues if cue.stop is Stop.SILENCE)
    assert at_s == pytest.approx(30.02, abs=0.001)
    assert cue.epoch == 1
    assert max(wire_s for wire_s, _ in output.wire) <= 31.02


async def test_after_silence_and_play_on_the_room_sounds_again() -> None:
    room, output = a_room(2)
    loop = asyncio.get_running_loop()
    loop.call_later(30.0, room.submit, Command(Act.SILENCE, "key"))
    loop.call_later(40.0, room.submit, Command(Act.PLAY_ON, "key"))
    await room.run()
    assert any(is_note_on(data) for at_s, data in output.wire if at_s > 40)
    assert output.guard.counts.refused.total() == 0


async def test_a_stalled_loop_drops_late_notes_and_goes_on() -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    room, output = a_room(2)
    loop.call_later(45.0, loop.stall, 0.9)
    await room.run()
    assert output.guard.counts.refused.total() == 0
    assert any(is_note_on(data) for at_s, data in output.wire if at_s > 50)


async def test_a_room_that_slept_ten_minutes_is_silent_until_play_on_and_its_record_says_how_long(
    tmp_path: Path,
) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    journal = Journal(tmp_path / "session.sqlite")
    journal.open(meta_of(a_setup(), version="test", started="now"))
    room, output = a_room(15, record=journal)
    loop.call_later(45.0, loop.stall, 600.0)
    loop.call_later(660.0, room.submit, Command(Act.PLAY_ON, "key"))
    await room.run()
    journal.close()
    recorded = read(journal.path)
    (resumed,) = [stamped.input for stamped in recorded.inputs if isinstance(stamped.input, Resumed)]
    assert resumed.run == 1
    assert resumed.gap_s == pytest.approx(600.0, abs=0.1)
    played_on_s = max(at_s for at_s, cue in output.cues if cue.stop is None)
    assert 660.0 <= played_on_s <= 661.0
    assert not any(is_note_on(data) for at_s, data in output.wire if 46.0 < at_s < played_on_s)
    assert any(is_note_on(data) for at_s, data in output.wire if at_s > played_on_s)
    assert set(output.guard.counts.refused) <= {"note length"}, "what slept sounding is ended for its length"


class Waking:
    """A room that plays, sleeps from second 45 to 645, and is asked for ``given`` before it notices."""

    def __init__(self, folder: Path, *given: Input) -> None:
        self.journal = Journal(folder / "session.sqlite")
        self.journal.open(meta_of(a_setup(), version="test", started="now"))
        self.room, self.output = a_room(13, record=self.journal)
        self.given, self.stamped, self.cues = given, list[Stamped](), list[Stop | None]()

    async def live(self) -> Recorded:
        asyncio.get_running_loop().call_later(45.0, self._wake)
        await self.room.run()
        self.journal.close()
        recorded = read(self.journal.path)
        assert prove(recorded).difference is None, "it folds to the same music again"
        return recorded

    def _wake(self) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        loop.stall(600.0)
        for given in self.given:
            self.stamped.append(self.room.submit(given))
            self.cues = [cue.stop for at_s, cue in self.output.cues if at_s == loop.time()]


async def test_what_is_pressed_before_a_room_notices_that_it_slept_is_pressed_now(tmp_path: Path) -> None:
    lost = OutputState(OutputKind.SILENCED, "the engine stopped answering")
    packet = HeartPacket(645.0, 62, (991,))
    waking = Waking(tmp_path, lost, packet, Command(Act.DOSE, "key"), Command(Act.PLAY_ON, "key"))
    recorded = await waking.live()
    before_s, heard_s, dose_s, play_on_s = (stamped.tick * TICK_S for stamped in waking.stamped)
    assert before_s == heard_s == pytest.approx(45.5, abs=0.1)
    assert dose_s == play_on_s == pytest.approx(645.5, abs=0.1)
    (resumed,) = [stamped for stamped in recorded.inputs if isinstance(stamped.input, Resumed)]
    assert waking.stamped[1].seq < resumed.seq < waking.stamped[2].seq
    assert resumed.tick < waking.stamped[2].tick
    assert any(is_note_on(data) for at_s, data in waking.output.wire if 646.0 < at_s < 700.0), "play on was meant"


@pytest.mark.parametrize("act", [Act.SILENCE, Act.PAUSE, Act.END])
async def test_a_stop_that_is_pressed_at_waking_stops_before_anything_else_is_done(act: Act, tmp_path: Path) -> None:
    waking = Waking(tmp_path, Command(act, "key"))
    await waking.live()
    assert waking.cues == [STOPS[act], Stop.SILENCE, STOPS[act]]
    assert waking.output.guard.epoch == waking.room.session.epoch
    assert not any(is_note_on(data) for at_s, data in waking.output.wire if at_s > 46.0)


async def test_what_is_asked_before_the_room_begins_is_no_waking() -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.stall(3600.0)
    room, output = a_room(1)
    await room.run()
    assert room.session.epoch == 1, "the end alone"
    assert any(is_note_on(data) for _, data in output.wire)


async def test_an_act_planned_within_the_sleep_is_done_at_waking(tmp_path: Path) -> None:
    waking = Waking(tmp_path, Command(Act.STAY, "key"))
    waking.room.marks = (Mark(300.0, Act.DOSE),)
    recorded = await waking.live()
    (dose,) = [each for each in recorded.inputs if isinstance(each.input, Command) and each.input.act is Act.DOSE]
    assert dose.tick * TICK_S == pytest.approx(645.5, abs=0.1)


async def test_a_source_that_crashes_is_started_again_and_the_music_goes_on() -> None:
    loop = asyncio.get_running_loop()
    troubles: list[str] = []

    class Fragile:
        starts = 0

        async def run(self, deliver: Deliver) -> None:
            self.starts += 1
            await asyncio.sleep(5.0)
            raise RuntimeError("the radio fell over")

    source, output = Fragile(), RehearsedOutput(loop.time)
    room = Room(Session(a_setup()), output, loop.time, source, minutes=1.5)
    room.subscribe(lambda news: troubles.append(news.sentence) if isinstance(news, Trouble) else None)
    room.submit(Command(Act.PLAY_ON, "start"))
    await room.run()
    assert source.starts >= 5
    assert any("started again" in trouble for trouble in troubles)
    assert any(is_note_on(data) for at_s, data in output.wire if at_s > 60)


class Pads:
    """Somebody beside the room: eases after half a minute, watches what comes of it, and then fails."""

    name = "pads"

    def __init__(self) -> None:
        self.asked: list[Stamped] = []
        self.heard: list[News] = []
        self.starts = 0

    async def run(self, room: RoomAccess) -> None:
        self.starts += 1
        unsubscribe = room.subscribe(self.heard.append)
        await asyncio.sleep(30.0 - room.now_s())
        self.asked.append(room.submit(Command(Act.EASE, "pads")))
        await asyncio.sleep(1.0)
        unsubscribe()
        raise RuntimeError("the pads were pulled out")


def report(loop: asyncio.AbstractEventLoop, room: Room, seq: int) -> None:
    loop.call_soon_threadsafe(room.report, RecordedUpTo(seq))


async def test_what_is_attached_asks_sees_it_done_and_recorded_and_may_fail(tmp_path: Path) -> None:
    journal, pads = Journal(tmp_path / "session.sqlite"), Pads()
    journal.open(meta_of(a_setup(), version="test", started="now"))
    room, output = a_room(1, record=journal, attached=[pads])
    loop = asyncio.get_running_loop()
    journal.on_recorded = lambda seq: report(loop, room, seq)
    recorded: list[int] = []
    room.subscribe(lambda news: recorded.append(news.seq) if isinstance(news, RecordedUpTo) else None)
    await room.run()
    journal.close()
    await asyncio.sleep(0)
    asked = pads.asked[0]
    assert asked in pads.heard
    done = [news for news in pads.heard if isinstance(news, Folded) and news.tick >= asked.tick]
    assert done[0].tick == asked.tick
    assert next(news.decision for news in done if news.decision is not None).staff_offset == 0.25
    assert asked.seq in recorded
    assert pads.starts > 1
    assert any(is_note_on(data) for at_s, data in output.wire if at_s > 45)
