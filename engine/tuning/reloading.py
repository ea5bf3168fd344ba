"""A profile reloaded while it plays: what is good takes its place, what is not leaves the last good one in force."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.attachment import RoomAccess
from engine.config import ConfigError, explain, load
from engine.config_words import as_written
from engine.inputs import Act, Command, ConfigChange
from engine.profile import Profile

BY = "tune"


@dataclass(slots=True)
class Reloader:
    """An attachment: at each of ``changes`` it reads the profile ``name`` (a path or a shipped name) again.

    Targets and response change at once, at the ordinary slews. Harmony, layers and the swell's depth are composed
    anew, so there the music is silenced and comes back from nothing; the save is the person's *play on*. The output's
    own settings stay as they were at the start.
    """

    playing: str
    profile: Profile
    changes: Callable[[], AsyncIterator[None]]
    tell: Callable[[str], None]
    name: str = "profile"
    _values: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self._values = values_of(self.playing)

    async def run(self, room: RoomAccess) -> None:
        """Reload until cancelled."""
        async for _ in self.changes():
            self.reload(room)

    def reload(self, room: RoomAccess) -> None:
        """Read the file now, and hand in what it says."""
        try:
            fresh, values = load(self.playing), values_of(self.playing)
        except ConfigError as error:
            self.tell(f"{error}\nThe last good profile stays in force.")
            return
        changed = differences(self._values, values)
        if not changed:
            return
        self._values = values
        self._take(fresh, room, changed)

    def _take(self, fresh: Profile, room: RoomAccess, changed: list[str]) -> None:
        before, kept = self.profile, fresh.model_copy(update={"output": self.profile.output})
        self.profile = kept
        room.submit(ConfigChange(kept.model_dump(mode="json")))
        begins = begins_anew(before, kept)
        if begins:
            room.submit(Command(Act.SILENCE, BY))
            room.submit(Command(Act.PLAY_ON, BY))
        self.tell(f"Reloaded: {'; '.join(changed)}. {_how(begins=begins, outputs=fresh.output != kept.output)}")


def values_of(name: str) -> dict[str, Any]:
    """Every value in force by its key. Raises ConfigError."""
    return {each.key: each.value for each in explain(name)}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What changed, a few words each, in the file's order."""
    keys = [*after, *(key for key in before if key not in after)]
    return [f"{key} {_said(before, key)} -> {_said(after, key)}" for key in keys if before.get(key) != after.get(key)]


def _said(values: Mapping[str, Any], key: str) -> str:
    return as_written(values[key]) if key in values else "none"


def begins_anew(before: Profile, after: Profile) -> bool:
    """True where the notes themselves are composed otherwise, which needs a start from silence."""
    return (before.harmony, before.layer, before.swell_db) != (after.harmony, after.layer, after.swell_db)


def _how(*, begins: bool, outputs: bool) -> str:
    how = "The music fades out and comes back composed anew." if begins else "The music walks there."
    return f"{how} [output] waits for the next start." if outputs else how
