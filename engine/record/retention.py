"""Old records: nothing goes by itself; what is older than was agreed is named, and a person lets it go."""

import datetime as dt
import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.record.folder import RecordError, RecordFolder
from engine.record.space import about_space

KEPT_DAYS = 30
LEDGER = "pruned.jsonl"
"""Beside the records: a line for each that went, its name and when. Never anything of what it held."""
_STAMP = re.compile(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A session's folder, when it began, and its size."""

    path: Path
    started: dt.datetime
    size_bytes: int


def records_in(root: Path) -> list[KeptRecord]:
    """Every record under ``root``, the oldest first. A folder that calando did not make is none."""
    found = [_record(path) for path in sorted(root.glob("*/"))]
    return [record for record in found if record is not None]


def _record(path: Path) -> KeptRecord | None:
    stamp = _STAMP.match(path.name)
    if not stamp or path.is_symlink() or not RecordFolder(path).journal.is_file():
        return None
    try:
        started = dt.datetime.strptime(stamp[0], "%Y-%m-%d_%H-%M-%S").astimezone()
    except (ValueError, OverflowError):
        return None
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return KeptRecord(path, started, size)


def older_than(records: Iterable[KeptRecord], days: float, now: dt.datetime) -> list[KeptRecord]:
    """Those that began more than ``days`` ago and that nobody has written in since a day."""
    limit, written = now - dt.timedelta(days=days), (now - dt.timedelta(days=1)).timestamp()
    return [record for record in records if record.started < limit and _last_written(record.path) < written]


def _last_written(path: Path) -> float:
    return max(file.stat().st_mtime for file in path.glob("session.sqlite*"))


def prune(root: Path, records: Iterable[KeptRecord], now: dt.datetime) -> None:
    """Remove records for good, each noted in the ledger first. Raises RecordError where one cannot be removed."""
    for record in records:
        line = {"record": record.path.name, "pruned": now.isoformat(timespec="seconds"), "bytes": record.size_bytes}
        try:
            with (root / LEDGER).open("a") as ledger:
                ledger.write(json.dumps(line) + "\n")
            shutil.rmtree(record.path)
        except OSError as error:
            raise RecordError(f"{record.path} cannot be removed: {error.strerror}; remove it by hand.") from error


def reminder(root: Path, now: dt.datetime) -> str | None:
    """A sentence about records that have been kept long enough; None where there are none."""
    old = older_than(records_in(root), KEPT_DAYS, now)
    return f"{described(old)} in {root} older than {KEPT_DAYS} days; calando prune lets them go." if old else None


def about_records(root: Path, now: dt.datetime, *, begins: bool) -> list[str]:
    """What staff should know of the records before a session. Raises NoSpaceError where one ``begins`` without room."""
    return [sentence for sentence in (about_space(root, begins=begins), reminder(root, now)) if sentence]


def described(records: list[KeptRecord]) -> str:
    """How many, and how much they take."""
    megabytes = sum(record.size_bytes for record in records) / 1e6
    return f"{len(records)} record{'' if len(records) == 1 else 's'} ({megabytes:.1f} MB)"
