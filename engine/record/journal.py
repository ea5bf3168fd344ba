"""The journal: a session's inputs, decisions and events, taken from the room and never waited for.

What a disk cannot take waits in memory and is told; the music never knows. Where too much waits, what a fold can
compute anew (events, decisions) is left out and marked as a gap. The rest is kept to the last: packets and the
guardian's counts come about once a second each.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from engine.decision import Decision
from engine.inputs import Command, Stamped
from engine.midi import MidiEvent
from engine.record.database import Connect, JournalError, Row, connect
from engine.record.rows import to_row
from engine.record.writer import Batch, Writer

MOST_WAITING = 60_000
"""Rows, about an hour of them, that may wait for a disk; beyond that the computable ones are left out."""
COMPUTABLE = frozenset({"event", "decision"})


@dataclass(frozen=True, slots=True)
class RunHead:
    """What a run begins with: its number, tick 0 on the clock of ``boot``, that moment's wall time, who plays where."""

    run: int
    start_s: float
    boot: str
    wall_s: float
    version: str
    platform: str


@dataclass(slots=True)
class Journal:
    """Takes rows from the room and commits them once a second, and at once where a person waits for it.

    ``on_trouble`` is called from the writer's thread with one sentence each time rows could not be kept;
    ``on_recorded`` with the seq of each command that is on the disk.
    """

    path: Path
    on_trouble: Callable[[str], None] = lambda _: None
    on_recorded: Callable[[int], None] = lambda _: None
    is_live: bool = True
    """False for a session that is written whole: every row waits for the disk, and ``close`` raises if it lacks one."""
    connect: Connect = connect
    most_waiting: int = MOST_WAITING
    _writer: Writer | None = None
    _pending: list[Row] = field(default_factory=list)
    _last_tick: int = 0
    _gap_from: int = 0
    _gap_to: int = 0
    _left_out: int = 0

    def open(self, meta: dict[str, object] | None = None) -> None:
        """Make the file, or go on in it, and start writing. Raises JournalError where it cannot be written."""
        rows: list[Row] = [("meta", (key, json.dumps(value))) for key, value in (meta or {}).items()]
        self._writer = Writer(self.path, self._troubled, self._recorded, self.connect)
        self._writer.open(rows)

    def _troubled(self, sentence: str) -> None:
        self.on_trouble(sentence)

    def _recorded(self, seq: int) -> None:
        self.on_recorded(seq)

    def take_run(self, head: RunHead) -> None:
        """Keep how a run began, at once."""
        values = (head.run, head.start_s, head.boot, head.wall_s, head.version, head.platform)
        self._pending.append(("run", values))
        self._hand_over(None)

    def take(self, stamped: Stamped) -> None:
        """Keep an input; a person's command is committed at once."""
        self._last_tick = stamped.tick
        self._pending.append(("input", to_row(stamped)))
        if isinstance(stamped.input, Command):
            self._hand_over(stamped.seq)

    def take_events(self, events: Iterable[MidiEvent]) -> None:
        """Keep what was sent."""
        self._pending.extend(("event", (each.tick, each.offset_us, each.data)) for each in events)

    def take_decision(self, decision: Decision) -> None:
        """Keep one second's decision, and commit the second."""
        self._last_tick = decision.tick
        self._pending.append(("decision", (decision.tick, decision_payload(decision))))
        self._hand_over(None)

    def take_fault(self, tick: int, sentence: str) -> None:
        """Keep what failed beside the music."""
        self._pending.append(("fault", (tick, sentence)))

    def take_guardian(self, tick: int, report: dict[str, object]) -> None:
        """Keep the guardian's counts and its histogram of lateness."""
        self._pending.append(("guardian", (tick, json.dumps(report, separators=(",", ":")))))

    def _hand_over(self, seq: int | None, *, is_last: bool = False) -> None:
        if self._writer is None:
            return
        rows, self._pending = self._pending, []
        too_much = self.is_live and self._writer.waiting > self.most_waiting
        if too_much:
            rows = self._without_computable(rows)
        if self._left_out and (is_last or not too_much):
            rows.append(self._gap())
        self._writer.put(Batch(self._last_tick, rows, seq))

    def _without_computable(self, rows: list[Row]) -> list[Row]:
        ticks = [_tick(row) for row in rows if row[0] in COMPUTABLE]
        if ticks and not self._left_out:
            self._gap_from = min(ticks)
            self.on_trouble("The disk is too slow for the record; some rows are left out and marked.")
        self._gap_to = max(ticks, default=self._gap_to)
        self._left_out += len(ticks)
        return [row for row in rows if row[0] not in COMPUTABLE]

    def _gap(self) -> Row:
        left_out, self._left_out = self._left_out, 0
        return "gap", (self._gap_from, self._gap_to, left_out, "too much waited for the disk")

    def close(self, patience_s: float = 10.0) -> None:
        """Write what is left, at most ``patience_s`` long. What the disk does not take is told of a live session.

        Of one that is written whole it raises JournalError, and of a row that no disk could take, too.
        """
        if self._writer is None:
            return
        self._hand_over(None, is_last=True)
        writer, self._writer = self._writer, None
        if not writer.close(patience_s):
            self.on_trouble("The disk did not take the last of the record; what it has can be read.")
        if writer.missing and not self.is_live:
            raise JournalError(
                f"The record {self.path} is not whole: {writer.missing} of its {writer.taken} rows are missing "
                f"({writer.why_missing}); make room there, or choose another --record, and begin again."
            )


def _tick(row: Row) -> int:
    """When what a computable row holds happened."""
    tick = row[1][0]
    assert isinstance(tick, int)
    return tick


def decision_payload(decision: Decision) -> str:
    """A decision as its row holds it."""
    return json.dumps(asdict(decision), default=str, separators=(",", ":"))
