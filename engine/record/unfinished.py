"""A session that was cut off, and what may be taken up again."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from engine.midi import TICK_S
from engine.record.database import JournalError
from engine.record.folder import RecordFolder, WallTime, records_root
from engine.record.journal import RunHead
from engine.record.recorded import Inputs, read_inputs
from engine.words import clock_face

OFFERED_S = 3 * 3600.0
"""A session cut off longer ago than this is another day's."""
BY_ITSELF_S = 600.0
"""A service that was started again resumes without a question where no more than this has passed."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A session that nobody ended. ``start_s`` is its second 0 on this computer's clock."""

    folder: RecordFolder
    inputs: Inputs
    start_s: float
    ago_s: float

    def __str__(self) -> str:
        started = dt.datetime.fromisoformat(str(self.inputs.meta["started"]))
        at = clock_face(self.inputs.next_tick * TICK_S)
        return f"The session of {started:%H:%M} was cut off {clock_face(self.ago_s)} ago, at {at}"


def find_unfinished(parent: Path | None, room: str, boot: str, now_s: float, wall: WallTime) -> Unfinished | None:
    """The room's newest session, where it was cut off and not too long ago. A record that cannot be read is none."""
    for folder in _newest_first(records_root(parent), room):
        try:
            inputs = read_inputs(folder.journal)
        except JournalError:
            continue
        if inputs.meta.get("room") == room:
            found = _unfinished(folder, inputs, boot, now_s, wall)
            return found if found and found.ago_s <= OFFERED_S else None
    return None


def _unfinished(folder: RecordFolder, inputs: Inputs, boot: str, now_s: float, wall: WallTime) -> Unfinished | None:
    if inputs.is_ended or not inputs.runs:
        return None
    reached_s = inputs.next_tick * TICK_S
    start_s = min(second_zero(inputs.runs[-1], boot, now_s, wall), now_s - reached_s)
    return Unfinished(folder, inputs, start_s, now_s - start_s - reached_s)


def second_zero(head: RunHead, boot: str, now_s: float, wall: WallTime) -> float:
    """Second 0 on the live clock; after the computer was started anew only its wall clock can tell."""
    if head.boot == boot:
        return head.start_s
    return now_s - (wall().timestamp() - head.wall_s)


def _newest_first(root: Path, room: str) -> list[RecordFolder]:
    return [RecordFolder(path) for path in sorted(root.glob(f"*_{room}*"), reverse=True)]
