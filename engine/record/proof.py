"""Whether a record folds to the same bytes again, and where it first does not."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from engine.inputs import Resumed
from engine.midi import TICK_S, TICK_US, TICKS_PER_SECOND, MidiEvent
from engine.offline import Rendering
from engine.record.database import JournalError
from engine.record.journal import decision_payload
from engine.record.past import refold
from engine.record.recorded import Gap, Recorded


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing that is not the same: what was ``played`` or ``decided``; None where one side has nothing."""

    time_s: float
    what: str
    recorded: str | None
    folded: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared, and the first difference; None where there is none."""

    events: int
    decisions: int
    runs: int
    missing_rows: int
    difference: Difference | None


def prove(recorded: Recorded) -> Proof:
    """Fold a record anew and compare every event and decision. Raises JournalError, also where there is none.

    Where the disk left rows out there is nothing to compare. Of the last tick before the process ended nobody knows
    whether it was still folded: where the record holds no event of it, none is asked for.
    """
    if recorded.is_empty:
        raise JournalError("The record holds nothing that was played or decided: there is nothing to prove.")
    folded = refold(recorded)
    differences = [each for each in (_in_events(recorded, folded), _in_decisions(recorded, folded)) if each]
    return Proof(
        len(recorded.events),
        len(recorded.decisions),
        len(recorded.runs) or 1,
        sum(gap.rows for gap in recorded.gaps),
        min(differences, key=lambda each: each.time_s, default=None),
    )


def _in_events(recorded: Recorded, folded: Rendering) -> Difference | None:
    kept = {event.tick for event in recorded.events}
    unsure = {tick for tick in _last_ticks(recorded) if tick not in kept}
    expected = [event for event in folded.events if event.tick not in unsure]
    pairs = zip_longest(_outside(recorded.events, recorded.gaps), _outside(expected, recorded.gaps))
    for there, here in pairs:
        if there != here:
            time_s = min(_time_us(each) for each in (there, here) if each) / 1e6
            return Difference(time_s, "played", _shown(there), _shown(here))
    return None


def _last_ticks(recorded: Recorded) -> set[int]:
    """The last tick of each run."""
    resumes = [each for each in recorded.inputs if isinstance(each.input, Resumed)]
    gaps = {
        each.tick - round(each.input.gap_s * TICKS_PER_SECOND) for each in resumes if isinstance(each.input, Resumed)
    }
    return {tick - 1 for tick in (*gaps, recorded.next_tick)}


def _outside(events: Iterable[MidiEvent], gaps: Sequence[Gap]) -> list[MidiEvent]:
    holes = [gap for gap in gaps if gap.rows]
    return [event for event in events if not any(hole.from_tick <= event.tick <= hole.to_tick for hole in holes)]


def _in_decisions(recorded: Recorded, folded: Rendering) -> Difference | None:
    here = {decision.tick: decision_payload(decision) for decision in folded.decisions}
    for tick, payload in recorded.decisions:
        if here.get(tick) != payload:
            return Difference(tick * TICK_S, "decided", *_apart(payload, here.get(tick)))
    return None


def _apart(recorded: str, folded: str | None) -> tuple[str, str | None]:
    """Of two decisions only what is not the same."""
    if folded is None:
        return recorded, None
    there, here = _as_object(recorded), _as_object(folded)
    keys = [key for key in (*there, *here) if there.get(key) != here.get(key)]
    return (_only(there, keys), _only(here, keys)) if there else (recorded, folded)


def _as_object(payload: str) -> dict[str, object]:
    """A decision's figures by name; nothing where the payload is not one."""
    try:
        figures = json.loads(payload)
    except ValueError:
        return {}
    return figures if isinstance(figures, dict) else {}


def _only(decision: dict[str, object], keys: Iterable[str]) -> str:
    return json.dumps({key: decision[key] for key in keys if key in decision})


def _time_us(event: MidiEvent) -> int:
    return event.tick * TICK_US + event.offset_us


def _shown(event: MidiEvent | None) -> str | None:
    return f"{_time_us(event) / 1e6:.6f} s {event.data.hex(' ')}" if event else None
