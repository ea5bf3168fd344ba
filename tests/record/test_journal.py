"""Nothing recorded is lost, and a disk that fails is told, never heard."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.inputs import Act, Command, Stamped
from engine.midi import MidiEvent
from engine.record.database import JournalError, connect
from engine.record.journal import Journal
from engine.record.recorded import read
from sensors.heart import HeartPacket

DOSE = Stamped(40, 2, Command(Act.DOSE, "page"))
PACKET = Stamped(20, 1, HeartPacket(0.9, 70, (853, 870)))


def test_what_was_taken_is_read_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "session.sqlite")
    journal.open({"seed": 7})
    journal.take(PACKET)
    journal.take(DOSE)
    journal.take_events([MidiEvent(41, 25_000, b"\x90\x3c\x28")])
    journal.close()
    recorded = read(journal.path)
    assert recorded.inputs == (PACKET, DOSE)
    assert recorded.events == (MidiEvent(41, 25_000, b"\x90\x3c\x28"),)
    assert recorded.meta == {"seed": 7}
    assert recorded.gaps == ()


def test_a_commit_waits_for_the_disk_itself(tmp_path: Path) -> None:
    """In WAL mode only synchronous=FULL (2) has every commit synced: with less, a power cut takes the last ones."""
    with closing(connect(tmp_path / "session.sqlite")) as database:
        asked = {
            pragma: database.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in ("synchronous", "journal_mode")
        }
    assert asked == {"synchronous": 2, "journal_mode": "wal"}
    assert Journal(tmp_path / "session.sqlite").connect is connect


def test_a_command_is_on_the_disk_before_it_is_called_recorded(tmp_path: Path) -> None:
    recorded: list[tuple[int, int]] = []
    path = tmp_path / "session.sqlite"

    def look(seq: int) -> None:
        with closing(sqlite3.connect(path)) as database:
            recorded.append((seq, *database.execute("SELECT count(*) FROM input").fetchone()))

    journal = Journal(path, on_recorded=look)
    journal.open({})
    journal.take(DOSE)
    journal.close()
    assert recorded == [(DOSE.seq, 1)]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(JournalError, match="cannot be written"):
        Journal(blocked / "session.sqlite").open({})


@pytest.mark.parametrize("content", [None, b"this is no database, just words " * 40])
def test_what_is_no_record_is_said_to_be_none(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "session.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(JournalError, match=r"session\.sqlite"):
        read(path)
