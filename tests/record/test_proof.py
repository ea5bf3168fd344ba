"""A record folds to the same bytes whatever cut it off; where it does not, the first difference is shown."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest

from engine.inputs import Act
from engine.record.database import JournalError
from engine.record.folder import head
from engine.record.journal import Journal
from engine.record.proof import prove
from engine.record.recorded import broken_batch, read
from tests.calls import call
from tests.parts import needs
from tests.record.disks import small_disk
from tests.record.lives import live
from tests.session.sessions import a_setup, commands, fold

DIES_S = (61.37, 118.0, 150.02, 199.999)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four minutes that were cut off four times; in each run but the first somebody plays on."""
    folder = tmp_path_factory.mktemp("session")
    back_s = None
    for dies_s in DIES_S:
        live(folder / "session.sqlite", 4, dies_s=dies_s, comes_back_s=back_s, plays_on=True)
        back_s = dies_s + 5.3
    live(folder / "session.sqlite", 4, comes_back_s=back_s, plays_on=True)
    return folder


def meddle(session: Path, change: str) -> None:
    """Somebody changes rows of a record by hand."""
    with closing(sqlite3.connect(session / "session.sqlite")) as database:
        assert database.execute(change).rowcount
        database.commit()


def test_a_session_cut_off_again_and_again_folds_to_the_same_bytes(session: Path) -> None:
    proof = prove(read(session / "session.sqlite"))
    assert proof.difference is None
    assert proof.runs == 5
    assert proof.events > 300


def test_the_command_says_so(session: Path, tmp_path: Path) -> None:
    answer = call("replay", session, folder=tmp_path)
    assert answer.code == 0
    assert "Every row is as it was written; the last digest is " in answer.out
    assert "over 5 runs, fold to the same bytes." in answer.out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE event SET data = x'903c01' WHERE rowid = 100", "90 3c 01"),
        ("DELETE FROM event WHERE rowid = 100", "played"),
        ("DELETE FROM event WHERE rowid = (SELECT max(rowid) FROM event)", "nothing"),
        ("UPDATE decision SET payload = replace(payload, 'arrival', 'departure') WHERE tick = 400", "departure"),
        ("DELETE FROM input WHERE kind = 'packet' AND tick < 1000", "decided"),
    ],
)
def test_the_first_difference_is_shown(session: Path, tmp_path: Path, change: str, said: str) -> None:
    copy = copytree(session, tmp_path / "session")
    meddle(copy, change)
    answer = call("replay", copy, folder=tmp_path)
    assert answer.code == 1
    assert "The first difference, at" in answer.out
    assert said in answer.out
    assert "Every row is as it was written" not in answer.out


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET data = lower(hex(data)) WHERE rowid = 100",
        "UPDATE event SET offset_us = 1.5 WHERE rowid = 100",
        "UPDATE event SET tick = 'noon' WHERE rowid = 100",
        "UPDATE decision SET payload = x'00ff' WHERE tick = 400",
        "UPDATE input SET tick = 99999999999 WHERE kind = 'resumed'",
        "UPDATE input SET payload = '{}' WHERE kind = 'packet'",
        "INSERT INTO event VALUES(99999999999, 0, x'903c28')",
        "INSERT INTO gap VALUES('a', 'b', 'c', 'd')",
    ],
)
def test_a_row_that_no_calando_wrote_is_one_sentence(session: Path, tmp_path: Path, change: str) -> None:
    copy = copytree(session, tmp_path / "session")
    meddle(copy, change)
    answer = call("replay", copy, folder=tmp_path)
    assert answer.code == 1
    assert "holds a row that cannot be read" in answer.sentence


@pytest.mark.parametrize("payload", ["no JSON", "[]", "7"])
def test_a_decision_that_is_none_is_the_first_difference(session: Path, tmp_path: Path, payload: str) -> None:
    copy = copytree(session, tmp_path / "session")
    meddle(copy, f"UPDATE decision SET payload = '{payload}' WHERE tick = 400")
    difference = prove(read(copy / "session.sqlite")).difference
    assert difference is not None
    assert (difference.time_s, difference.recorded) == (20.0, payload)


def test_a_resume_into_the_past_does_not_keep_the_proof_from_ending(session: Path, tmp_path: Path) -> None:
    copy = copytree(session, tmp_path / "session")
    meddle(copy, "UPDATE input SET payload = '[-5.0,1]' WHERE kind = 'resumed'")
    assert prove(read(copy / "session.sqlite")).difference is not None


@needs("tmpfs")
def test_an_archive_that_cannot_be_written_can_be_proved(session: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "8m") as disk:
        copytree(session, disk / "session")
        subprocess.run(("mount", "-o", "remount,ro", str(disk)), check=True)
        assert call("replay", disk / "session", folder=tmp_path).code == 0


def test_a_record_can_be_proved_while_it_is_written(tmp_path: Path) -> None:
    rendering, _ = fold(a_setup(), 30, commands({0.0: Act.PLAY_ON}))
    journal = Journal(tmp_path / "session.sqlite")
    journal.open(head(a_setup()))
    journal.take(rendering.inputs[0])
    for second in range(30):
        journal.take_events([event for event in rendering.events if second - 1 < event.tick / 20 <= second])
        journal.take_decision(rendering.decisions[second])
        assert broken_batch(journal.path) is None
        recorded = read(journal.path)
        assert recorded.is_empty or prove(recorded).difference is None
    journal.close()
    assert prove(read(journal.path)).decisions == 30


def test_as_json(session: Path, tmp_path: Path) -> None:
    told = json.loads(call("replay", session, "--json", folder=tmp_path).out)
    assert told["difference"] is None
    assert told["broken_batch"] is None
    assert told["runs"] == 5


def test_the_same_heart_can_be_heard_in_another_profile(session: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one.mid", tmp_path / "other.mid"
    assert call("replay", session, "-o", one, folder=tmp_path).code == 0
    assert call("replay", session, "--profile", "snow", "-o", other, folder=tmp_path).code == 0
    assert one.read_bytes() != other.read_bytes()


def test_other_music_needs_a_place_to_go(session: Path, tmp_path: Path) -> None:
    answer = call("replay", session, "--profile", "snow", "--json", "-o", tmp_path / "x.mid", folder=tmp_path)
    assert (answer.code, "nothing is" in answer.sentence) == (2, True)
    answer = call("replay", session, "--profile", "snow", folder=tmp_path)
    assert answer.code == 2
    assert "-o FILE.mid" in answer.sentence


def test_what_is_no_record_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="There is no record"):
        read(tmp_path / "session.sqlite")
    assert call("replay", tmp_path, folder=tmp_path).code == 1
