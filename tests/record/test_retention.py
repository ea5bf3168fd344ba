"""Old records are named and kept; only a person lets them go, and nothing that is not a record."""

import datetime as dt
import json
import os
from pathlib import Path

import pytest

from engine.clock import now_s
from engine.inputs import Act, Command, Stamped
from engine.record.folder import RecordFolder, head, new_folder, run_head
from engine.record.journal import Journal
from engine.record.recorded import read
from engine.record.retention import about_records, older_than, records_in, reminder
from engine.record.space import LEAST_BYTES, SCARCE_BYTES, NoSpaceError, check_space
from tests.calls import call
from tests.parts import needs
from tests.record.disks import small_disk
from tests.session.sessions import a_setup

NOW = dt.datetime.now(dt.UTC).astimezone()  # noqa: TID251 -- a record's age is counted from today


def a_record(root: Path, days_ago: float) -> RecordFolder:
    folder = new_folder(root, "room", lambda: NOW - dt.timedelta(days=days_ago))
    journal = Journal(folder.journal)
    journal.open({"seed": 1})
    journal.close()
    for file in folder.path.iterdir():
        os.utime(file, (file.stat().st_atime, NOW.timestamp() - days_ago * 86_400))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "sessions"
    for days_ago in (0.1, 5.0, 29.0, 31.0, 400.0):
        a_record(root, days_ago)
    return root


def names(root: Path) -> set[str]:
    return {path.name for path in root.glob("*/")}


def test_only_what_is_older_is_meant(root: Path) -> None:
    records = records_in(root)
    assert len(records) == 5
    assert [record.started < NOW - dt.timedelta(days=30) for record in older_than(records, 30, NOW)] == [True, True]


def test_what_was_written_in_today_is_kept_however_long_ago_it_began(root: Path) -> None:
    record = a_record(root, 50.0)
    record.journal.touch()
    assert record.path not in [each.path for each in older_than(records_in(root), 30, NOW)]


@pytest.mark.parametrize("name", ["photos", "2020-01-01_00-00-00_room", "session.sqlite"])
def test_what_calando_did_not_make_is_no_record(root: Path, name: str) -> None:
    (root / name).mkdir()
    (root / name / "keep.txt").write_text("mine")
    assert call("prune", "--record", root, "--yes", folder=root.parent).code == 0
    assert (root / name / "keep.txt").read_text() == "mine"


@pytest.mark.parametrize("stamp", ["2026-02-30_10-00-00", "2026-01-01_25-00-00", "0000-00-00_00-00-00"])
def test_a_folder_named_by_a_day_that_never_was_is_no_record_and_stops_nothing(root: Path, stamp: str) -> None:
    (root / f"{stamp}_room").mkdir()
    (root / f"{stamp}_room" / "session.sqlite").touch()
    assert len(records_in(root)) == 5
    assert about_records(root, NOW, begins=False)[-1].startswith("2 records")


def test_a_link_to_elsewhere_is_not_followed(root: Path, tmp_path: Path) -> None:
    elsewhere = a_record(tmp_path / "elsewhere", 90.0)
    (root / elsewhere.path.name).symlink_to(elsewhere.path)
    assert call("prune", "--record", root, "--yes", folder=tmp_path).code == 0
    assert elsewhere.journal.is_file()


def test_prune_says_which_and_removes_nothing_unasked(root: Path, tmp_path: Path) -> None:
    before = names(root)
    answer = call("prune", "--record", root, "--dry-run", folder=tmp_path)
    assert "2 records" in answer.out
    assert call("prune", "--record", root, folder=tmp_path).code != 0, "there is nobody to ask"
    assert names(root) == before


def test_prune_removes_them_and_notes_it(root: Path, tmp_path: Path) -> None:
    old = {record.path.name for record in older_than(records_in(root), 30, NOW)}
    answer = call("prune", "--record", root, "--yes", "--json", folder=tmp_path)
    assert answer.code == 0
    assert {Path(each["path"]).name for each in json.loads(answer.out)} == old
    assert len(names(root)) == 3
    noted = [json.loads(line)["record"] for line in (root / "pruned.jsonl").read_text().splitlines()]
    assert set(noted) == old


def test_a_reminder_names_what_was_kept_long_enough(root: Path) -> None:
    sentence = reminder(root, NOW)
    assert sentence is not None
    assert sentence.startswith("2 records")
    assert reminder(root / "nowhere", NOW) is None


def test_a_session_is_not_begun_where_it_may_not_fit(tmp_path: Path) -> None:
    with pytest.raises(NoSpaceError, match="calando prune"):
        check_space(tmp_path, LEAST_BYTES - 1)
    assert "MB are free" in str(check_space(tmp_path, SCARCE_BYTES - 1))
    assert check_space(tmp_path, SCARCE_BYTES) is None


@needs("tmpfs")
def test_a_full_disk_is_met_before_anything_begins(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        arguments = ("run", "--heart", "none", "--out", "none", "--minutes", "0.1", "--record", disk)
        answer = call(*arguments, folder=tmp_path)
        assert answer.code == 1
        assert "too few for a record" in answer.sentence
        assert list(disk.iterdir()) == []


def cut_off(root: Path) -> RecordFolder:
    """A session of the room ``room`` whose process was killed a moment ago."""
    folder = new_folder(root, "room")
    journal = Journal(folder.journal)
    journal.open(head(a_setup(), "room"))
    journal.take_run(run_head(0, now_s(), now_s()))
    journal.take(Stamped(0, 1, Command(Act.PLAY_ON, "start")))
    journal.close()
    return folder


@needs("tmpfs")
def test_a_session_that_was_cut_off_is_taken_up_again_where_the_disk_is_nearly_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "40m") as disk:
        folder = cut_off(disk)
        arguments = ("--heart", "none", "--out", "none", "--web", "none", "--minutes", "0.1", "--record", disk)
        answer = call("run", "--resume", *arguments, folder=tmp_path)
        assert answer.code == 0, answer.err
        assert "MB are free" in answer.out
        recorded = read(folder.journal)
        assert [run.run for run in recorded.runs] == [0, 1]
        assert recorded.is_ended


def test_the_space_of_a_folder_that_is_not_there_yet_is_its_parent_s(tmp_path: Path) -> None:
    check_space(tmp_path / "not" / "yet")
