"""A session that is written whole, as a demo's is, lies whole on the disk, or its caller is told that it does not."""

from pathlib import Path

import pytest

from engine.inputs import Act
from engine.midi import MidiEvent
from engine.record import writer
from engine.record.database import JournalError
from engine.record.folder import RecordFolder, keep
from engine.record.journal import Journal
from engine.record.proof import prove
from engine.record.recorded import broken_batch, read
from tests.calls import call
from tests.output.live import wait_until
from tests.parts import needs
from tests.record.disks import BrokenDisk, full, slow, small_disk
from tests.session.sessions import a_setup, commands, fold


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "LAST_PATIENCE_S", 1.0)


def test_a_disk_that_is_full_under_a_finished_session_is_one_sentence(tmp_path: Path) -> None:
    rendering, _ = fold(a_setup(), 240, commands({0.0: Act.PLAY_ON}))
    folder = RecordFolder(tmp_path)
    with (
        full(110_000),
        pytest.raises(
            JournalError, match=r"^The record .*session\.sqlite is not whole: \d+ of its \d+ rows .*--record"
        ),
    ):
        keep(rendering, folder)
    recorded = read(folder.journal)
    assert len(recorded.decisions) < len(rendering.decisions)
    assert broken_batch(folder.journal) is None


def test_a_finished_session_is_kept_to_the_last_row(tmp_path: Path) -> None:
    rendering, _ = fold(a_setup(), 60, commands({0.0: Act.PLAY_ON}))
    keep(rendering, RecordFolder(tmp_path))
    recorded = read(tmp_path / "session.sqlite")
    assert len(recorded.decisions) == len(rendering.decisions)
    assert list(recorded.events) == list(rendering.events)
    assert prove(recorded).difference is None


@pytest.fixture
def slowly(tmp_path: Path) -> Journal:
    """A whole session of one event, on a disk that takes 0.4 s for it."""
    journal = Journal(tmp_path / "session.sqlite", connect=slow(0.4), is_live=False)
    journal.open()
    journal.take_events([MidiEvent(1, 0, b"\x90\x3c\x28")])
    return journal


def test_a_slow_disk_is_waited_for(slowly: Journal) -> None:
    slowly.close(10.0)
    assert len(read(slowly.path).events) == 1


def test_a_disk_that_is_too_slow_is_told(slowly: Journal) -> None:
    with pytest.raises(JournalError, match=r"1 of its 1 rows are missing \(the disk is too slow\)"):
        slowly.close(0.05)
    wait_until(lambda: len(read(slowly.path).events) == 1, "the slow disk")


def test_a_row_that_no_disk_could_take_is_told_of_a_finished_session(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "session.sqlite", is_live=False)
    journal.open()
    journal.take_events([MidiEvent(1, 0, b""), MidiEvent(1 << 70, 0, b""), MidiEvent(1 << 71, 0, b"")])
    with pytest.raises(JournalError, match="2 of its 3 rows are missing"):
        journal.close()
    assert [gap.rows for gap in read(journal.path).gaps] == [2]


def test_a_live_session_is_told_and_goes_on_to_its_end(tmp_path: Path) -> None:
    troubles, disk = list[str](), BrokenDisk()
    journal = Journal(tmp_path / "session.sqlite", troubles.append, connect=disk.connect)
    journal.open()
    disk.is_well = False
    journal.take_events([MidiEvent(1, 0, b"")])
    journal.close()
    assert "did not take the last" in troubles[-1]


@needs("tmpfs")
def test_a_demo_whose_disk_is_full_says_so_in_one_sentence(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "400k") as disk:
        answer = call("demo", "--speed", "1000", "--no-browser", "--record", disk, folder=tmp_path)
    assert answer.code == 1
    assert "is not whole" in answer.sentence
    assert "rows are missing" in answer.sentence
    assert "The whole session" not in answer.out
