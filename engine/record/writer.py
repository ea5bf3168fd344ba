"""The one thread that writes a journal: batch after batch, and again and again where the disk does not take them."""

import logging
import queue
import random
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.clock import now_s
from engine.record import chain
from engine.record.database import SCHEMA, Connect, JournalError, Row, insert

log = logging.getLogger(__name__)

SHORTEST_RETRY_S = 0.5
LONGEST_RETRY_S = 30.0
LAST_RETRY_S = 0.5
"""How long the last of the record waits for the next attempt while the end's patience lasts."""
LAST_PATIENCE_S = 10.0
"""How long a disk that fails is tried again at the end, also where a slow one is waited for longer."""
SLOW_S = 2.0
"""A commit that takes longer leaves a gap row of 0 lost rows: for so long a crash would have lost them."""


Told = TypeVar("Told")

_OF_A_ROW = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError)
_IMPOSSIBLE = (*_OF_A_ROW, OverflowError, UnicodeError)
"""What is wrong with a row and not with the disk."""
_STOPPED = "its writer stopped"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that are committed together; ``seq`` is the command that waits for them."""

    tick: int
    rows: list[Row]
    seq: int | None


class Writer:
    """Owns the connection. ``troubled`` and ``recorded`` are called from its thread; should they fail, it goes on.

    Whatever hinders a commit is told and tried again, as a full disk is; a thread that died is followed by another.
    """

    def __init__(
        self, path: Path, troubled: Callable[[str], None], recorded: Callable[[int], None], connect: Connect
    ) -> None:
        self._path = path
        self._troubled, self._recorded, self._connect = _harmless(troubled), _harmless(recorded), connect
        self._batches: queue.Queue[Batch | None] = queue.Queue()
        self._backlog: list[Batch] = []
        self._put = self._written = self._left_out = 0
        self._left_out_for = ""
        self._database: sqlite3.Connection | None = None
        self._audited = (0, chain.BEGINNING)
        self._random = random.Random()
        self._failures = 0
        self._failing: str | None = None
        self._retry_at_s = 0.0
        self._patient_until_s = 0.0
        self._slow: tuple[int, float] | None = None
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """How many rows are not on the disk yet."""
        return self._put - self._written

    @property
    def taken(self) -> int:
        """How many rows it was given."""
        return self._put

    @property
    def missing(self) -> int:
        """How many of them the file does not hold: those that wait, and those that no disk could take."""
        return self.waiting + self._left_out

    @property
    def why_missing(self) -> str:
        """What keeps them out of it."""
        return self._failing or self._left_out_for or "the disk is too slow"

    def open(self, rows: list[Row]) -> None:
        """Make the file where it is missing, write its first rows, start the thread. Raises JournalError."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect(self._path)) as database:
                database.executescript(SCHEMA)
                batch, digest = chain.last_digest(database)
                if rows:
                    chain.commit(database, rows, batch + 1, digest)
        except (OSError, MemoryError, sqlite3.Error) as error:
            raise JournalError(
                f"The record {self._path} cannot be written: {_told(error)}. Choose another --record."
            ) from error
        self._start()

    def put(self, batch: Batch) -> None:
        """Let a batch be written; never waits."""
        self._put += len(batch.rows)
        self._batches.put(batch)
        self._look_after_thread()

    def close(self, patience_s: float) -> bool:
        """End after all that was put, at most ``patience_s`` later; False where something is not on the disk.

        Until then what the disk does not take is tried again twice a second.
        """
        self._patient_until_s = now_s() + min(patience_s, LAST_PATIENCE_S)
        self._look_after_thread()
        self._batches.put(None)
        if self._thread:
            self._thread.join(patience_s)
        return self.waiting == 0

    def _start(self) -> None:
        thread = threading.Thread(target=self._write_all, name="journal", daemon=True)
        thread.start()
        self._thread = thread

    def _look_after_thread(self) -> None:
        """Where the thread died, tell it and let another go on with what it left; if none can start, the next time."""
        if self._thread is None or self._thread.is_alive():
            return
        if self._failing != _STOPPED:
            self._failing = None
        self._fail(_STOPPED)
        with suppress(RuntimeError, MemoryError):
            self._start()

    def _write_all(self) -> None:
        ended = False
        while not ended:
            ended = self._gather()
            if self._backlog and (ended or now_s() >= self._retry_at_s):
                self._try()
        while self._backlog and now_s() + LAST_RETRY_S < self._patient_until_s:
            threading.Event().wait(LAST_RETRY_S)
            self._try()
        if self._slow and not self._failing:
            self._try()
        self._let_go()

    def _gather(self) -> bool:
        """Wait for a batch, or for the next attempt, and take all that is there; True once the end was asked for."""
        wait_s = max(0.0, self._retry_at_s - now_s()) if self._backlog else None
        with suppress(queue.Empty):
            batch = self._batches.get(timeout=wait_s)
            while batch is not None:
                self._backlog.append(batch)
                batch = self._batches.get_nowait()
            return True
        return False

    def _try(self) -> None:
        """Write everything that waits, in one transaction."""
        batches, begun_s = list(self._backlog), now_s()
        rows = [row for batch in batches for row in batch.rows]
        try:
            self._commit([*rows, *self._late(batches)])
        except _IMPOSSIBLE as error:
            self._leave_out(batches, str(error))
            return
        except Exception as error:
            self._fail(_told(error))
            return
        self._succeed(batches, now_s() - begun_s)
        self._written += len(rows)
        for batch in batches:
            if batch.seq is not None:
                self._recorded(batch.seq)

    def _commit(self, rows: list[Row]) -> None:
        if self._database is None:
            self._database = self._connect(self._path)
            self._audited = chain.last_digest(self._database)
        batch, digest = self._audited
        self._audited = batch + 1, chain.commit(self._database, rows, batch + 1, digest)

    def _leave_out(self, batches: list[Batch], why: str) -> None:
        """A row that no disk could ever take must not keep the others waiting: it is a gap."""
        self._let_go()
        try:
            with closing(self._connect(self._path)) as database:
                weighed = [_possible(database, batch, why) for batch in batches]
                database.rollback()
        except Exception as error:
            self._fail(_told(error))
            return
        lost, possible = sum(lost for _, lost in weighed), [batch for batch, _ in weighed]
        if not lost:
            self._fail(why)
            return
        self._troubled(f"A row of the record cannot be kept ({why}); it is left out and marked.")
        self._left_out, self._left_out_for = self._left_out + lost, why
        self._backlog = possible + self._backlog[len(batches) :]
        self._written += sum(len(batch.rows) for batch in batches) - sum(len(batch.rows) for batch in possible)
        self._try()

    def _late(self, batches: list[Batch]) -> list[Row]:
        """A gap row that says that all is there, but was late."""
        to_tick = batches[-1].tick if batches else self._slow[0] if self._slow else 0
        late: list[Row] = []
        if self._failing and batches:
            late.append(("gap", (batches[0].tick, to_tick, 0, self._failing)))
        if self._slow:
            late.append(("gap", (self._slow[0], to_tick, 0, f"the disk took up to {self._slow[1]:.1f} s")))
        return late

    def _succeed(self, batches: list[Batch], took_s: float) -> None:
        self._backlog = self._backlog[len(batches) :]
        self._failures, self._failing, self._retry_at_s = 0, None, 0.0
        tick = batches[0].tick if batches else 0
        self._slow = (tick, took_s) if took_s > SLOW_S else None

    def _fail(self, why: str) -> None:
        if not self._failing:
            self._troubled(f"The record cannot be written ({why}); the music goes on, and the record is tried again.")
        self._failures, self._failing = self._failures + 1, why
        ceiling_s = min(LONGEST_RETRY_S, SHORTEST_RETRY_S * 2**self._failures)
        self._retry_at_s = now_s() + self._random.uniform(SHORTEST_RETRY_S, ceiling_s)
        self._let_go()

    def _let_go(self) -> None:
        database, self._database = self._database, None
        with suppress(sqlite3.Error, MemoryError):
            if database is not None:
                database.close()


def _told(error: Exception) -> str:
    return "the memory is full" if isinstance(error, MemoryError) else str(error) or type(error).__name__


def _harmless(tell: Callable[[Told], None]) -> Callable[[Told], None]:
    """Whoever fails to listen must not end the thread, which holds rows that nobody else has."""

    def told(what: Told) -> None:
        try:
            tell(what)
        except Exception as error:
            log.debug("nobody heard of the record", exc_info=error)

    return told


def _possible(database: sqlite3.Connection, batch: Batch, why: str) -> tuple[Batch, int]:
    """The batch without the rows that can never be kept, but with a gap row that counts them; and how many they are."""
    kept = []
    for row in batch.rows:
        try:
            insert(database, row)
            kept.append(row)
        except _IMPOSSIBLE:
            continue
    lost = len(batch.rows) - len(kept)
    gap: list[Row] = [("gap", (batch.tick, batch.tick, lost, why))] if lost else []
    return Batch(batch.tick, [*kept, *gap], batch.seq), lost
