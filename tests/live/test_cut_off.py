"""``calando run`` is killed and started again: silent in time, everything back, one record that folds to the same."""

import asyncio
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from engine.clock import boot, now_s
from engine.errors import SafetyStopError
from engine.hearts import parse_heart
from engine.inputs import Resumed, Stamped
from engine.live import LivePlan, LiveSession
from engine.midi import is_note_on
from engine.output.places import socket_path
from engine.output.ports import read_recording
from engine.record.database import JournalError
from engine.record.folder import new_folder, wall_time
from engine.record.journal import Journal
from engine.record.proof import prove
from engine.record.recorded import broken_batch, read
from engine.record.unfinished import find_unfinished
from engine.session import Folded, Session
from engine.soak.living import listener
from sensors.heart import LinkState
from tests.calls import call, command, home
from tests.output.live import Wire, wait_until
from tests.session.sessions import a_setup
from tests.stream_checker import StreamChecker

ROOM = "cut-off"


class Room:
    """A room whose process may be killed; its port and its record outlive it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.heard = folder / "heard"
        self.records = folder / "records"

    @contextmanager
    def running(
        self, *words: str, env: Mapping[str, str] | None = None, stdin: int = subprocess.DEVNULL
    ) -> Iterator["subprocess.Popen[str]"]:
        """Another process of the room, ended at the end whatever happened."""
        outs = ("--heart", "sim:distress", "--out", f"record:{self.heard}", "--room", ROOM, "--record", self.records)
        child = subprocess.Popen(
            command("run", *outs, *words),
            env={**home(self.folder), **(env or {})},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield child
        finally:
            child.kill()
            child.wait()
            assert child.stdout is not None
            child.stdout.close()

    def wire(self) -> Wire:
        return read_recording(self.heard) if self.heard.exists() else []

    def journal(self) -> Path:
        (journal,) = self.records.glob("*/session.sqlite")
        return journal

    def is_under_way(self) -> bool:
        """A note was heard, and that there is a session is on the disk: only then can it be taken up."""
        with suppress(JournalError, ValueError):
            return bool(self.notes_after(0.0)) and bool(read(self.journal()).runs)
        return False

    def notes_after(self, since_s: float) -> list[float]:
        return [at_s for at_s, data in self.wire() if at_s > since_s and is_note_on(data)]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def lines_until(child: "subprocess.Popen[str]", word: str) -> list[str]:
    """What it says, up to the line that holds the word."""
    assert child.stdout is not None
    lines: list[str] = []
    for line in child.stdout:
        lines.append(line)
        if word in line:
            return lines
    raise AssertionError(f"it ended without {word!r}: {lines}")


def check_wire(room: Room, killed_s: float) -> None:
    """Laws 2, 4 and 5 over both lives of the room."""
    checker, told = StreamChecker(), False
    for at_s, data in room.wire():
        if not told and at_s >= killed_s:
            checker.stop("crash", killed_s)
            told = True
        checker.feed(at_s, data)
    checker.finish()


def test_a_killed_room_is_silent_in_time_and_a_service_takes_it_up_by_itself(room: Room) -> None:
    with room.running() as first:
        wait_until(lambda: len(room.notes_after(0.0)) >= 3, "music")
        first.kill()
        killed_s = now_s()
    with room.running(env={"INVOCATION_ID": "systemd's"}) as second:
        said = lines_until(second, "music: silence")
        back_s = now_s()
        assert any("it goes on. Nothing sounds until you play on." in line for line in said)
        assert back_s - killed_s <= 5.0
        second.terminate()
        assert second.wait(60) == 0
    assert room.notes_after(killed_s + 0.6) == []
    check_wire(room, killed_s)
    recorded = read(room.journal())
    assert [run.run for run in recorded.runs] == [0, 1]
    assert broken_batch(room.journal()) is None
    assert prove(recorded).difference is None
    assert (room.journal().parent / "session.mid").is_file()


def kill_in_the_fade(room: Room, first: "subprocess.Popen[str]") -> None:
    """Staff end the session; its process does not live to the end of the fade."""
    first.terminate()
    wait_until(lambda: read(room.journal()).is_ended, "the end, recorded")
    first.kill()
    first.wait()


def kill_and_damage(room: Room, first: "subprocess.Popen[str]") -> None:
    first.kill()
    first.wait()
    for beside in room.journal().parent.glob("session.sqlite-*"):
        beside.unlink()
    room.journal().write_bytes(b"no database" * 400)


def kill_and_change_version(room: Room, first: "subprocess.Popen[str]") -> None:
    first.kill()
    first.wait()
    with closing(sqlite3.connect(room.journal())) as database, database:
        database.execute("UPDATE meta SET value = json_set(value, '$.a_later_key', 1) WHERE key = 'profile'")


def kill_long_ago(room: Room, first: "subprocess.Popen[str]") -> None:
    first.kill()
    first.wait()
    with closing(sqlite3.connect(room.journal())) as database, database:
        database.execute("UPDATE run SET start_s = start_s - 700")


@pytest.mark.parametrize("end", [kill_in_the_fade, kill_and_damage, kill_and_change_version, kill_long_ago])
def test_a_service_that_begins_anew_waits_for_a_person(
    room: Room, end: Callable[[Room, "subprocess.Popen[str]"], None]
) -> None:
    with room.running() as first:
        wait_until(room.is_under_way, "a first note, recorded")
        end(room, first)
    wait_until(lambda: _all_off(room.wire()), "silence")
    again_s = now_s()
    with room.running(env={"INVOCATION_ID": "systemd's"}) as second:
        assert any("Nothing sounds until you play on." in line for line in lines_until(second, "music: waiting"))
        waiting_s = now_s()
        wait_until(lambda: now_s() - waiting_s > 5.0, "time enough for a first note")
        second.terminate()
        assert second.wait(60) == 0
    assert room.notes_after(again_s) == []
    assert len(list(room.records.glob("*/session.sqlite"))) == 2


def test_a_person_whose_record_is_damaged_is_told_and_begins_anew(room: Room) -> None:
    new_folder(room.records, ROOM).journal.write_bytes(b"no database" * 400)
    words = ("--heart", "none", "--out", "none", "--room", ROOM, "--record", room.records, "--minutes", "0.1")
    asked = call("run", "--resume", *words, folder=room.folder)
    assert asked.code == 1
    assert "is not a calando record" in asked.sentence
    anew = call("run", *words, folder=room.folder)
    assert anew.code == 0
    assert "is not a calando record" in anew.out
    assert "Nothing is taken up; a new session begins." in anew.out
    assert "Nothing sounds until" not in anew.out


def test_a_service_whose_picture_cannot_be_kept_has_ended_all_the_same(room: Room) -> None:
    with room.running("--minutes", "0.1", env={"INVOCATION_ID": "systemd's"}) as child:
        lines_until(child, "music: waiting")
        (room.journal().parent / "session.png").mkdir()
        assert any("Cannot save" in line for line in lines_until(child, "session.png"))
        assert child.wait(60) == 0
    assert read(room.journal()).is_ended


def test_a_session_that_was_begun_without_a_strap_looks_for_none_when_it_is_taken_up(room: Room) -> None:
    with room.running("--heart", "none") as first:
        wait_until(room.is_under_way, "a first note, recorded")
        first.kill()
    with room.running("--heart", "auto", env={"INVOCATION_ID": "systemd's"}) as second:
        said = lines_until(second, "music: silence")
        second.terminate()
        assert second.wait(60) == 0
    assert any("it goes on" in line for line in said)
    assert not any(isinstance(each.input, LinkState) for each in read(room.journal()).inputs)


def test_without_being_asked_a_script_begins_anew_and_is_told(room: Room) -> None:
    with room.running() as first:
        wait_until(room.is_under_way, "a first note, recorded")
        first.kill()
    anew = ("--heart", "none", "--out", "none", "--room", ROOM, "--record", room.records, "--minutes", "0.1")
    answer = call("run", *anew, folder=room.folder)
    assert "--resume would have taken it up again" in answer.out
    assert len(list(room.records.glob("*/session.sqlite"))) == 2


@pytest.mark.parametrize("words", [(), ("--resume",)], ids=["begins", "resumes"])
def test_a_room_that_still_plays_is_not_said_to_be_cut_off(room: Room, words: tuple[str, ...]) -> None:
    with room.running() as first:
        wait_until(room.is_under_way, "a first note, recorded")
        answer = call("run", *words, "--room", ROOM, "--record", room.records, "--web", "none", folder=room.folder)
        assert first.poll() is None
    assert answer.code == 4
    assert "in use" in answer.sentence
    assert "cut off" not in answer.out


@pytest.mark.parametrize(("answer", "runs"), [(b"\n", [0, 1]), (b"n\n", [0])])
def test_a_person_at_a_terminal_is_asked(room: Room, answer: bytes, runs: list[int]) -> None:
    with room.running() as first:
        wait_until(room.is_under_way, "a first note, recorded")
        first.kill()
    keyboard, terminal = os.openpty()
    with room.running(stdin=terminal, env={"INVOCATION_ID": "the desktop's"}) as second:
        os.write(keyboard, answer)
        said = lines_until(second, "Keys:")
        assert any("Take it up again? Nothing sounds until you play on." in line for line in said)
        lines_until(second, "00:0")
        second.terminate()
        assert second.wait(60) == 0
    os.close(keyboard)
    os.close(terminal)
    oldest = min(room.records.glob("*/session.sqlite"))
    assert [run.run for run in read(oldest).runs] == runs


def test_what_was_ended_is_not_taken_up(room: Room) -> None:
    with room.running("--minutes", "0.1") as first:
        assert first.wait(60) == 0
    answer = call("run", "--resume", "--room", ROOM, "--record", room.records, folder=room.folder)
    assert answer.code == 2
    assert "leave --resume out" in answer.sentence


def test_a_room_that_slept_with_its_guardian_wakes_in_silence(room: Room) -> None:
    with room.running() as child:
        wait_until(lambda: len(room.notes_after(0.0)) >= 3, "music")
        guardian = listener(socket_path(ROOM))
        assert guardian is not None
        for process in (child.pid, guardian):
            os.kill(process, signal.SIGSTOP)
        slept_s = now_s()
        wait_until(lambda: now_s() - slept_s > 12.0, "a short sleep")
        woke_s = now_s()
        for process in (guardian, child.pid):
            os.kill(process, signal.SIGCONT)
        wait_until(lambda: _all_off(room.wire()), "silence")
        assert now_s() - woke_s <= 2.5
        assert room.notes_after(woke_s + 0.2) == []
        child.terminate()
        assert child.wait(60) == 0
    recorded = read(room.journal())
    (resumed,) = [each.input for each in recorded.inputs if isinstance(each.input, Resumed)]
    assert resumed.gap_s == pytest.approx(12.0, abs=1.5)
    assert prove(recorded).difference is None


def test_whoever_reads_its_lines_may_leave_and_the_music_plays_to_its_own_end(room: Room) -> None:
    with room.running("--minutes", "0.2") as child:
        wait_until(lambda: bool(room.notes_after(0.0)), "music")
        assert child.stdout is not None
        child.stdout.close()
        assert child.wait(60) == 0
    heard = room.wire()
    assert heard[-1][0] - heard[0][0] >= 0.2 * 60
    assert {path.name for path in room.journal().parent.iterdir()} == {"session.sqlite", "session.mid", "session.png"}


def test_a_session_that_fails_inside_ends_in_a_fade_and_can_be_taken_up_once_it_is_mended(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = Session.fold

    def fold_or_fail(self: Session, tick: int, inputs: Sequence[Stamped] = ()) -> Folded:
        if tick > 80:
            raise ZeroDivisionError
        return fold(self, tick, inputs)

    quiet_before_the_disk_is_asked = []

    def close(self: Journal) -> None:
        quiet_before_the_disk_is_asked.append(_all_off(room.wire()))
        close_journal(self)

    close_journal = Journal.close
    monkeypatch.setattr(Journal, "close", close)
    monkeypatch.setattr(Session, "fold", fold_or_fail)
    plan = LivePlan(a_setup(), parse_heart("none"), None, (f"record:{room.heard}",), ROOM, (), None)
    live = LiveSession(plan, lambda: new_folder(room.records, ROOM), lambda _: None, lambda _: None)
    with pytest.raises(SafetyStopError, match=r"ZeroDivisionError.*--resume"):
        asyncio.run(live.run())
    assert quiet_before_the_disk_is_asked == [True]
    with pytest.raises(JournalError, match="cannot be lived again"):
        find_unfinished(room.records, ROOM, boot(), now_s(), wall_time)
    monkeypatch.undo()
    assert find_unfinished(room.records, ROOM, boot(), now_s(), wall_time) is not None


def _all_off(wire: Wire) -> bool:
    sounding: set[tuple[int, int]] = set()
    for _, data in wire:
        key = (data[0] & 0x0F, data[1])
        if is_note_on(data):
            sounding.add(key)
        elif data[0] & 0xF0 in (0x80, 0x90):
            sounding.discard(key)
    return not sounding and bool(wire) and wire[-1][1][0] & 0xF0 == 0xB0 and wire[-1][1][2] == 0
