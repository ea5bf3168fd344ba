"""The link and its guardian as real processes, on the fake port: refusals, losses, deaths, and what a person hears."""

import asyncio
import errno
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.clock import now_s
from engine.errors import DeviceNotFoundError, LinkFailedError, UsageError
from engine.inputs import OutputKind, OutputState
from engine.midi import control, is_note_off, is_note_on, note_off, note_on
from engine.output import guardian_link, mirror
from engine.output.control import NobodyAnswersError, silence_room
from engine.output.cues import Cue, Stop
from engine.output.guardian_link import GuardianLink
from engine.output.midi_clock import CLOCK, START, STOP, Pulse
from engine.output.places import socket_path
from engine.output.ports import read_recording
from tests.output.live import waits

pytestmark = pytest.mark.asyncio

CHORD = (48, 55)
ALL_OFF = [control(0, number, 0) for number in (64, 123, 120, 11)]


@dataclass
class Playing:
    """A link, what its guardian sent, and what it said."""

    path: Path
    states: list[OutputState] = field(default_factory=list)
    sounding_when_ready: list[set[int]] = field(default_factory=list)
    link: GuardianLink = field(init=False)

    def __post_init__(self) -> None:
        self.link = GuardianLink([f"record:{self.path}"], "link", on_state=self._hear, channels=(0,))

    def _hear(self, state: OutputState) -> None:
        self.states.append(state)
        if state.kind is OutputKind.READY and "play on" in state.why:
            self.sounding_when_ready.append(self.sounding())

    def kill(self, *processes: int | None, number: signal.Signals = signal.SIGKILL) -> None:
        for process in processes:
            assert process is not None
            os.kill(process, number)

    async def until_ready(self, times: int) -> None:
        """Until a guardian has said that it is ready for so many times."""
        await self.until(lambda: self.kinds().count(OutputKind.READY) == times, f"ready for the {times}th time")

    async def stood_by(self) -> int:
        """The guardian that stands by, once there is one that has done all that takes time."""
        await self.until(lambda: waits(self.link.standby_pid), "one that stands by")
        assert self.link.standby_pid is not None
        return self.link.standby_pid

    async def until(self, holds: Callable[[], bool], what: str, *, beating: bool = True, each_s: float = 0.02) -> None:
        """A bounded wait in which the room's tick goes on."""
        for _ in range(round(20 / max(each_s, 0.0001))):
            if holds():
                return
            if beating:
                self.link.beat()
            await asyncio.sleep(each_s)
        pytest.fail(f"waited in vain for {what}; heard {self.states}")

    async def play(self, epoch: int) -> None:
        """Play on, and hold a chord."""
        heard = len(self.wire())
        self.link.cue(Cue(0, epoch, None))
        start_s = now_s() + 0.02
        notes = [(start_s, note_on(0, pitch, 48)) for pitch in CHORD]
        self.link.send(epoch, [(start_s, control(0, 11, 20)), *notes])
        await self.until(lambda: self.wire()[heard:][-1:] != [] and self.sounding() == set(CHORD), "the chord")

    def wire(self) -> list[tuple[float, bytes]]:
        return read_recording(self.path) if self.path.exists() else []

    def sounding(self) -> set[int]:
        notes: set[int] = set()
        for _, data in self.wire():
            if data[0] == 0x90:
                notes.add(data[1])
            elif data[0] == 0x80:
                notes.discard(data[1])
        return notes

    def kinds(self) -> list[OutputKind]:
        return [state.kind for state in self.states]


def lives(process: int | None) -> bool:
    return process is not None and Path(f"/proc/{process}").exists()


@asynccontextmanager
async def playing(tmp_path: Path) -> AsyncIterator[Playing]:
    room = Playing(tmp_path / "heard")
    await room.link.start()
    try:
        yield room
    finally:
        last = room.link.pid, room.link.standby_pid
        await room.link.close()
    assert not room.sounding()
    assert not any(map(lives, last)), "nobody stays behind"
    assert not any(room.sounding_when_ready), "whoever says ready has ended what sounded"


async def test_it_says_that_the_output_is_open_and_then_plays_on_time(tmp_path: Path) -> None:
    async with playing(tmp_path) as room:
        assert room.kinds() == [OutputKind.READY]
        await room.play(1)
        await room.until(lambda: room.link.report.get("sent") == len(room.wire()), "a report")
        assert room.link.report["refused"] == {}
        pongs = room.link._offset._pongs
        await room.until(lambda: len(pongs) > 0, "a pong")
        assert all(abs(apart_s) <= round_trip_s / 2 for round_trip_s, apart_s in pongs), "it is the same clock"


async def test_a_stop_is_answered_once_all_is_quiet(tmp_path: Path) -> None:
    async with playing(tmp_path) as room:
        await room.play(1)
        room.link.cue(Cue(0, 2, Stop.SILENCE))
        asked_s = now_s()
        await room.until(room.link.quiet.is_set, "quiet")
        assert not room.sounding()
        assert room.wire()[-1][0] - asked_s <= 1.0
        assert room.kinds() == [OutputKind.READY], "the session knows of its own stop"


async def test_a_killed_guardian_is_replaced_and_its_notes_end_first(tmp_path: Path) -> None:
    async with playing(tmp_path) as room:
        await room.play(1)
        heir, heard = await room.stood_by(), len(room.wire())
        room.kill(room.link.pid)
        killed_s = now_s()
        await room.until(lambda: not room.sounding(), "the note-offs")
        assert room.link.pid == heir
        first = room.wire()[heard : heard + 2]
        assert [data for _, data in first] == [note_off(0, pitch) for pitch in CHORD]
        assert first[-1][0] - killed_s <= 1.5
        await room.until(lambda: len(room.states) == 3, "the new guardian")
        assert room.kinds() == [OutputKind.READY, OutputKind.SILENCED, OutputKind.READY]
        room.link.send(1, [(now_s(), note_on(0, 60, 40))])
        await room.play(2)
        assert room.sounding() == set(CHORD), "the note of the old epoch is not heard"


async def test_a_hung_guardian_is_replaced(tmp_path: Path) -> None:
    async with playing(tmp_path) as room:
        await room.play(1)
        room.kill(room.link.pid, number=signal.SIGSTOP)
        await room.until(lambda: room.link.restarts == 1 and not room.sounding(), "another guardian")
        assert OutputKind.SILENCED in room.kinds()


async def test_panic_is_reported_and_a_play_on_from_before_it_is_not_meant(tmp_path: Path) -> None:
    async with playing(tmp_path) as room:
        await room.play(1)
        took_s = await asyncio.to_thread(silence_room, socket_path("link"), now_s)
        assert took_s <= 1.0
        assert not room.sounding()
        room.link._silences = 0
        room.link.cue(Cue(0, 1, None))
        await room.until(lambda: room.kinds()[1:] == [OutputKind.SILENCED] * 2, "panic and the refused play on")
        assert room.states[1].why == "panic"
        await room.play(2)


async def test_nobody_answers_where_no_room_is() -> None:
    with pytest.raises(NobodyAnswersError, match="turn the amplifier down"):
        silence_room(socket_path("nowhere"), now_s)


async def test_a_returning_heartbeat_keeps_the_music(tmp_path: Path) -> None:
    async with playing(tmp_path) as room:
        await room.play(1)
        heard = len(room.wire())
        await room.until(lambda: len(room.wire()) > heard, "the fade", beating=False)
        room.link.beat()
        await asyncio.sleep(0.3)
        room.link.beat()
        assert room.sounding() == set(CHORD)
        assert room.kinds() == [OutputKind.READY, OutputKind.READY]
        assert "stood still for a moment" in room.states[-1].why


async def test_an_unplugged_port_is_noticed_and_comes_back_in_silence(tmp_path: Path) -> None:
    cable = tmp_path / "heard.unplugged"
    async with playing(tmp_path) as room:
        await room.play(1)
        heard = len(room.wire())
        cable.touch()
        await room.until(lambda: room.kinds()[-1] is OutputKind.PORT_LOST, "the loss")
        assert "is gone" in room.states[-1].why
        room.link.cue(Cue(0, 2, None))
        await room.until(lambda: room.kinds()[-2:] == [OutputKind.PORT_LOST] * 2, "a play on that cannot be")
        cable.unlink()
        await room.until(lambda: room.kinds()[-1] is OutputKind.SILENCED, "the return")
        assert "is back" in room.states[-1].why
        told = [data for _, data in room.wire()[heard:]]
        assert told[:2] == [note_off(0, 48), note_off(0, 55)], "what sounded, before all that ended lately"
        assert next(data for data in told if not is_note_off(data)) == control(0, 11, 0)
        assert told[-3:] == [control(0, 123, 0), control(0, 120, 0), control(0, 11, 0)]
        await room.play(3)


async def test_a_play_on_pressed_before_an_heir_has_spoken_is_not_obeyed_later(tmp_path: Path) -> None:
    async with playing(tmp_path) as room:
        await room.play(1)
        dead = room.link.pid
        room.kill(dead)
        await room.until(lambda: room.link.pid != dead, "an heir", each_s=0.0)
        room.link.cue(Cue(0, 2, None))
        heard, start_s = len(room.wire()), now_s() + 0.1
        room.link.send(2, [(start_s, control(0, 11, 20)), (start_s, note_on(0, 60, 40))])
        await room.until(lambda: now_s() > start_s + 0.5, "what nobody means any more")
        assert room.kinds()[-3:] == [OutputKind.SILENCED, OutputKind.READY, OutputKind.SILENCED]
        assert not any(is_note_on(data) for _, data in room.wire()[heard:])
        await room.play(3)


async def test_a_second_guardian_is_refused(tmp_path: Path) -> None:
    async with playing(tmp_path) as room:
        for again in (
            GuardianLink([], "link"),
            GuardianLink([f"record:{room.path}"], "another room"),
        ):
            with pytest.raises(LinkFailedError, match="in use by another calando"):
                await again.start()


@pytest.mark.parametrize(
    ("output", "error", "words"),
    [
        ("bugle", UsageError, "There is no output 'bugle'"),
        ("record:/nowhere/at/all", DeviceNotFoundError, "Cannot record to /nowhere/at/all"),
    ],
)
async def test_what_cannot_be_opened_is_refused_in_a_sentence(output: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        await GuardianLink([output], "link").start()


async def test_a_guardian_that_ends_without_a_word_is_an_error() -> None:
    with pytest.raises(LinkFailedError, match="did not open"):
        await GuardianLink([], "link", command=("false",)).start()


async def test_two_outputs_hear_each_its_own_and_both_the_clock(tmp_path: Path) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    outputs = [f"record:{near}?latency_ms=30", f"record:{far}?transpose=-12&velocity=0.5"]
    link = GuardianLink(outputs, "two", channels=(0,), midi_clock=True)
    await link.start()
    try:
        link.cue(Cue(0, 1, None))
        start_s = now_s() + 0.1
        link.pulse(Pulse(start_s - 1.0, 0.0, 72.0))
        link.send(1, [(start_s, note_on(0, 60, 40)), (start_s + 0.1, note_off(0, 60))])
        for _ in range(40):
            link.beat()
            await asyncio.sleep(0.05)
    finally:
        await link.close()
    heard = {path: read_recording(path) for path in (near, far)}
    notes = {path: [data for _, data in wire if is_note_on(data)] for path, wire in heard.items()}
    assert notes == {near: [note_on(0, 60, 40)], far: [note_on(0, 48, 20)]}
    for wire in heard.values():
        told = [data for _, data in wire if data[0] >= 0xF0]
        assert told.index(START) < told.index(STOP)
        assert told.count(CLOCK) > 40


async def test_where_no_guardian_can_be_started_it_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guardian_link, "RETRY_S", 0.1)
    start = asyncio.create_subprocess_exec

    async def no_room_for_another(*_: object, **__: object) -> asyncio.subprocess.Process:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    async with playing(tmp_path) as room:
        await room.play(1)
        monkeypatch.setattr(asyncio, "create_subprocess_exec", no_room_for_another)
        assert room.link.standby_pid is None, "none stands by yet"
        room.kill(room.link.pid)
        await room.until(lambda: OutputKind.PORT_LOST in room.kinds(), "the loss")
        assert "no guardian can be started" in room.states[-1].why
        monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
        await room.until_ready(2)
        assert not room.sounding()


async def test_the_death_of_one_that_stands_by_is_not_heard_and_another_stands_by(tmp_path: Path) -> None:
    async with playing(tmp_path) as room:
        await room.play(1)
        dead = await room.stood_by()
        room.kill(dead)
        await room.until(lambda: room.link.standby_pid != dead, "its end")
        heir = await room.stood_by()
        assert room.sounding() == set(CHORD)
        assert room.kinds() == [OutputKind.READY]
        room.kill(room.link.pid)
        await room.until_ready(2)
        assert room.link.pid == heir


async def test_where_both_die_at_once_a_third_ends_the_notes(tmp_path: Path) -> None:
    async with playing(tmp_path) as room:
        await room.play(1)
        room.kill(await room.stood_by(), room.link.pid)
        await room.until_ready(2)
        assert not room.sounding()
        await room.play(2)


async def test_an_heir_that_hangs_is_replaced_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardian_link, "OPENING_PINGS", 2)
    async with playing(tmp_path) as room:
        await room.play(1)
        heir = await room.stood_by()
        room.kill(heir, number=signal.SIGSTOP)
        room.kill(room.link.pid)
        await room.until_ready(2)
        assert not lives(heir)


async def test_an_end_that_nobody_lived_to_send_is_sent_by_the_heir_that_can_open_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guardian_link, "RETRY_S", 0.1)
    monkeypatch.setattr(mirror, "HELD_BACK_S", 0.2)
    aside = tmp_path / "aside"
    async with playing(tmp_path) as room:
        await room.play(1)
        await room.stood_by()
        room.path.rename(aside)
        room.path.mkdir()
        room.link.send(1, [(now_s() + 0.3, note_off(0, CHORD[0]))])
        room.kill(room.link.pid)
        forgotten_s = now_s() + 1.0
        await room.until(lambda: now_s() > forgotten_s and room.link.restarts > 2, "heirs that cannot open the output")
        room.path.rmdir()
        aside.rename(room.path)
        assert room.sounding() == set(CHORD)
        await room.until_ready(2)
        assert not room.sounding()


async def test_the_heir_of_one_that_died_while_its_output_was_away_ends_what_the_synth_never_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "HELD_BACK_S", 0.2)
    async with playing(tmp_path) as room:
        await room.play(1)
        cable = tmp_path / "heard.unplugged"
        cable.touch()
        await room.until(lambda: room.kinds()[-1] is OutputKind.PORT_LOST, "the loss")
        room.link.send(1, [(now_s(), note_off(0, pitch)) for pitch in CHORD])
        gone_by_s = now_s() + 1.0
        await room.until(lambda: now_s() > gone_by_s, "ends that go nowhere")
        assert room.sounding() == set(CHORD)
        room.kill(room.link.pid)
        cable.unlink()
        await room.until_ready(2)
        assert not room.sounding()


async def test_guardians_killed_one_after_the_other_leave_no_note(tmp_path: Path) -> None:
    async with playing(tmp_path) as room:
        for epoch in range(1, 5):
            await room.play(epoch)
            room.kill(room.link.pid)
            await room.until_ready(1 + epoch)


async def test_a_first_guardian_begins_by_ending_every_note_that_nobody_was_left_to_end(tmp_path: Path) -> None:
    every_note = [note_off(0, pitch) for pitch in range(28, 97)]
    async with playing(tmp_path) as room:
        assert [data for _, data in room.wire()[: len(every_note) + 4]] == every_note + ALL_OFF


async def test_the_next_engine_ends_what_one_left_that_died_with_its_guardians(tmp_path: Path) -> None:
    dead = Playing(tmp_path / "heard")
    await dead.link.start()
    await dead.play(1)
    dead.link._keeper.cancel()  # type: ignore[union-attr]
    dead.kill(dead.link.pid, await dead.stood_by())
    assert dead.sounding() == set(CHORD)
    async with playing(tmp_path) as room:
        assert not room.sounding(), "before anybody plays on"
    await dead.link.close()


async def test_whoever_watches_hears_when_nobody_keeps_the_guardian(tmp_path: Path) -> None:
    def deaf(state: OutputState) -> None:
        raise RuntimeError(f"nobody hears {state.kind}")

    async with playing(tmp_path) as room:
        watching = asyncio.create_task(room.link.watch())
        room.link.on_state = deaf
        room.kill(room.link.pid)
        with pytest.raises(RuntimeError, match="nobody hears"):
            await asyncio.wait_for(watching, 10)


async def test_a_runtime_folder_too_long_for_a_socket_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", f"{os.environ['XDG_RUNTIME_DIR']}/{'x' * 100}")
    with pytest.raises(LinkFailedError, match="too long a name"):
        await GuardianLink([], "link").start()
