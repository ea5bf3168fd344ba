"""A record folds to the same bytes whatever cut it off; where it does not, the first difference is shown."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest

from engine.record.database import JournalError
from engine.record.proof import prove
from engine.record.recorded import read
from tests.calls import call
from tests.record.lives import live

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


def test_a_session_cut_off_again_and_again_folds_to_the_same_bytes(session: Path) -> None:
    proof = prove(read(session / "session.sqlite"))
    assert proof.difference is None
    assert proof.runs == 5
    assert proof.events > 300


def test_the_command_says_so(session: Path, tmp_path: Path) -> None:
    answer = call("replay", session, folder=tmp_path)
    assert answer.code == 0
    assert "Every row is as it was written." in answer.out
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
    with closing(sqlite3.connect(copy / "session.sqlite")) as database:
        assert database.execute(change).rowcount
        database.commit()
    answer = call("replay", copy, folder=tmp_path)
    assert answer.code == 1
    assert "The first difference, at" in answer.out
    assert said in answer.out
    assert "Every row is as it was written" not in answer.out


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
    answer = call("replay", session, "--profile", "snow", folder=tmp_path)
    assert answer.code == 2
    assert "-o FILE.mid" in answer.sentence


def test_what_is_no_record_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="There is no record"):
        read(tmp_path / "session.sqlite")
    assert call("replay", tmp_path, folder=tmp_path).code == 1
