"""Who may ask a room for what over the link: three verbs, none of which raises anything, fresh and once.

Whatever else arrives is refused, in fixed words: nothing that a stranger sent is ever repeated anywhere.
"""

import json
import math
import re
from dataclasses import dataclass, field

from engine.inputs import Act
from engine.link.publication import Topics

VERBS = {"ease": Act.EASE, "stay": Act.STAY, "silence": Act.SILENCE}
LONGEST_BYTES = 1024
LONGEST_LIFE_S = 10.0
"""A request that is good for longer would fire long after whoever asked has gone; two clocks may differ this much."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_CLIENT = re.compile(r"[a-z0-9-]{1,32}")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came; ``retained`` where the broker kept it from before."""

    topic: str
    payload: bytes
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """An act that a client of the link asks for, to be answered under its ``id``."""

    id: str
    client: str
    act: Act


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is done; ``id`` and ``client`` where somebody can be told."""

    why: str
    id: str | None = None
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same request once more, as a link may deliver it: it is answered, not done again."""

    id: str
    client: str


@dataclass(slots=True)
class Doorkeeper:
    """Judges requests. It remembers the ids of requests until they would have expired anyway."""

    topics: Topics
    _seen: dict[tuple[str, str], float] = field(default_factory=dict)

    def judge(self, incoming: Incoming, unix_s: float) -> Request | Refusal | Repeated:
        """What to do about a message that came at ``unix_s``, in Unix seconds. Never raises."""
        verb = self.topics.verb(incoming.topic)
        if verb is None:
            return Refusal("not a request to this room")
        if incoming.retained:
            return Refusal("a retained request is never done")
        asked = _read(incoming.payload)
        if asked is None:
            return Refusal("not a request: a JSON object with id, by and expires_at")
        return self._judge(verb, asked, unix_s)

    def _judge(self, verb: str, asked: "_Asked", unix_s: float) -> Request | Refusal | Repeated:
        why = self._why_not(verb, asked, unix_s)
        if why:
            return Refusal(why, asked.id, asked.client)
        self._seen = {key: until_s for key, until_s in self._seen.items() if until_s > unix_s - LONGEST_LIFE_S}
        key = (asked.client, asked.id)
        if key in self._seen:
            return Repeated(asked.id, asked.client)
        self._seen[key] = asked.expires_s
        return Request(asked.id, asked.client, VERBS[verb])

    def _why_not(self, verb: str, asked: "_Asked", unix_s: float) -> str | None:
        if verb not in VERBS:
            return f"over the link a room can be asked for {', '.join(VERBS)} alone"
        if asked.expires_s <= unix_s:
            return "expired: sent too late, or the clocks differ"
        if asked.expires_s > unix_s + LONGEST_LIFE_S:
            return f"good for longer than {LONGEST_LIFE_S:.0f} s"
        if asked.reply_to is not None and asked.reply_to != self.topics.of(f"ack/{asked.client}"):
            return "answers go to this room's ack topic alone"
        return None


@dataclass(frozen=True, slots=True)
class _Asked:
    id: str
    client: str
    expires_s: float
    reply_to: str | None


def _read(payload: bytes) -> _Asked | None:
    if len(payload) > LONGEST_BYTES:
        return None
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    name, client, expires_s, reply_to = (told.get(key) for key in ("id", "by", "expires_at", "reply_to"))
    if not _matches(_NAME, name) or not _matches(_CLIENT, client) or not isinstance(reply_to, str | None):
        return None
    until_s = _number(expires_s)
    return None if until_s is None else _Asked(str(name), str(client), until_s, reply_to)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
