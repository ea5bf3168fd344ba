"""The files that recordings come in, read into one kind of row.

==============================  =========================================================================
CSV with ``time_s, rr_ms``      ``time_s`` is when the interval ended; ``subject`` and ``label``
                                where they are there
CSV with ``rr_ms`` alone        the intervals follow one another
CSV with ``time_s, hr_bpm``     heart rate only; an empty cell is "no valid reading"
text, one number a line         RR intervals in milliseconds or seconds (Elite HRV, Kubios)
text, two numbers a line        time and RR interval (Kubios)
==============================  =========================================================================

Text lines that begin with ``#``, ``%`` or ``//`` are comments.
"""

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

from sensors.recording_tables import (
    COMMENTS,
    Reading,
    ReplayError,
    ReplayWordsError,
    following,
    interval_ms,
    read_table,
)

__all__ = ["Reading", "ReplayError", "ReplayWordsError", "read_lines", "read_recording"]

_SECONDS_BELOW = 10.0
"""Intervals whose median is below this are written in seconds, not in milliseconds."""


def read_recording(path: Path, lines: Sequence[str], subject: str | None) -> list[Reading]:
    """Every row of the file, of several people the one named; raises ``ReplayError``."""
    first = next((line for line in lines if not _is_comment(line)), "")
    if _numbers(first) is not None:
        if subject:
            raise ReplayWordsError(f"{path} is a plain list of intervals and names no subjects: leave ?subject= away")
        readings = _plain(path, lines)
    else:
        readings = read_table(path, lines, subject)
    if not readings:
        raise ReplayError(f"{path} holds no heartbeats: it needs rows with rr_ms or hr_bpm")
    return readings


def read_lines(path: Path) -> list[str]:
    """The file's lines; raises ``ReplayError``."""
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise ReplayWordsError(f"there is no recording {path}: write where one lies") from error
    except OSError as error:
        raise ReplayError(f"{path} cannot be read ({error.strerror or error}): choose a file that can") from error
    except UnicodeDecodeError as error:
        raise ReplayError(f"{path} is not a text file: a recording is CSV or plain RR text") from error


def _is_comment(line: str) -> bool:
    text = line.strip()
    return not text or text.startswith(COMMENTS)


def _numbers(line: str) -> list[float] | None:
    """The numbers of a line; None where something else stands in it."""
    try:
        return [float(word) for word in re.split(r"[\s,;]+", line.strip().strip(",;"))]
    except ValueError:
        return None


def _plain(path: Path, lines: Sequence[str]) -> list[Reading]:
    places = [(f"{path}:{number}", line) for number, line in enumerate(lines, 1) if not _is_comment(line)]
    rows = [_plain_row(where, line) for where, line in places]
    if len({len(row) for row in rows}) > 1:
        raise ReplayError(f"{path} has lines of one number and lines of two: write one number, or a time and a number")
    in_ms = 1000.0 if median(row[-1] for row in rows) < _SECONDS_BELOW else 1.0
    rr_ms = [interval_ms(where, row[-1] * in_ms) for (where, _), row in zip(places, rows, strict=True)]
    if len(rows[0]) == 1:
        return following(rr_ms)
    times = [row[0] for row in rows]
    steps = [after - before for before, after in pairwise(times)]
    in_s = 1.0 if not steps or median(steps) < _SECONDS_BELOW else 0.001
    return [Reading(time * in_s, rr) for time, rr in zip(times, rr_ms, strict=True)]


def _plain_row(where: str, line: str) -> list[float]:
    numbers = _numbers(line)
    if numbers is None or len(numbers) > 2 or not all(math.isfinite(number) for number in numbers):
        raise ReplayError(f"{where}: '{line.strip()[:40]}' is no RR interval: write one number, or a time and a number")
    return numbers
