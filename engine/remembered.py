"""What a room remembers from one session to the next: strap, sound, habits. Never anything of a person."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

from engine.errors import UsageError
from engine.midi import EXPRESSION, VOLUME
from engine.output.ports import plain_name


@dataclass(frozen=True, slots=True)
class RoomMemory:
    """What was last chosen in a room; None where nobody did.

    ``strap`` is as ``--heart ble:`` asks for it, ``port`` a MIDI port's name, ``level_cc`` the controller that its
    synth obeys, ``played_level_ccs`` the one that the last session on each port, by its plain name, moved and left at
    0. ``loudness_dba`` was measured at the pillow on the day ``loudness_on`` (YYYY-MM-DD).
    """

    strap: str | None = None
    port: str | None = None
    profile: str | None = None
    route: str | None = None
    level_cc: int | None = None
    loudness_dba: float | None = None
    loudness_on: str | None = None
    played_level_ccs: Mapping[str, int] = field(default_factory=dict)


TYPES: Mapping[str, type | tuple[type, ...]] = {"level_cc": int, "loudness_dba": (int, float)}
"""The types of what is no text and no map."""
LEVEL_CONTROLLERS = (VOLUME, EXPRESSION)
"""Those that a synth may obey; another number in the file is none."""


def memory_path(room: str) -> Path:
    """Where a room's memory lies. Raises UsageError for a room name that is no name."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", room):
        raise UsageError(f"--room {room!r}: a room's name has 1 to 32 letters, digits, - and _.")
    return _folder() / f"{room}.json"


def _folder() -> Path:
    return Path(platformdirs.user_config_dir("calando")) / "rooms"


def level_controllers(port: str) -> tuple[int, ...]:
    """The level controllers that this user's rooms moved on a MIDI port and left at 0; none where none is known.

    ``port`` is its name, with or without ALSA's numbers.
    """
    moved = [each.played_level_ccs.items() for each in map(_read, _folder().glob("*.json"))]
    wanted = plain_name(port).lower()
    return tuple(sorted({number for items in moved for name, number in items if name.lower() == wanted}))


def meant_ports(remembered: str, names: Sequence[str]) -> tuple[str, ...]:
    """Which of these ports a room's is: the same name, else part of one, whatever the case and ALSA's numbers.

    What is ``remembered`` may have options after a ``?``; none is meant by an empty one.
    """
    wanted = _bare(remembered).lower()
    there = {each: plain_name(each).lower() for each in names} if wanted else {}
    whole = tuple(each for each, plain in there.items() if plain == wanted)
    return whole or tuple(each for each, plain in there.items() if wanted in plain)


def recall(room: str) -> RoomMemory:
    """What the room remembers; nothing where there is no memory or it cannot be read."""
    return _read(memory_path(room))


def _read(path: Path) -> RoomMemory:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return RoomMemory()
    if not isinstance(found, dict):
        return RoomMemory()
    named: dict[str, Any] = {each.name: found.get(each.name) for each in fields(RoomMemory)}
    kept: dict[str, Any] = {name: value for name, value in named.items() if isinstance(value, TYPES.get(name, str))}
    if not _is_level_controller(kept.get("level_cc")):
        kept.pop("level_cc", None)
    return RoomMemory(**{**kept, "played_level_ccs": _played(found)})


def _played(found: Mapping[str, object]) -> dict[str, int]:
    """The level controller of each port. An older file has only one, ``played_level_cc``, of the port that it names."""
    port, told = found.get("port"), found.get("played_level_ccs")
    older = {port: found.get("played_level_cc")} if isinstance(port, str) else {}
    everything: dict[str, Any] = {**older, **(told if isinstance(told, dict) else {})}
    return {_bare(name): number for name, number in everything.items() if _is_level_controller(number)}


def _bare(port: str) -> str:
    """A port's plain name without the options that may follow it."""
    return plain_name(port.partition("?")[0])


def _is_level_controller(number: object) -> bool:
    return type(number) is int and number in LEVEL_CONTROLLERS


def remember(
    room: str,
    *,
    strap: str | None = None,
    port: str | None = None,
    profile: str | None = None,
    route: str | None = None,
    level_cc: int | None = None,
    loudness_dba: float | None = None,
    loudness_on: str | None = None,
    played_level_ccs: Mapping[str, int] | None = None,
) -> None:
    """Keep what was chosen; what is None stays as it was, and so does a port that ``played_level_ccs`` does not name.

    Raises OSError where it cannot be kept.
    """
    before = recall(room)
    played = {**before.played_level_ccs, **(played_level_ccs or {})}
    given = RoomMemory(strap, port, profile, route, level_cc, loudness_dba, loudness_on, played)
    after = replace(before, **{name: value for name, value in asdict(given).items() if value})
    if after == before:
        return
    path = memory_path(room)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(after)))
