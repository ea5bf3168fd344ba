"""Whoever changes, adds or takes away a row of a record is found."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.inputs import Act, Command, Stamped
from engine.midi import MidiEvent, note_on
from engine.record.chain import LEAST_ROWID, MOST_ROWID, commit, last_digest
from engine.record.database import COLUMNS, connect
from engine.record.folder import run_head
from engine.record.journal import Journal
from engine.record.recorded import broken_batch
from tests.session.sessions import a_setup, commands, fold


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A record of ten seconds, kept by two runs."""
    rendering, _ = fold(a_setup(), 10, commands({0.0: Act.PLAY_ON}))
    journal = Journal(tmp_path / "session.sqlite")
    for run, (first, last) in enumerate([(0, 100), (100, 200)]):
        journal.open(None if run else {"seed": 1})
        journal.take_run(run_head(run, 5.0, 5.0))
        for decision in rendering.decisions:
            if first <= decision.tick < last:
                journal.take_events([event for event in rendering.events if event.tick // 20 == decision.tick // 20])
                journal.take_decision(decision)
        journal.take_fault(last, "the page failed")
        journal.take_guardian(last, {"sent": 7})
        journal.take(Stamped(last, run + 1, Command(Act.CUFF, "key")))
        journal.close()
    return journal.path


def test_a_record_as_it_was_written_is_whole(path: Path) -> None:
    assert broken_batch(path) is None


@pytest.mark.parametrize(
    "change",
    [
        'UPDATE input SET payload = \'["dose","key",null]\' WHERE seq = 1',
        "UPDATE event SET data = x'90407f' WHERE rowid = 3",
        "UPDATE event SET data = lower(hex(data)) WHERE rowid = 3",
        "UPDATE decision SET payload = CAST(payload AS BLOB) WHERE tick = 60",
        "DELETE FROM decision WHERE tick = 60",
        "DELETE FROM event",
        "UPDATE meta SET value = '2'",
        "UPDATE run SET wall_s = 0",
        "UPDATE fault SET sentence = 'all was well'",
        "UPDATE guardian SET payload = '{}'",
        "INSERT INTO input VALUES(10, 99, 'command', '[\"dose\",\"key\",null]')",
        "INSERT INTO decision VALUES(9999, '{}')",
        "INSERT INTO gap VALUES(0, 1, 1, 'x')",
        "DELETE FROM audit WHERE batch = 3",
        "UPDATE audit SET digest = 'x' WHERE batch = (SELECT max(batch) FROM audit)",
    ],
)
def test_any_change_is_found(path: Path, change: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute(change).rowcount
        database.commit()
    assert broken_batch(path) is not None


ADDED = {
    "meta": "'room', '1'",
    "run": "7, 0, '', 0, '', ''",
    "input": "5, 99, 'command', '[\"dose\",\"key\",null]'",
    "decision": "7, '{}'",
    "event": "5, 0, x'903c7f'",
    "fault": "5, 'The nurse was warned.'",
    "guardian": "5, '{}'",
    "gap": "0, 100000, 1, 'too much waited for the disk'",
}


@pytest.mark.parametrize("number", [LEAST_ROWID, -1, 1_000_000, MOST_ROWID])
@pytest.mark.parametrize("table", COLUMNS)
def test_a_row_slipped_in_under_any_number_is_found(path: Path, table: str, number: int) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"INSERT INTO {table} VALUES({ADDED[table]})")
        database.execute(f"UPDATE {table} SET rowid = ? WHERE rowid = last_insert_rowid()", (number,))
        database.commit()
    assert broken_batch(path) is not None


@pytest.mark.parametrize(
    "upto", ['{"event": 99999999999999999999}', '{"event": "x"}', "[]", "7", "no JSON", None, "{}"]
)
def test_an_audit_that_was_meddled_with_is_broken_and_no_riddle(path: Path, upto: str | None) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE audit SET upto = coalesce(?, x'00') WHERE batch = 2", (upto,))
        database.commit()
    assert broken_batch(path) == 2


def test_an_event_is_chained_with_its_bytes(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "session.sqlite")
    journal.open()
    journal.take_events([MidiEvent(0, 0, note_on(0, 60, 40))])
    journal.close()
    assert broken_batch(journal.path) is None


def test_a_second_in_which_nothing_was_kept_breaks_no_chain(path: Path) -> None:
    with closing(connect(path)) as database:
        batch, digest = last_digest(database)
        commit(database, [], batch + 1, digest)
    assert broken_batch(path) is None
