"""What a page shows of a session that was cut off and is taken up again: its record, as far as it goes."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from engine.console.board import Board
from engine.console.history import HEART_SHOWN_S, Point, point
from engine.inputs import Command, Stamped
from engine.midi import TICKS_PER_SECOND
from engine.news import RecordedUpTo


def past_board(journal: Path, inputs: Sequence[Stamped]) -> Board:
    """The board as the record leaves it. What cannot be read is not shown: the charts begin where it can."""
    board = Board()
    for at, phase in _points(journal):
        board.history.add(at, phase)
    for stamped in inputs:
        if isinstance(stamped.input, Command):
            board.hear(stamped)
    board.hear(RecordedUpTo(max((stamped.seq for stamped in inputs), default=0)))
    return board


def _points(journal: Path) -> Iterator[tuple[Point, str]]:
    try:
        with closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT tick, payload FROM decision ORDER BY tick").fetchall()
        for tick, payload in rows:
            decision = json.loads(payload)
            heart = decision["estimate"]
            yield _point(tick, heart, decision["offset"]), decision["phase"]
    except (sqlite3.Error, KeyError, TypeError, ValueError):
        return


def _point(tick: int, heart: dict[str, Any], offset: float) -> Point:
    return point(
        tick / TICKS_PER_SECOND,
        hr_bpm=heart["hr_bpm"] if heart["data_age_s"] <= HEART_SHOWN_S else None,
        expected_bpm=heart["expected_bpm"],
        arousal=heart["arousal"],
        offset=offset,
    )
