"""The newest of a room's records is told by the clock of one boot; where only labels could, a doubt is enough."""

import os
from contextlib import closing
from itertools import permutations
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.record.database import JournalError, connect
from engine.record.folder import RecordFolder
from engine.record.journal import Journal, RunHead
from engine.record.newest import Trace, may_be_newer, newest_record


def record(root: Path, label: str, *, room: str = "room", boot: str = "b", start_s: float = 0.0) -> RecordFolder:
    folder = RecordFolder(root / label)
    folder.path.mkdir()
    journal = Journal(folder.journal)
    journal.open({"room": room})
    journal.take_run(RunHead(0, start_s, boot, 0.0, "1", "x"))
    journal.close()
    return folder


def written(folder: RecordFolder, second: int) -> None:
    os.utime(folder.journal, (second, second))


NINE, TEN, ELEVEN = (f"2026-03-01_{hour}-00-00_room" for hour in ("09", "10", "11"))


@given(
    starts=st.lists(st.floats(0, 1e6), min_size=1, max_size=6, unique=True),
    labels=st.permutations(range(6)),
    files=st.permutations(range(6)),
)
def test_within_one_boot_no_label_counts(starts: list[float], labels: list[int], files: list[int]) -> None:
    traces = [
        Trace(RecordFolder(Path(str(labels[index]))), files[index], "room", "b", start_s)
        for index, start_s in enumerate(starts)
    ]
    for one, other in permutations(traces, 2):
        assert may_be_newer(one, other, "b") == (one.start_s > other.start_s)


def test_one_of_this_boot_is_newer_than_any_before(tmp_path: Path) -> None:
    record(tmp_path, ELEVEN, boot="before", start_s=9000.0)
    ours = record(tmp_path, NINE, boot="this", start_s=10.0)
    assert newest_record(tmp_path, "room", "this") == ours


@pytest.mark.parametrize("boots", [("", ""), ("one", "another")])
def test_where_only_labels_tell_they_must_agree(tmp_path: Path, boots: tuple[str, str]) -> None:
    first, second = record(tmp_path, TEN, boot=boots[0]), record(tmp_path, ELEVEN, boot=boots[1])
    written(first, 100)
    written(second, 200)
    assert newest_record(tmp_path, "room", "this") == second
    written(first, 300)
    with pytest.raises(JournalError, match="cannot be told which"):
        newest_record(tmp_path, "room", "this")


def test_one_that_cannot_be_read_may_be_the_newest(tmp_path: Path) -> None:
    record(tmp_path, TEN)
    damaged = record(tmp_path, ELEVEN)
    damaged.journal.write_bytes(b"junk" * 500)
    assert newest_record(tmp_path, "room", "b") == damaged


def test_an_old_one_that_cannot_be_read_is_in_nobody_s_way(tmp_path: Path) -> None:
    damaged = record(tmp_path, NINE)
    damaged.journal.write_bytes(b"junk" * 500)
    written(damaged, 100)
    newest = record(tmp_path, TEN)
    assert newest_record(tmp_path, "room", "b") == newest


def test_a_folder_whose_journal_was_never_begun_is_the_newest(tmp_path: Path) -> None:
    record(tmp_path, TEN)
    empty = RecordFolder(tmp_path / ELEVEN)
    empty.path.mkdir()
    assert newest_record(tmp_path, "room", "b") == empty


def test_another_room_s_is_none(tmp_path: Path) -> None:
    record(tmp_path, f"{TEN}_2", room="room_2")
    (tmp_path / "2026-03-01_12-00-00_darkroom").mkdir()
    assert newest_record(tmp_path, "room", "b") is None
    assert newest_record(tmp_path / "nowhere", "room", "b") is None


def test_looking_at_what_a_killed_room_left_writes_nothing(tmp_path: Path) -> None:
    """An ordinary look would move the log into the file, and make an old record the last written."""
    (tmp_path / "living").mkdir()
    (tmp_path / "killed").mkdir()
    living = record(tmp_path / "living", TEN)
    with closing(connect(living.journal)) as room:
        room.execute("UPDATE run SET start_s = 7.0")
        room.commit()
        copytree(living.path, tmp_path / "killed" / TEN)
    killed = RecordFolder(tmp_path / "killed" / TEN)
    log = killed.journal.with_name("session.sqlite-wal")
    written(killed, 100)
    os.utime(log, (100, 100))
    assert newest_record(tmp_path / "killed", "room", "b") == killed
    assert killed.journal.stat().st_mtime == 100
    assert log.stat().st_mtime == 100
