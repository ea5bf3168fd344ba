"""Pads and pedals as staff controls: which press asks for what, learned by pressing, remembered for a room."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.inputs import Act
from engine.midi import ALL_SOUND_OFF, CONTROL, NOTE_ON, PROGRAM, is_control, is_note_on, is_program, kind_of
from engine.remembered import memory_path

ASKED = {
    Act.SILENCE: "silence",
    Act.EASE: "ease (calmer)",
    Act.STAY: "stay (pressed again: move on)",
    Act.NEXT_PHASE: "the next phase",
    Act.PLAY_ON: "play on",
}
"""What may be asked for by a press, in the order in which it is learned."""
DOWN = 64
"""A controller is pressed from this value on (MIDI 1.0: switches)."""
AGAIN_S = 0.3
"""A pedal's contact bounces; a second press within this time is the first one."""

_KINDS = {NOTE_ON: "note", CONTROL: "controller", PROGRAM: "program"}


@dataclass(frozen=True, slots=True)
class Press:
    """One pad or pedal: the message that it sends, without how hard it was pressed."""

    status: int
    number: int

    def __str__(self) -> str:
        return f"{_KINDS[kind_of(self.status)]} {self.number} on channel {(self.status & 0x0F) + 1}"

    @property
    def is_plausible(self) -> bool:
        """Whether such a message exists."""
        return kind_of(self.status) in _KINDS and self.status <= 0xFF and 0 <= self.number < 128


def pressed(data: bytes) -> Press | None:
    """The press that a message tells of; None for a release, and for whatever is no press."""
    turned = is_control(data) and data[2] >= DOWN and data[1] < ALL_SOUND_OFF
    down = is_note_on(data) or turned or is_program(data)
    return Press(data[0], data[1]) if down else None


@dataclass(slots=True)
class Presses:
    """Presses out of a stream of messages: a bounce is no second press, nor is a pedal that is still held."""

    _last_s: dict[Press, float] = field(default_factory=dict)
    _held: set[tuple[int, int]] = field(default_factory=set)

    def hear(self, now_s: float, data: bytes) -> Press | None:
        """The new press that this message is, if it is one."""
        press = pressed(data)
        if is_control(data):
            key = data[0], data[1]
            if press is None:
                self._held.discard(key)
            elif key in self._held:
                return None
            else:
                self._held.add(key)
        if press is None:
            return None
        last_s = self._last_s.get(press)
        self._last_s[press] = now_s
        return press if last_s is None or now_s - last_s >= AGAIN_S else None


@dataclass(frozen=True, slots=True)
class Pads:
    """A room's pads: the input port's name, and what each press asks for."""

    port: str
    bindings: Mapping[Press, Act]


def pads_path(room: str) -> Path:
    """Where a room's pads are remembered. Raises UsageError for a room name that is no name."""
    return memory_path(room).with_suffix(".pads.json")


def recall_pads(room: str) -> Pads | None:
    """The pads the room remembers; None where there are none, or they cannot be read."""
    try:
        found = json.loads(pads_path(room).read_text())
        bindings = {Press(int(status), int(number)): Act(act) for status, number, act in found["bindings"]}
        port = found["port"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    known = {press: act for press, act in bindings.items() if press.is_plausible and act in ASKED}
    return Pads(port, known) if isinstance(port, str) and known else None


def remember_pads(room: str, pads: Pads) -> None:
    """Keep them. Raises OSError where they cannot be kept."""
    path = pads_path(room)
    path.parent.mkdir(parents=True, exist_ok=True)
    bindings = [[press.status, press.number, str(act)] for press, act in pads.bindings.items()]
    path.write_text(json.dumps({"port": pads.port, "bindings": bindings}))


def forget_pads(room: str) -> bool:
    """Remember none; False where none were remembered."""
    there = pads_path(room).exists()
    pads_path(room).unlink(missing_ok=True)
    return there
