"""A disk that is full, locked or slow is told, marked and caught up with; the music does not change by a byte."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from engine.inputs import Act, Command, Stamped
from engine.live import _soon
from engine.midi import MidiEvent, is_note_on, note_on
from engine.news import RecordedUpTo, Trouble
from engine.output.rehearsal import RehearsedOutput
from engine.record import writer
from engine.record.database import Connect, connect
from engine.record.folder import head
from engine.record.journal import Journal
from engine.record.proof import prove
from engine.record.recorded import broken_batch, read
from engine.room import Room
from engine.session import Session
from sensors.played import PlayedRecording
from sensors.simulated import SimulatedListener
from tests.output.live import Wire, wait_until
from tests.parts import needs
from tests.record.disks import BrokenDisk, full, impatient, locked, slow, small_disk
from tests.session.sessions import a_setup
from tests.stream_checker import check_stream
from tests.virtual_time import VirtualTimeLoop

Failing = Callable[[Path], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "SHORTEST_RETRY_S", 0.05)
    monkeypatch.setattr(writer, "LONGEST_RETRY_S", 0.1)


def a_command(seq: int) -> Stamped:
    return Stamped(seq * 20, seq, Command(Act.CUFF, "page"))


def chords(tick: int, notes: int) -> list[MidiEvent]:
    return [MidiEvent(tick, index, note_on(0, 60, 40)) for index in range(notes)]


@contextmanager
def full_at_64_kb(_: Path) -> Iterator[None]:
    with full(65_536):
        yield


@contextmanager
def sound(_: Path) -> Iterator[None]:
    yield


@pytest.mark.parametrize("failing", [full_at_64_kb, locked])
def test_what_a_failing_disk_did_not_take_is_there_once_it_does(tmp_path: Path, failing: Failing) -> None:
    troubles, done = list[str](), list[int]()
    journal = Journal(tmp_path / "session.sqlite", troubles.append, done.append, connect=impatient)
    journal.open({"seed": 1})
    journal.take(a_command(1))
    wait_until(lambda: done == [1], "the first command")
    with failing(journal.path):
        for seq in range(2, 40):
            journal.take_events(chords(seq * 20, 400))
            journal.take(a_command(seq))
        wait_until(lambda: bool(troubles), "the trouble")
    journal.take(a_command(40))
    wait_until(lambda: len(done) == 40, "all commands")
    journal.close()

    recorded = read(journal.path)
    assert [stamped.seq for stamped in recorded.inputs] == list(range(1, 41))
    assert len(recorded.events) == 38 * 400
    assert "the music goes on" in troubles[0]
    assert [gap.rows for gap in recorded.gaps] == [0]
    assert recorded.gaps[0].to_tick >= 39 * 20
    assert broken_batch(journal.path) is None


@needs("tmpfs")
def test_a_file_system_without_room_is_caught_up_with_once_there_is_some(tmp_path: Path) -> None:
    troubles, done = list[str](), list[int]()
    with small_disk(tmp_path / "disk", "400k") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(250_000))
        journal = Journal(disk / "session.sqlite", troubles.append, done.append)
        journal.open({"seed": 1})
        for seq in range(1, 30):
            journal.take_events(chords(seq * 20, 100))
            journal.take(a_command(seq))
        wait_until(lambda: bool(troubles), "the trouble")
        ballast.unlink()
        wait_until(lambda: len(done) == 29, "all commands")
        journal.close()
        recorded = read(journal.path)
        assert len(recorded.inputs) == 29
        assert len(recorded.events) == 2900
        assert "full" in recorded.gaps[0].why
        assert broken_batch(journal.path) is None


def test_a_row_that_no_disk_could_take_keeps_no_other_waiting(tmp_path: Path) -> None:
    troubles, done = list[str](), list[int]()
    journal = Journal(tmp_path / "session.sqlite", troubles.append, done.append)
    journal.open()
    journal.take(a_command(1))
    wait_until(lambda: done == [1], "the first command")
    journal.take_events(chords(20, 3))
    journal.take(a_command(1))
    journal.take_events([MidiEvent(1 << 70, 0, b"")])
    journal.take(a_command(2))
    journal.take(a_command(2))
    journal.close()
    recorded = read(journal.path)
    assert [stamped.seq for stamped in recorded.inputs] == [1, 2]
    assert len(recorded.events) == 3
    assert sum(gap.rows for gap in recorded.gaps) == 3
    assert "left out and marked" in troubles[0]
    assert broken_batch(journal.path) is None


def refuse_to_start(_: threading.Thread) -> None:
    """Stands for a computer that has no memory left for a thread."""
    raise RuntimeError("can't start new thread")


dies = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@dies
@pytest.mark.parametrize(
    ("error", "why"),
    [
        (MemoryError(), "the memory is full"),
        (RuntimeError(), "RuntimeError"),
        (sqlite3.IntegrityError("UNIQUE constraint failed: audit.batch"), "UNIQUE constraint failed: audit.batch"),
        (SystemExit(), "its writer stopped"),
    ],
)
def test_whatever_stops_the_writer_is_told_and_marked_and_costs_no_command(
    tmp_path: Path, error: BaseException, why: str
) -> None:
    troubles, done, disk = list[str](), list[int](), BrokenDisk(error)
    journal = Journal(tmp_path / "session.sqlite", troubles.append, done.append, connect=disk.connect)
    journal.open()
    disk.is_well = False
    journal.take(a_command(1))
    wait_until(lambda: bool(troubles) or not is_alive(journal), "the failure")
    for seq in range(2, 6):
        journal.take(a_command(seq))
    wait_until(lambda: disk.refused > 1 and bool(troubles), "the trouble")
    disk.heal()
    journal.take(a_command(6))
    wait_until(lambda: done == [1, 2, 3, 4, 5, 6], "all commands")
    journal.close()
    recorded = read(journal.path)
    assert [stamped.seq for stamped in recorded.inputs] == [1, 2, 3, 4, 5, 6]
    assert troubles == [f"The record cannot be written ({why}); the music goes on, and the record is tried again."]
    assert [(gap.from_tick, gap.to_tick, gap.rows, gap.why) for gap in recorded.gaps] == [(20, 120, 0, why)]
    assert broken_batch(journal.path) is None


@dies
def test_a_writer_that_died_before_the_end_is_followed_by_one_that_writes_the_last(tmp_path: Path) -> None:
    troubles, disk = list[str](), BrokenDisk(SystemExit())
    journal = Journal(tmp_path / "session.sqlite", troubles.append, connect=disk.connect)
    let_its_writer_die(journal, disk)
    disk.heal()
    journal.close()
    assert len(read(journal.path).inputs) == 1
    assert len(troubles) == 1


@dies
def test_where_no_writer_can_start_the_next_batch_tries_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    troubles, done, disk = list[str](), list[int](), BrokenDisk(SystemExit())
    journal = Journal(tmp_path / "session.sqlite", troubles.append, done.append, connect=disk.connect)
    let_its_writer_die(journal, disk)
    disk.heal()
    with monkeypatch.context() as short:
        short.setattr(threading.Thread, "start", refuse_to_start)
        journal.take(a_command(2))
        journal.take(a_command(3))
    assert len(troubles) == 1
    journal.take(a_command(4))
    wait_until(lambda: done == [1, 2, 3, 4], "all commands")
    journal.close()


@dies
def test_where_no_writer_can_start_for_the_last_either_the_room_still_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles, disk = list[str](), BrokenDisk(SystemExit())
    journal = Journal(tmp_path / "session.sqlite", troubles.append, connect=disk.connect)
    let_its_writer_die(journal, disk)
    monkeypatch.setattr(threading.Thread, "start", refuse_to_start)
    journal.close()
    assert len(troubles) == 2
    assert "did not take the last" in troubles[-1]


def test_a_writer_that_ends_at_once_is_not_taken_for_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    troubles: list[str] = []
    ending = writer.Writer(tmp_path / "session.sqlite", troubles.append, lambda _: None, connect)
    ending.open([])
    thread, put = ending._thread, ending._batches.put
    assert thread is not None

    def put_and_wait_for_the_end(batch: writer.Batch | None) -> None:
        put(batch)
        thread.join(10.0)

    monkeypatch.setattr(ending._batches, "put", put_and_wait_for_the_end)
    assert ending.close(patience_s=1.0)
    assert troubles == []


def test_a_slow_disk_is_marked_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "SLOW_S", 0.1)
    journal = Journal(tmp_path / "session.sqlite", connect=slow(0.2))
    journal.open()
    for seq in range(1, 30):
        journal.take(a_command(seq))
    journal.close()
    recorded = read(journal.path)
    assert len(recorded.inputs) == 29
    assert "the disk took up to 0.2 s" in recorded.gaps[-1].why
    assert {gap.rows for gap in recorded.gaps} == {0}
    assert broken_batch(journal.path) is None


def test_where_too_much_waits_what_no_fold_can_compute_stays_and_a_gap_says_what_is_missing(tmp_path: Path) -> None:
    troubles: list[str] = []
    journal = Journal(tmp_path / "session.sqlite", troubles.append, connect=slow(0.5), most_waiting=50)
    journal.open()
    for seq in range(1, 40):
        journal.take_events(chords(seq * 20, 10))
        journal.take_guardian(seq * 20, {"refused": {"velocity": seq}})
        journal.take_fault(seq * 20, "the page failed")
        journal.take(a_command(seq))
    journal.close()
    recorded = read(journal.path)
    assert len(recorded.inputs) == 39
    assert count(journal.path, "guardian") == count(journal.path, "fault") == 39
    assert len(recorded.events) + sum(gap.rows for gap in recorded.gaps) == 390
    assert len(recorded.events) < 390
    assert sum("left out" in trouble for trouble in troubles) == 1


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def lived(journal: Journal, session: Session, seconds: int) -> int:
    """A session goes on for so long, kept as a room keeps it, with a cuff now and then; its events and decisions."""
    computed = 0
    for tick in range(session.next_tick, session.next_tick + seconds * 20):
        given = [Stamped(tick, tick + 1, Command(Act.CUFF if tick else Act.PLAY_ON, "page"))] if tick % 146 == 0 else []
        for stamped in given:
            journal.take(stamped)
        folded = session.fold(tick, given)
        journal.take_events(folded.events)
        if folded.decision:
            journal.take_decision(folded.decision)
        computed += len(folded.events) + (folded.decision is not None)
    return computed


def is_taken_up(journal: Journal) -> bool:
    return journal._writer is not None and bool(journal._writer._backlog)


def let_its_writer_die(journal: Journal, disk: BrokenDisk) -> None:
    """At the first command, which it leaves unwritten."""
    journal.open()
    disk.is_well = False
    journal.take(a_command(1))
    wait_until(lambda: not is_alive(journal), "the writer's death")


def is_alive(journal: Journal) -> bool:
    thread = journal._writer._thread if journal._writer else None
    return thread is not None and thread.is_alive()


def is_written(journal: Journal) -> bool:
    return journal._writer is not None and journal._writer.waiting == 0


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_record_with_rows_left_out_folds_to_all_that_it_has(tmp_path: Path, comes_back: bool) -> None:
    journal = Journal(tmp_path / "session.sqlite", connect=impatient, most_waiting=60)
    setup = a_setup(hears_a_heart=False)
    journal.open(head(setup))
    session = Session(setup)
    computed = lived(journal, session, 30)
    wait_until(lambda: is_written(journal), "the first half minute")
    with locked(journal.path):
        computed += lived(journal, session, 60)
    if comes_back:
        wait_until(lambda: is_written(journal), "what waited")
        computed += lived(journal, session, 30)
    journal.close()
    proof = prove(read(journal.path))
    assert proof.difference is None
    assert proof.missing_rows > 200
    assert proof.events + proof.decisions + proof.missing_rows == computed


def test_the_last_of_a_record_is_kept_where_the_disk_is_well_again_while_the_end_is_patient(tmp_path: Path) -> None:
    troubles, done, disk = list[str](), list[int](), BrokenDisk()
    journal = Journal(tmp_path / "session.sqlite", troubles.append, done.append, connect=disk.connect)
    journal.open()
    disk.is_well = False
    last = [Command(Act.PLAY_ON, "key"), Command(Act.DOSE, "page"), Command(Act.END, "page")]
    for seq, command in enumerate(last, 1):
        journal.take(Stamped(seq * 20, seq, command))
    wait_until(lambda: bool(troubles), "the trouble")
    threading.Timer(0.3, disk.heal).start()
    journal.close()
    recorded = read(journal.path)
    assert [stamped.input for stamped in recorded.inputs] == last
    assert recorded.is_ended
    assert done == [1, 2, 3]
    assert len(troubles) == 1


def test_a_disk_that_never_takes_it_does_not_keep_the_room_from_closing(tmp_path: Path) -> None:
    troubles: list[str] = []
    journal = Journal(tmp_path / "session.sqlite", troubles.append, connect=impatient)
    journal.open()
    with locked(journal.path):
        journal.take(a_command(1))
        journal.close(patience_s=2.0)
    assert "did not take the last" in troubles[-1]


def test_what_is_written_after_the_room_is_gone_is_kept_and_said_to_nobody(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "session.sqlite", connect=slow(0.3))

    async def live() -> None:
        loop = asyncio.get_running_loop()
        room = Room(Session(a_setup()), RehearsedOutput(loop.time), loop.time)
        journal.on_trouble = lambda sentence: _soon(loop, room, Trouble(sentence))
        journal.on_recorded = lambda seq: _soon(loop, room, RecordedUpTo(seq))
        journal.open()
        journal.take(a_command(1))
        wait_until(lambda: is_taken_up(journal), "the first commit")
        journal.take(a_command(2))
        journal.close(patience_s=0.0)

    asyncio.run(live())
    wait_until(lambda: len(read(journal.path).inputs) == 2, "what was still held")


@pytest.mark.parametrize("fails", ["on_trouble", "on_recorded"])
def test_a_listener_that_fails_costs_the_record_nothing(tmp_path: Path, fails: str) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("the page fell over")

    disk = BrokenDisk()
    journal = Journal(tmp_path / "session.sqlite", connect=disk.connect)
    setattr(journal, fails, fail)
    journal.open()
    disk.is_well = False
    journal.take(a_command(1))
    wait_until(lambda: disk.refused > 0, "the trouble")
    disk.heal()
    journal.take(a_command(2))
    journal.close()
    assert len(read(journal.path).inputs) == 2


def two_minutes_of_a_room(journal: Journal) -> Wire:
    async def live() -> Wire:
        loop = asyncio.get_running_loop()
        output = RehearsedOutput(loop.time)
        source = PlayedRecording(SimulatedListener("distress", 1))
        room = Room(Session(a_setup()), output, loop.time, source, record=journal, minutes=2)
        room.submit(Command(Act.PLAY_ON, "start"))
        await room.run()
        return output.wire

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(live())


def test_the_music_is_the_same_whatever_the_disk_does(tmp_path: Path) -> None:
    disks: list[tuple[Failing, Connect]] = [(sound, connect), (full_at_64_kb, connect), (locked, impatient)]
    disks.append((sound, slow(0.3)))
    wires = []
    for number, (failing, connecting) in enumerate(disks):
        journal = Journal(tmp_path / f"{number}.sqlite", connect=connecting)
        journal.open(head(a_setup()))
        with failing(journal.path):
            wires.append(two_minutes_of_a_room(journal))
        journal.close()
        assert len(read(journal.path).inputs) > 100
    assert len(wires[0]) > 100
    assert all(wire == wires[0] for wire in wires)


class Falling:
    """A companion of the room, or its heart, that falls over again and again."""

    name = "page"

    async def run(self, _: object) -> None:
        await asyncio.sleep(0.5)
        raise ConnectionError


def test_silence_needs_neither_strap_nor_disk_nor_links(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "session.sqlite", connect=impatient)
    journal.open(head(a_setup()))

    async def live() -> tuple[Wire, float]:
        loop = asyncio.get_running_loop()
        output = RehearsedOutput(loop.time)
        attached = [Falling(), Falling()]
        room = Room(Session(a_setup()), output, loop.time, Falling(), record=journal, attached=attached, minutes=1)
        room.submit(Command(Act.PLAY_ON, "start"))
        loop.call_later(41.3, room.submit, Command(Act.SILENCE, "key"))
        await room.run()
        return output.wire, 41.3

    with locked(journal.path), asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        wire, asked_s = runner.run(live())
        journal.close(patience_s=0.5)
    assert any(is_note_on(data) and at_s < asked_s for at_s, data in wire)
    assert wire[-1][0] - asked_s <= 1.0
    check_stream(wire, stops=[("silence", asked_s)])
