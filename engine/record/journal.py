"""The journal: a session's inputs, decisions and events in SQLite, written by one thread and never waited for.

SQLite in WAL mode with ``synchronous=FULL``: a committed row outlives the process. What a disk cannot take is
counted and told; the music never knows.
"""

import json
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

from engine.decision import Decision
from engine.errors import CalandoError
from engine.inputs import Command, Stamped
from engine.midi import MidiEvent
from engine.record.rows import from_row, to_row

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS input(
    tick INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, PRIMARY KEY(tick, seq));
CREATE TABLE IF NOT EXISTS decision(tick INTEGER PRIMARY KEY, payload TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event(tick INTEGER NOT NULL, offset_us INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS fault(tick INTEGER NOT NULL, sentence TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS gap(from_tick INTEGER NOT NULL, rows INTEGER NOT NULL, why TEXT NOT NULL);
"""
LONGEST_QUEUE = 900
"""Batches, about one a second, kept while a disk is slow; beyond that what comes is a gap."""

Statement = tuple[str, Sequence[object]]


class JournalError(CalandoError):
    """The record cannot be opened or read: one sentence with the path."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows that are committed together; ``seq`` is the command that waits for them."""

    tick: int
    rows: list[Statement]
    seq: int | None


@dataclass(slots=True)
class Journal:
    """Takes rows from the room and commits them once a second, and at once where a person waits for it.

    ``on_trouble`` is called from the writer's thread with one sentence each time rows could not be kept;
    ``on_recorded`` with the seq of each command that is on the disk.
    """

    path: Path
    on_trouble: Callable[[str], None] = lambda _: None
    on_recorded: Callable[[int], None] = lambda _: None
    is_live: bool = True
    """False for a session that is written whole: then every row waits for the disk, and none becomes a gap."""
    _batches: queue.Queue[_Batch | None] = field(default_factory=queue.Queue)
    _pending: list[Statement] = field(default_factory=list)
    _thread: threading.Thread | None = None
    _last_tick: int = 0

    def open(self, meta: dict[str, object]) -> None:
        """Make the file and start writing. Raises JournalError where the folder cannot be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            database = _connect(self.path)
            with closing(database):
                database.executescript(SCHEMA)
                rows = [(key, json.dumps(value)) for key, value in meta.items()]
                database.executemany("INSERT OR REPLACE INTO meta VALUES(?, ?)", rows)
                database.commit()
        except (OSError, sqlite3.Error) as error:
            raise JournalError(
                f"The record {self.path} cannot be written: {error}. Choose another --record."
            ) from error
        self._thread = threading.Thread(target=self._write_all, name="journal", daemon=True)
        self._thread.start()

    def take(self, stamped: Stamped) -> None:
        """Keep an input; a person's command is committed at once."""
        self._last_tick = stamped.tick
        self._pending.append(("INSERT INTO input VALUES(?, ?, ?, ?)", to_row(stamped)))
        if isinstance(stamped.input, Command):
            self._hand_over(stamped.seq)

    def take_events(self, events: Iterable[MidiEvent]) -> None:
        """Keep what was sent."""
        statement = "INSERT INTO event VALUES(?, ?, ?)"
        self._pending.extend((statement, (each.tick, each.offset_us, each.data)) for each in events)

    def take_decision(self, decision: Decision) -> None:
        """Keep one second's decision, and commit the second."""
        self._last_tick = decision.tick
        payload = json.dumps(asdict(decision), default=str, separators=(",", ":"))
        self._pending.append(("INSERT INTO decision VALUES(?, ?)", (decision.tick, payload)))
        self._hand_over(None)

    def take_fault(self, tick: int, sentence: str) -> None:
        """Keep what failed beside the music."""
        self._pending.append(("INSERT INTO fault VALUES(?, ?)", (tick, sentence)))

    def _hand_over(self, seq: int | None) -> None:
        rows, self._pending = self._pending, []
        if self.is_live and self._batches.qsize() > LONGEST_QUEUE:
            rows = [_gap(self._last_tick, len(rows), "the disk was too slow")]
            self.on_trouble("The disk is too slow for the record; some rows are lost and marked.")
        self._batches.put(_Batch(self._last_tick, rows, seq))

    def close(self, patience_s: float = 10.0) -> None:
        """Write what is left, at most ``patience_s`` long."""
        if self._thread is None:
            return
        self._hand_over(None)
        self._batches.put(None)
        self._thread.join(patience_s)
        if self._thread.is_alive():
            self.on_trouble("The disk did not take the last seconds of the record.")
        self._thread = None

    def _write_all(self) -> None:
        missing: list[Statement] = []
        with closing(_connect(self.path)) as database:
            while (batch := self._batches.get()) is not None:
                try:
                    _commit(database, missing + batch.rows)
                except sqlite3.Error as error:
                    missing.append(_gap(batch.tick, len(batch.rows), str(error)))
                    self.on_trouble(f"The record cannot be written ({error}); the music goes on, the gap is marked.")
                    continue
                missing = []
                if batch.seq is not None:
                    self.on_recorded(batch.seq)


def _gap(tick: int, rows: int, why: str) -> Statement:
    return "INSERT INTO gap VALUES(?, ?, ?)", (tick, rows, why)


def _commit(database: sqlite3.Connection, statements: list[Statement]) -> None:
    try:
        for statement, values in statements:
            database.execute(statement, values)
        database.commit()
    except sqlite3.Error:
        database.rollback()
        raise


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    return database


@dataclass(frozen=True, slots=True)
class Recorded:
    """A session as its journal holds it."""

    meta: dict[str, object]
    inputs: tuple[Stamped, ...]
    events: tuple[MidiEvent, ...]
    gaps: tuple[tuple[int, int, str], ...]
    last_tick: int


def read(path: Path) -> Recorded:
    """Read a journal back. Raises JournalError where the file is none."""
    if not path.is_file():
        raise JournalError(f"There is no record at {path}.")
    try:
        with closing(sqlite3.connect(path)) as database:
            meta = {key: json.loads(value) for key, value in database.execute("SELECT key, value FROM meta")}
            inputs = database.execute("SELECT tick, seq, kind, payload FROM input ORDER BY tick, seq").fetchall()
            events = database.execute("SELECT tick, offset_us, data FROM event ORDER BY rowid").fetchall()
            gaps = database.execute("SELECT from_tick, rows, why FROM gap").fetchall()
            (last_tick,) = database.execute("SELECT coalesce(max(tick), -1) FROM decision").fetchone()
    except sqlite3.Error as error:
        raise JournalError(f"{path} is not a calando record: {error}.") from error
    return Recorded(
        meta, tuple(map(from_row, inputs)), tuple(MidiEvent(*row) for row in events), tuple(gaps), last_tick
    )
