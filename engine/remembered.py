"""What a room remembers from one session to the next: its strap and its port. Never anything of a person."""

import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import platformdirs

from engine.errors import UsageError


@dataclass(frozen=True, slots=True)
class RoomMemory:
    """The strap as ``--heart ble:`` asks for it, and the MIDI port's name, as they were last chosen."""

    strap: str | None = None
    port: str | None = None


def memory_path(room: str) -> Path:
    """Where a room's memory lies. Raises UsageError for a room name that is no name."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", room):
        raise UsageError(f"--room {room!r}: a room's name has 1 to 32 letters, digits, - and _.")
    return Path(platformdirs.user_config_dir("calando")) / "rooms" / f"{room}.json"


def recall(room: str) -> RoomMemory:
    """What the room remembers; nothing where there is no memory or it cannot be read."""
    try:
        found = json.loads(memory_path(room).read_text())
    except (OSError, ValueError):
        return RoomMemory()
    known = {key: value for key, value in found.items() if key in {"strap", "port"} and isinstance(value, str)}
    return RoomMemory(**known)


def remember(room: str, *, strap: str | None = None, port: str | None = None) -> None:
    """Keep what was chosen; what is None stays as it was. Raises OSError where it cannot be kept."""
    before = recall(room)
    after = replace(before, strap=strap or before.strap, port=port or before.port)
    if after == before:
        return
    path = memory_path(room)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(after)))
