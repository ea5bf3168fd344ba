"""What a record says of its seconds: the sentence that was true when the music was made."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.midi import TICK_S
from engine.record.database import JournalError
from engine.record.reading import nothing_in, reading
from engine.record.recorded import journal_in


@dataclass(frozen=True, slots=True)
class Explained:
    """One recorded second: its sentence, and the words whose change makes it worth telling."""

    time_s: float
    sentence: str
    turn: tuple[str, ...]


def read_explained(session: Path) -> tuple[Explained, ...]:
    """Every recorded second of a session's folder or journal, in order. Raises JournalError with one sentence."""
    path = journal_in(session)
    with reading(path) as database:
        rows = database.execute("SELECT tick, payload FROM decision ORDER BY tick").fetchall()
    if not rows:
        raise JournalError(nothing_in(path))
    try:
        return tuple(_explained(tick, json.loads(payload)) for tick, payload in rows)
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"{path} holds a second that cannot be read ({error}).") from error


def _explained(tick: int, decision: dict[str, object]) -> Explained:
    estimate = decision["estimate"]
    state = estimate["state"] if isinstance(estimate, dict) else ""
    turn = (str(state), str(decision["phase"]), str(decision["playing"]))
    return Explained(tick * TICK_S, str(decision["sentence"]), turn)


def worth_telling(seconds: tuple[Explained, ...], every_s: float = 60.0) -> Iterator[Explained]:
    """A second each ``every_s``, and those in which arousal's state, the phase or the playing turned."""
    last: tuple[str, ...] | None = None
    for second in seconds:
        if second.turn != last or second.time_s % every_s == 0:
            last = second.turn
            yield second
