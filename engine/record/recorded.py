"""A journal read back."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.inputs import Act, Command, Resumed, Stamped
from engine.midi import TICKS_PER_SECOND, MidiEvent
from engine.record.chain import first_broken_batch, last_digest
from engine.record.database import JournalError
from engine.record.journal import RunHead
from engine.record.reading import reading
from engine.record.rows import RowError, from_row

LAST_TICK = 31 * 24 * 3600 * TICKS_PER_SECOND
"""No session is a month long: a row beyond it was not written by one, and folding up to it would not end."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows that are missing, or (0) were late on the disk, and why."""

    from_tick: int
    to_tick: int
    rows: int
    why: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a session can be folded from, and how far the record reaches: ``next_tick`` is the first one beyond it."""

    meta: dict[str, object]
    runs: tuple[RunHead, ...]
    inputs: tuple[Stamped, ...]
    next_tick: int

    @property
    def is_ended(self) -> bool:
        """True where somebody ended the session: there is nothing to take up again."""
        return any(isinstance(each.input, Command) and each.input.act is Act.END for each in self.inputs)

    @property
    def last_seq(self) -> int:
        """The highest number that an input had."""
        return max((each.seq for each in self.inputs), default=0)

    @property
    def last_run(self) -> int:
        """The number of the last run; the first is 0."""
        resumes = [each.input.run for each in self.inputs if isinstance(each.input, Resumed)]
        return max((*resumes, *(run.run for run in self.runs)), default=0)


@dataclass(frozen=True, slots=True)
class Recorded(Inputs):
    """A session as its journal holds it; ``decisions`` are (tick, JSON as it was written)."""

    events: tuple[MidiEvent, ...]
    decisions: tuple[tuple[int, str], ...]
    gaps: tuple[Gap, ...]

    @property
    def is_empty(self) -> bool:
        """True where nothing was played or decided, or all of it is missing: then nothing can be proved."""
        return not self.events and not self.decisions


def journal_in(session: Path) -> Path:
    """The journal of a record's folder, or the file itself."""
    return session / "session.sqlite" if session.is_dir() else session


def read_inputs(path: Path) -> Inputs:
    """What a session can be folded from. Raises JournalError where the file is no journal."""
    with _reading(path) as database:
        return _inputs(database)


def read(path: Path) -> Recorded:
    """Read a journal back, whole. Raises JournalError where the file is none."""
    with _reading(path) as database:
        inputs = _inputs(database)
        events = database.execute("SELECT tick, offset_us, data FROM event ORDER BY rowid").fetchall()
        decisions = database.execute("SELECT tick, payload FROM decision ORDER BY tick").fetchall()
        gaps = database.execute("SELECT from_tick, to_tick, rows, why FROM gap").fetchall()
        _check("event", events, int, int, bytes)
        _check("decision", decisions, int, str)
        _check("gap", gaps, int, int, int, str)
        return Recorded(
            inputs.meta,
            inputs.runs,
            inputs.inputs,
            inputs.next_tick,
            tuple(MidiEvent(*row) for row in events),
            tuple(decisions),
            tuple(Gap(*row) for row in gaps),
        )


def digest(path: Path) -> str:
    """The last digest of the audit: whoever noted it elsewhere knows the whole record by it. Raises JournalError."""
    with _reading(path) as database:
        return last_digest(database)[1]


def broken_batch(path: Path) -> int | None:
    """The first batch of the audit that is not as it was written (``engine.record.chain``). Raises JournalError."""
    with _reading(path) as database:
        return first_broken_batch(database)


def _inputs(database: sqlite3.Connection) -> Inputs:
    meta = {key: json.loads(value) for key, value in database.execute("SELECT key, value FROM meta")}
    runs = database.execute("SELECT run, start_s, boot, wall_s, version, platform FROM run ORDER BY run").fetchall()
    rows = database.execute("SELECT tick, seq, kind, payload FROM input ORDER BY tick, seq").fetchall()
    _check("input", rows, int, int, str, str)
    ticks = [database.execute(f"SELECT max(tick) FROM {table}").fetchone()[0] for table in _TICKED]  # noqa: S608
    reached = max((tick for tick in ticks if tick is not None), default=-1)
    if reached > LAST_TICK:
        raise RowError(f"no session reaches tick {reached}")
    return Inputs(meta, tuple(RunHead(*row) for row in runs), tuple(map(from_row, rows)), reached + 1)


def _check(table: str, rows: Iterable[tuple[object, ...]], *types: type) -> None:
    """Raises RowError where a row holds what no version of calando puts there; SQLite itself would take anything."""
    for row in rows:
        if not all(isinstance(value, kind) for value, kind in zip(row, types, strict=True)):
            raise RowError(f"a row of {table} holds {row!r}")


_TICKED = ("input", "decision", "event")


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """As ``reading``; a row that cannot be read becomes one sentence, too."""
    try:
        with reading(path) as database:
            yield database
    except (RowError, TypeError, ValueError) as error:
        raise JournalError(f"{path} holds a row that cannot be read: {error}.") from error
