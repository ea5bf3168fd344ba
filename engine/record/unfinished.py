"""A session that was cut off, and what may be taken up again."""

import datetime as dt
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from engine.inputs import Resumed, Stamped
from engine.midi import TICK_S, TICKS_PER_SECOND
from engine.record.database import JournalError
from engine.record.folder import RecordFolder, WallTime, records_root
from engine.record.journal import RunHead
from engine.record.newest import newest_record
from engine.record.past import relive
from engine.record.recorded import Inputs, read_inputs
from engine.session import Session
from engine.words import clock_face

OFFERED_S = 3 * 3600.0
"""A session cut off longer ago than this is another day's."""
BY_ITSELF_S = 600.0
"""A service that was started again resumes without a question where no more than this has passed."""
FEW_TIMES, TOO_SHORT_S = 3, 10.0
"""A session that lived so short each of the last so many times fails again and again."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A session that nobody ended. ``start_s`` is its second 0 on this computer's clock, ``session`` how it stood at
    its end; its next input must be a resume. ``ago_s`` is below 0 where the wall clock went back since.
    """

    folder: RecordFolder
    inputs: Inputs
    session: Session
    start_s: float
    ago_s: float

    @property
    def goes_on_by_itself(self) -> bool:
        """True where hardly anybody can have taken the listener's place, and it does not fail again and again."""
        return abs(self.ago_s) <= BY_ITSELF_S and not self._fails_again

    @property
    def _fails_again(self) -> bool:
        lately = lives_s(self.inputs)[-FEW_TIMES:]
        return len(lately) == FEW_TIMES and max(lately) < TOO_SHORT_S

    def __str__(self) -> str:
        started = dt.datetime.fromisoformat(str(self.inputs.meta["started"]))
        at = clock_face(self.inputs.next_tick * TICK_S)
        return f"The session of {started:%H:%M} was cut off {clock_face(max(self.ago_s, 0.0))} ago, at {at}"


def find_unfinished(parent: Path | None, room: str, boot: str, now_s: float, wall: WallTime) -> Unfinished | None:
    """The room's newest session, where it was cut off and not too long ago.

    An older one is never looked at, it may be another listener's: raises JournalError where the newest cannot be told,
    read, or lived again.
    """
    folder = newest_record(records_root(parent), room, boot)
    if folder is None:
        return None
    inputs = read_inputs(folder.journal)
    if inputs.is_ended or not inputs.runs:
        return None
    reached_s = inputs.next_tick * TICK_S
    zero_s = second_zero(inputs.runs[-1], boot, now_s, wall)
    ago_s = now_s - reached_s - zero_s
    if ago_s > OFFERED_S:
        return None
    return Unfinished(folder, inputs, _lived_again(folder, inputs), min(zero_s, now_s - reached_s), ago_s)


def why_none(parent: Path | None, room: str, boot: str) -> str:
    """Why ``find_unfinished`` found none, as the beginning of a sentence. Raises JournalError as it does."""
    root = records_root(parent)
    folder = newest_record(root, room, boot)
    if folder is None:
        return f"There is no record of room {room!r} in {root}"
    inputs = read_inputs(folder.journal)
    if inputs.is_ended:
        return f"The newest session of room {room!r} was ended, and an older one is never taken up"
    if not inputs.runs:
        return f"The newest session of room {room!r} never began"
    return f"The newest session of room {room!r} was cut off more than {OFFERED_S / 3600:g} hours ago"


def lives_s(inputs: Inputs) -> list[float]:
    """How long each of its runs lived."""
    resumes = [(each.tick, each.input.gap_s) for each in inputs.inputs if isinstance(each.input, Resumed)]
    begins_s = [0.0, *(tick * TICK_S for tick, _ in resumes)]
    ends_s = [*(tick * TICK_S - gap_s for tick, gap_s in resumes), inputs.next_tick * TICK_S]
    return [end_s - begin_s for begin_s, end_s in zip(begins_s, ends_s, strict=True)]


def second_zero(head: RunHead, boot: str, now_s: float, wall: WallTime) -> float:
    """Second 0 on the live clock; after the computer was started anew, or where a boot has no name, only its wall clock
    can tell.
    """
    if head.boot and head.boot == boot:
        return head.start_s
    return now_s - (wall().timestamp() - head.wall_s)


def _lived_again(folder: RecordFolder, inputs: Inputs) -> Session:
    """The session as it stood, whose next second is known to fold: what made it fail may be in the record."""
    try:
        session = relive(inputs)
        _rehearse(deepcopy(session), inputs)
    except JournalError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise JournalError(f"The record {folder.path} cannot be lived again: it fails inside ({kind}).") from error
    return session


def _rehearse(session: Session, inputs: Inputs) -> None:
    tick = session.next_tick
    session.fold(tick, [Stamped(tick, inputs.last_seq + 1, Resumed(0.0, inputs.last_run + 1))])
    for later in range(tick + 1, tick + TICKS_PER_SECOND):
        session.fold(later)
