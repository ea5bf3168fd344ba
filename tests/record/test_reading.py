"""What a kill left is read whole wherever it lies, and a record of nothing is never called proved."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.record import reading
from engine.record.database import JournalError
from engine.record.explained import read_explained
from engine.record.proof import prove
from engine.record.recorded import broken_batch, read
from tests.calls import ROOT, call
from tests.parts import needs
from tests.record.disks import small_disk

KILLED = """
import os, pathlib, signal, sys, time
from engine.inputs import Act
from engine.record.folder import head
from engine.record.journal import Journal
from tests.session.sessions import a_setup, commands, fold

rendering, _ = fold(a_setup(), 30, commands({0.0: Act.PLAY_ON}))
journal = Journal(pathlib.Path(sys.argv[1]))
journal.open(head(a_setup()))
journal.take(rendering.inputs[0])
journal.take_events(rendering.events)
for decision in rendering.decisions:
    journal.take_decision(decision)
while journal._writer.waiting:
    time.sleep(0.01)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record of half a minute whose process was killed: nearly all of it is in the WAL."""
    folder = tmp_path_factory.mktemp("killed")
    script = (sys.executable, "-c", KILLED, str(folder / "session.sqlite"))
    assert subprocess.run(script, cwd=ROOT, check=False).returncode == -9
    assert {file.name for file in folder.iterdir()} == {f"session.sqlite{end}" for end in ("", "-wal", "-shm")}
    return folder


@pytest.fixture(params=["with its index", "without its index"])
def archived(killed: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The same on a medium that cannot be written."""
    with small_disk(tmp_path / "disk", "8m") as disk:
        shutil.copytree(killed, disk / "session")
        if request.param == "without its index":
            (disk / "session" / "session.sqlite-shm").unlink()
        subprocess.run(("mount", "-o", "remount,ro", str(disk)), check=True)
        yield disk / "session"


@needs("tmpfs")
def test_what_a_kill_left_is_read_whole_where_nothing_can_be_written(
    archived: Path, killed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "copies").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "copies"))
    here = read(archived / "session.sqlite")
    assert len(here.decisions) == len(read_explained(archived)) == 30
    assert len(here.events) > 10
    assert broken_batch(archived / "session.sqlite") is None
    assert here == read(shutil.copytree(killed, tmp_path / "writable") / "session.sqlite")
    assert not any((tmp_path / "copies").iterdir())


@needs("tmpfs")
def test_the_commands_read_it_too(archived: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    answer = call("replay", archived, folder=tmp_path / "home")
    assert answer.code == 0
    assert "30 decisions fold to the same bytes." in answer.out
    assert call("explain", archived, "--at", "00:29", folder=tmp_path / "home").out.startswith("00:29")
    assert not list((tmp_path / "home").glob("calando-*"))


@needs("tmpfs")
def test_without_room_for_a_copy_one_sentence_says_what_to_do(
    archived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(JournalError, match=r"^The record .* no copy of it can be made .* copy its whole folder"):
        read(archived / "session.sqlite")


def test_a_copy_that_was_torn_while_it_was_made_is_not_read(
    killed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = shutil.copytree(killed, tmp_path / "session")

    def tearing(file: Path, to: Path) -> None:
        shutil.copyfile(file, to)
        with (session / "session.sqlite-wal").open("ab") as wal:
            wal.write(b"more")

    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(reading, "copyfile", tearing)
    with pytest.raises(JournalError, match="is being written by somebody else"):
        read(session / "session.sqlite")


@pytest.mark.parametrize(
    "words",
    ["replay", "replay --json", "replay --plot out.png", "replay --profile snow -o out.mid", "explain"],
)
def test_a_record_of_nothing_is_called_so_and_never_proved(killed: Path, tmp_path: Path, words: str) -> None:
    shutil.copyfile(killed / "session.sqlite", tmp_path / "session.sqlite")
    command, *options = [str(tmp_path / word) if word.startswith("out.") else word for word in words.split()]
    answer = call(command, tmp_path, *options, folder=tmp_path)
    assert answer.code == 1
    assert "holds not one second" in answer.sentence
    assert "session.sqlite-wal" in answer.sentence
    assert answer.out == ""
    assert not list(tmp_path.glob("out.*"))


def test_nothing_is_no_proof(killed: Path, tmp_path: Path) -> None:
    shutil.copyfile(killed / "session.sqlite", tmp_path / "session.sqlite")
    with pytest.raises(JournalError, match="nothing to prove"):
        prove(read(tmp_path / "session.sqlite"))
