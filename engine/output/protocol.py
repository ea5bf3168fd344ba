"""What engine and guardian say to each other: one JSON object a line. Standard library only.

A line that cannot be read is counted and left out, and the next one starts afresh.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.output.cues import Stop
from engine.output.midi_clock import Pulse

LONGEST_LINE = 1 << 18


@dataclass(frozen=True, slots=True)
class Events:
    """Messages of one epoch with the moments they are due, seconds on the guardian's clock."""

    epoch: int
    timed: tuple[tuple[float, bytes], ...]


@dataclass(frozen=True, slots=True)
class Cued:
    """A stop or (None) *play on*; ``silences`` is how many of the guardian's own the engine knew of when it spoke."""

    epoch: int
    stop: Stop | None
    silences: int


@dataclass(frozen=True, slots=True)
class Beat:
    """The room's control tick is alive."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Compare clocks: answered with this time and the guardian's own."""

    sent_s: float


@dataclass(frozen=True, slots=True)
class Inherit:
    """Every guardian's first order: take over, with the notes that one before it may have left sounding.

    Notes are (channel, pitch). What they end with is handed to the outputs before the guardian says that it is ready.
    ``channels`` are those that music has used: a profile that was changed may have brought others than the first.
    """

    notes: tuple[tuple[int, int], ...]
    channels: tuple[int, ...] = ()


Order = Events | Cued | Beat | Ping | Inherit | Pulse


def encode(message: dict[str, object]) -> bytes:
    """One line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def encode_order(order: Order) -> bytes:
    """One line to the guardian."""
    match order:
        case Events(epoch, timed):
            return encode({"epoch": epoch, "events": [[due_s, data.hex()] for due_s, data in timed]})
        case Cued(epoch, stop, silences):
            return encode({"epoch": epoch, "cue": stop, "silences": silences})
        case Beat():
            return encode({"beat": 1})
        case Ping(sent_s):
            return encode({"ping": sent_s})
        case Inherit(notes, channels):
            return encode({"inherit": [list(key) for key in notes], "channels": list(channels)})
        case Pulse(at_s, beat, bpm):
            return encode({"pulse": [at_s, beat, bpm]})


def read_order(line: bytes) -> Order | None:
    """An order from one line; None where it is none. Never raises."""
    try:
        fields = json.loads(line)
        return _order(fields) if isinstance(fields, dict) else None
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


def _order(fields: dict[str, object]) -> Order | None:
    match fields:
        case {"events": list(events), "epoch": int(epoch)}:
            return Events(epoch, tuple((float(due_s), bytes.fromhex(data)) for due_s, data in events))
        case {"cue": str() | None as stop, "epoch": int(epoch), "silences": int(silences)}:
            return Cued(epoch, Stop(stop) if stop is not None else None, silences)
        case {"beat": _}:
            return Beat()
        case {"ping": int() | float() as sent_s}:
            return Ping(float(sent_s))
        case {"inherit": list(notes), "channels": list(channels)}:
            return Inherit(tuple(_note(note) for note in notes), tuple(_note((channel, 0))[0] for channel in channels))
    pulse = fields.get("pulse")
    return Pulse(*map(float, pulse)) if isinstance(pulse, list) else None


def _note(note: Iterable[int]) -> tuple[int, int]:
    channel, pitch = note
    if not (isinstance(channel, int) and isinstance(pitch, int) and 0 <= channel < 16 and 0 <= pitch < 128):
        raise ValueError("not a note")
    return channel, pitch


def read_answer(line: bytes) -> dict[str, object]:
    """The fields of one line from the guardian; none where it cannot be read."""
    try:
        fields = json.loads(line)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


@dataclass(slots=True)
class Lines:
    """Cuts a byte stream into lines; an endless one is thrown away up to its end and counted."""

    thrown_away: int = 0
    _rest: bytearray = field(default_factory=bytearray)
    _skipping: bool = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are whole by now, in order."""
        self._rest += data
        *whole, rest = self._rest.split(b"\n")
        self._rest = rest
        lines = [bytes(line) for line in whole]
        if lines and self._skipping:
            del lines[0]
            self._skipping = False
        if len(self._rest) > LONGEST_LINE:
            self._rest = bytearray()
            self.thrown_away += not self._skipping
            self._skipping = True
        return [line for line in lines if line]
