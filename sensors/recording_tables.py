"""Recordings in CSV: a heading that names the columns, and one row for each interval or heart rate."""

import csv
import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

COMMENTS = ("#", "%", "//")
_LONGEST_MS = 600_000.0


class ReplayError(ValueError):
    """A recording that cannot be read; its text is one sentence with the file and, where there is one, the line."""


class ReplayWordsError(ReplayError):
    """Words that ask for no recording: no file is there, or nobody of that name is in it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One row: an interval that ended at ``time_s``, or a heart rate then. One of ``rr_ms`` and ``hr_bpm`` is None."""

    time_s: float
    rr_ms: float | None = None
    hr_bpm: float | None = None
    label: str = ""

    @property
    def begins_s(self) -> float:
        """When the interval began; of a heart rate, its own time."""
        return self.time_s - (self.rr_ms or 0.0) / 1000.0


def cells_of(
    path: Path, lines: Sequence[str], first_line: int, delimiter: str = ","
) -> Iterator[tuple[str, list[str]]]:
    """Each row's place (``file:line``) and cells; raises ``ReplayError`` where a row cannot be taken apart."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for cells in reader:
            if cells and not cells[0].startswith(COMMENTS):
                yield f"{path}:{first_line + reader.line_num - 1}", cells
    except csv.Error as error:
        raise ReplayError(f"{path}:{first_line + reader.line_num - 1}: no row of a CSV: {error}") from error


def interval_ms(where: str, rr_ms: float) -> float:
    """The interval, if it is one; raises ``ReplayError``."""
    if not 0 < rr_ms <= _LONGEST_MS:
        raise ReplayError(f"{where}: an RR interval is above 0 and up to ten minutes long, not {rr_ms:g} ms")
    return rr_ms


def following(rr_ms: Sequence[float]) -> list[Reading]:
    """Intervals without times: each begins where the one before it ended."""
    time_s, readings = 0.0, []
    for rr in rr_ms:
        time_s += rr / 1000.0
        readings.append(Reading(time_s, rr))
    return readings


@dataclass(frozen=True, slots=True)
class _Row:
    """One row, by column name; a cell that is missing reads as empty."""

    where: str
    cells: dict[str, str]

    def number(self, column: str) -> float:
        """The cell's finite number; raises ``ReplayError``, which does not repeat a cell: it may hold anything."""
        text = self.cells.get(column, "")
        try:
            number = float(text)
        except ValueError:
            held = "text" if text.strip() else "nothing"
            raise ReplayError(f"{self.where}: {column} must be a number, not {held}") from None
        if not math.isfinite(number):
            raise ReplayError(f"{self.where}: {column} must be a finite number")
        return number


def read_table(path: Path, lines: Sequence[str], subject: str | None) -> list[Reading]:
    """The rows of a CSV, of several people the one named; raises ``ReplayError``."""
    head = next((number for number, line in enumerate(lines) if line.strip() and not line.startswith(COMMENTS)), None)
    if head is None:
        raise ReplayError(f"{path} is empty: a recording needs rows with rr_ms or hr_bpm")
    delimiter = next((mark for mark in ",;\t" if mark in lines[head]), ",")
    names = [name.strip().lower() for name in lines[head].split(delimiter)]
    _check_heading(path, head + 1, names)
    rows = [
        _Row(where, dict(zip(names, cells, strict=False)))
        for where, cells in cells_of(path, lines[head + 1 :], head + 2, delimiter)
    ]
    chosen = _of_one_person(path, rows, subject, named="subject" in names)
    if "time_s" not in names:
        return following([_interval(row) for row in chosen])
    read = _beat if "rr_ms" in names else _heart_rate
    return [read(row) for row in chosen]


def _check_heading(path: Path, line: int, names: Sequence[str]) -> None:
    if "rr_ms" not in names and not {"time_s", "hr_bpm"} <= set(names):
        raise ReplayError(
            f"{path}:{line}: a recording needs the columns time_s and rr_ms, or time_s and hr_bpm; this heading has "
            f"{', '.join(names)[:120]}"
        )


def _of_one_person(path: Path, rows: Sequence[_Row], subject: str | None, *, named: bool) -> Sequence[_Row]:
    if not named:
        if subject:
            raise ReplayWordsError(f"{path} has no column 'subject': leave ?subject= away")
        return rows
    people = list(dict.fromkeys(row.cells.get("subject", "") for row in rows))
    if subject is None and len(people) > 1:
        raise ReplayWordsError(
            f"{path} holds {len(people)} people: choose one with ?subject={people[0]} ({_some(people)})"
        )
    if subject is not None and subject not in people:
        close = difflib.get_close_matches(subject, people, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"choose from {_some(people)}"
        raise ReplayWordsError(f"{path} has no subject '{subject}': {hint}")
    return [row for row in rows if subject is None or row.cells.get("subject") == subject]


def _some(people: Sequence[str]) -> str:
    return ", ".join(people[:8]) + (", ..." if len(people) > 8 else "")


def _interval(row: _Row) -> float:
    return interval_ms(row.where, row.number("rr_ms"))


def _beat(row: _Row) -> Reading:
    return Reading(row.number("time_s"), _interval(row), label=row.cells.get("label", ""))


def _heart_rate(row: _Row) -> Reading:
    hr_bpm = row.number("hr_bpm") if row.cells.get("hr_bpm", "").strip() else 0.0
    if hr_bpm < 0:
        raise ReplayError(f"{row.where}: hr_bpm must not be below 0, but is {hr_bpm:g}")
    return Reading(row.number("time_s"), hr_bpm=hr_bpm, label=row.cells.get("label", ""))
