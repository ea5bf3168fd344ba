"""What goes out over the link: a topic of this room and plain JSON values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

LONGEST_ANSWER_S = 10
"""An answer that nobody fetched for so long is of no use to anybody."""


class Keeps(StrEnum):
    """What a broken link does with it: of a value only the newest counts, an event is one of a bounded queue."""

    VALUE = "value"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Publication:
    """One message: ``topic`` is whole, ``payload`` JSON values; ``correlation`` is the request it answers."""

    topic: str
    payload: Mapping[str, object]
    keeps: Keeps = Keeps.VALUE
    retain: bool = False
    at_least_once: bool = False
    correlation: str | None = None

    @property
    def body(self) -> bytes:
        """The payload as it is sent; what is no number (no heartbeat yet) is null."""
        return json.dumps(_finite(self.payload), separators=(",", ":"), allow_nan=False).encode()


def _finite(value: object) -> object:
    if isinstance(value, float):
        return round(value, 3) if abs(value) < float("inf") else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value


@dataclass(frozen=True, slots=True)
class Topics:
    """The tree below ``calando/v1/SITE/ROOM``."""

    site: str
    room: str

    @property
    def root(self) -> str:
        """Where everything of this room lies."""
        return f"calando/v1/{self.site}/{self.room}"

    def of(self, name: str) -> str:
        """A topic of this room."""
        return f"{self.root}/{name}"

    @property
    def requests(self) -> str:
        """What this room listens to."""
        return self.of("cmd/+")

    def verb(self, topic: str) -> str | None:
        """The verb of a request; None where the topic is no request to this room."""
        prefix = self.of("cmd/")
        verb = topic.removeprefix(prefix)
        return verb if topic.startswith(prefix) and verb and "/" not in verb else None
