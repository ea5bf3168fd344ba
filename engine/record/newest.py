"""Which of a room's records is the newest: by the clock of one boot, else only where all that labels them agrees.

A record that is not the newest belongs to another listener, so where there is a doubt it is said and none is taken.
"""

import heapq
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.record.database import JournalError
from engine.record.folder import RecordFolder

MOST_COMPARED = 50
"""So many, the last written, are opened and compared."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What tells a record's place among others; ``boot`` is empty where nothing but labels does."""

    folder: RecordFolder
    written_ns: int
    room: str | None = None
    boot: str = ""
    start_s: float = 0.0

    @property
    def label(self) -> str:
        """Its folder's name, which begins with a wall time."""
        return self.folder.path.name


def newest_record(root: Path, room: str, boot: str) -> RecordFolder | None:
    """The newest folder that may be this room's. Raises JournalError where it cannot be told which that is."""
    traces = [trace for trace in map(_trace, _last_written(root, room)) if trace.room in (None, room)]
    newest = [each for each in traces if not any(may_be_newer(other, each, boot) for other in traces)]
    if traces and not newest:
        raise JournalError(f"It cannot be told which record of room {room!r} in {root} is the newest.")
    return newest[0].folder if newest else None


def may_be_newer(one: Trace, other: Trace, boot: str) -> bool:
    """Whether ``one`` may have begun after ``other``. In one boot, and of this boot against one before, the clock that
    never jumps tells; else folder name or file time is enough of a doubt.
    """
    if one.boot and one.boot == other.boot:
        return (one.start_s, one.label) > (other.start_s, other.label)
    if one.boot and other.boot and boot in {one.boot, other.boot}:
        return one.boot == boot
    return one.label > other.label or one.written_ns > other.written_ns


def _last_written(root: Path, room: str) -> list[RecordFolder]:
    named = re.compile(rf"[\d_-]+_{re.escape(room)}(_\d+)?")
    folders = [RecordFolder(path) for path in root.glob("*") if named.fullmatch(path.name)]
    return heapq.nlargest(MOST_COMPARED, folders, key=_written_ns)


def _written_ns(folder: RecordFolder) -> int:
    """When its journal was last written, as its file system tells."""
    files = [folder.journal, folder.journal.with_name(f"{folder.journal.name}-wal")]
    return max((file.stat().st_mtime_ns for file in files if file.is_file()), default=folder.path.stat().st_mtime_ns)


def _trace(folder: RecordFolder) -> Trace:
    """Read without writing, so that looking makes no record newer. What cannot be read may be anybody's."""
    written_ns = _written_ns(folder)
    try:
        with closing(sqlite3.connect(f"{folder.journal.absolute().as_uri()}?mode=ro", uri=True)) as database:
            (room,) = database.execute("SELECT value FROM meta WHERE key = 'room'").fetchone()
            boot, start_s = database.execute("SELECT boot, start_s FROM run ORDER BY run DESC LIMIT 1").fetchone()
            return Trace(folder, written_ns, json.loads(room), str(boot), float(start_s))
    except (sqlite3.Error, TypeError, ValueError):
        return Trace(folder, written_ns)
