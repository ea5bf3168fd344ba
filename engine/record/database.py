"""The journal's file: SQLite in WAL mode with ``synchronous=FULL``, tables that are only ever added to."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from engine.errors import CalandoError

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS run(
    run INTEGER PRIMARY KEY, start_s REAL NOT NULL, boot TEXT NOT NULL, wall_s REAL NOT NULL, version TEXT NOT NULL,
    platform TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS input(
    tick INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, PRIMARY KEY(tick, seq));
CREATE TABLE IF NOT EXISTS decision(tick INTEGER PRIMARY KEY, payload TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event(tick INTEGER NOT NULL, offset_us INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS fault(tick INTEGER NOT NULL, sentence TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS guardian(tick INTEGER NOT NULL, payload TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS gap(
    from_tick INTEGER NOT NULL, to_tick INTEGER NOT NULL, rows INTEGER NOT NULL, why TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS audit(batch INTEGER PRIMARY KEY, upto TEXT NOT NULL, digest TEXT NOT NULL);
"""
COLUMNS = {"meta": 2, "run": 6, "input": 4, "decision": 2, "event": 3, "fault": 2, "guardian": 2, "gap": 4}
"""Every table that the audit covers, with its width. ``guardian`` holds its counts and histogram of lateness; a
``gap`` says which rows are missing from the record, or (with 0 rows) were late on the disk."""

BUSY_S = 5.0
"""How long SQLite itself waits for a file that another program has locked."""

Values = tuple[object, ...]
Row = tuple[str, Values]
"""A table and the values of one row."""

Connect = Callable[[Path], sqlite3.Connection]


class JournalError(CalandoError):
    """The record cannot be opened or read: one sentence with the path."""


def unreadable(path: Path, error: sqlite3.Error) -> JournalError:
    """Why a file cannot be read as a record: a part of it is gone, or it never was one, or the disk does not let us."""
    match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF:
        case sqlite3.SQLITE_CORRUPT:
            return JournalError(f"The record {path} is damaged: a part of it is missing or overwritten ({error}).")
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_ERROR:
            return JournalError(f"{path} is not a calando record: {error}.")
        case _:
            return JournalError(f"The record {path} cannot be read: {error}.")


def connect(path: Path) -> sqlite3.Connection:
    """Open for writing. Raises sqlite3.Error."""
    database = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    return database


def insert(database: sqlite3.Connection, row: Row) -> int:
    """Add one row; its number in its table."""
    table, values = row
    marks = ", ".join("?" * COLUMNS[table])
    number = database.execute(f"INSERT INTO {table} VALUES({marks})", values).lastrowid
    assert number is not None
    return number
