"""Inputs as journal rows ``(tick, seq, kind, payload)`` and back: what was folded can be folded again."""

import json
from collections.abc import Callable

from engine.inputs import Act, Command, ConfigChange, Input, OutputKind, OutputState, Resumed, Stamped
from sensors.heart import Contact, HeartPacket, Link, LinkState

Row = tuple[int, int, str, str]


class RowError(ValueError):
    """A journal row that no version of calando wrote."""


def to_row(stamped: Stamped) -> Row:
    """The row of an input; the payload is compact JSON."""
    kind, payload = _written(stamped.input)
    return stamped.tick, stamped.seq, kind, json.dumps(payload, separators=(",", ":"))


def _written(given: Input) -> tuple[str, object]:
    match given:
        case HeartPacket():
            rr_ticks, contact = list(given.rr_ticks), str(given.contact)
            return "packet", [given.arrival_s, given.hr_bpm, rr_ticks, contact, given.energy_kj]
        case LinkState():
            return "link", [given.at_s, str(given.link), given.why]
        case Command():
            return "command", [str(given.act), given.by, given.value]
        case OutputState():
            return "output", [str(given.kind), given.why]
        case ConfigChange():
            return "config", given.profile
        case Resumed():
            return "resumed", [given.gap_s, given.run]


_READ: dict[str, Callable[..., Input]] = {
    "packet": lambda arrival_s, hr_bpm, rr_ticks, contact, energy_kj: HeartPacket(
        arrival_s, hr_bpm, tuple(rr_ticks), Contact(contact), energy_kj
    ),
    "link": lambda at_s, link, why: LinkState(at_s, Link(link), why),
    "command": lambda act, by, value: Command(Act(act), by, value),
    "output": lambda kind, why: OutputState(OutputKind(kind), why),
    "resumed": Resumed,
}


def from_row(row: Row) -> Stamped:
    """The input of a row. Raises RowError where the row is none of ours."""
    tick, seq, kind, payload = row
    try:
        values = json.loads(payload)
        given = ConfigChange(values) if kind == "config" else _READ[kind](*values)
    except (KeyError, TypeError, ValueError) as error:
        raise RowError(f"journal row {seq} at tick {tick}: {kind!r} cannot be read ({error})") from error
    return Stamped(tick, seq, given)
