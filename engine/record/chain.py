"""The audit: each batch of rows is chained to all before it, so that a row changed, added or taken away is found.

The digest of a batch is SHA-256 over the digest before it and its rows as JSON lines. It finds accidents and casual
edits; whoever can write the file can also write the whole chain anew, unless its last digest was noted elsewhere.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable

from engine.record.database import COLUMNS, Row, Values, insert

BEGINNING = ""
BYTES = {("event", 2)}
"""The only column that holds bytes."""
LEAST_ROWID, MOST_ROWID = -(2**63), 2**63 - 1
"""What SQLite can number a row with. calando's own begin at 0; a row that was slipped in may have any."""


def digest_of(before: str, rows: Iterable[Row]) -> str:
    """The digest, in hex, of a batch that follows ``before``."""
    state = hashlib.sha256(before.encode())
    for table, values in rows:
        state.update(json.dumps([table, *map(_plain, values)], separators=(",", ":")).encode() + b"\n")
    return state.hexdigest()


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def last_digest(database: sqlite3.Connection) -> tuple[int, str]:
    """Number and digest of the last batch."""
    found = database.execute("SELECT batch, digest FROM audit ORDER BY batch DESC LIMIT 1").fetchone()
    return found or (0, BEGINNING)


def commit(database: sqlite3.Connection, rows: list[Row], batch: int, before: str) -> str:
    """Write rows and their audit in one transaction; the batch's digest.

    Raises sqlite3.Error, or what is wrong with a row; then nothing is written.
    """
    try:
        upto = {row[0]: insert(database, row) for row in rows}
        digest = digest_of(before, _by_table(rows))
        database.execute("INSERT INTO audit VALUES(?, ?, ?)", (batch, json.dumps(upto), digest))
        database.commit()
    except Exception:
        database.rollback()
        raise
    return digest


def _by_table(rows: list[Row]) -> list[Row]:
    """Rows in the order in which they can be read back: by table, and there as they came."""
    return sorted(rows, key=lambda row: row[0])


def first_broken_batch(database: sqlite3.Connection) -> int | None:
    """The first batch whose rows are not as they were written; 0 for rows that no batch knows; None if all are."""
    digest, unread = BEGINNING, dict.fromkeys(COLUMNS, LEAST_ROWID)
    expected = 1
    for batch, upto, written in database.execute("SELECT batch, upto, digest FROM audit ORDER BY batch"):
        try:
            rows = [row for table, last in _ends(upto) for row in _read(database, table, unread, last)]
        except (TypeError, ValueError):
            return expected
        digest = digest_of(digest, rows)
        if batch != expected or digest != written:
            return expected
        expected += 1
    return 0 if any(_has_more(database, table, first) for table, first in unread.items()) else None


def _ends(upto: object) -> list[tuple[str, int]]:
    """The last row of a batch in each table that it wrote to. Raises TypeError or ValueError where it says no such."""
    ends = dict(json.loads(str(upto)))
    if not all(isinstance(last, int) and 0 <= last < MOST_ROWID for last in ends.values()):
        raise ValueError(upto)
    return sorted(ends.items())


def _read(database: sqlite3.Connection, table: str, unread: dict[str, int], last: int) -> list[Row]:
    if table not in COLUMNS:
        return [(table, ())]
    query = f"SELECT * FROM {table} WHERE rowid >= ? AND rowid <= ? ORDER BY rowid"  # noqa: S608 -- our own names
    rows = database.execute(query, (unread[table], last)).fetchall()
    unread[table] = last + 1
    return [(table, _as_kept(table, row)) for row in rows]


def _as_kept(table: str, row: Values) -> Values:
    """The row. Raises TypeError where it has text for bytes or bytes for text, which have the same digest."""
    if any(isinstance(value, bytes) != ((table, column) in BYTES) for column, value in enumerate(row)):
        raise TypeError(table)
    return row


def _has_more(database: sqlite3.Connection, table: str, first: int) -> bool:
    query = f"SELECT 1 FROM {table} WHERE rowid >= ? LIMIT 1"  # noqa: S608 -- our own names
    return database.execute(query, (first,)).fetchone() is not None
