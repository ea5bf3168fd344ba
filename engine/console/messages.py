"""What a page may say to its room, decoded; nothing else is understood."""

import json
from dataclasses import dataclass

from engine.inputs import VALUES, Act

LONGEST_MESSAGE = 1024
LAST_ID = 2**31
STAFF_ACTS = frozenset(Act) - {Act.UNDO}
"""What a control on the page may ask by name; *undo* is asked with the number of what it takes back."""


class UnreadableError(ValueError):
    """A message that is none of ours; its text says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Press:
    """A control was pressed: ``id`` is the page's own number for it."""

    id: int
    act: Act
    value: float | None = None


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Undo the command that the room numbered ``seq``."""

    id: int
    seq: int


@dataclass(frozen=True, slots=True)
class TellStory:
    """A rehearsal: let this happen to the simulated listener."""

    id: int
    story: str


@dataclass(frozen=True, slots=True)
class SetUp:
    """A step of setting the room up; ``step`` names it, ``choices`` are its own to judge."""

    id: int
    step: str
    choices: dict[str, object]


Ask = Press | TakeBack | TellStory | SetUp


def read_ask(text: str) -> Ask:
    """Decode one message. Total: raises UnreadableError, and nothing else, for whatever is not one of ours."""
    if len(text) > LONGEST_MESSAGE:
        raise UnreadableError("The message is too long.")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableError("The message is no JSON.") from None
    match found:
        case {"id": int(number), "act": str(act), **rest} if _is_id(number) and rest.keys() <= {"value"}:
            return Press(number, *_acted(act, rest.get("value")))
        case {"id": int(number), "undo": int(seq), **rest} if _is_id(number) and _is_id(seq) and not rest:
            return TakeBack(number, seq)
        case {"id": int(number), "tell": str(story), **rest} if _is_id(number) and not rest:
            return TellStory(number, story[:64])
        case {"id": int(number), "setup": str(step), "choices": dict(choices), **rest} if _is_id(number) and not rest:
            return SetUp(number, step[:32], choices)
    raise UnreadableError("The message is none that this room knows.")


def _is_id(number: int) -> bool:
    return not isinstance(number, bool) and 0 <= number < LAST_ID


def _acted(name: str, value: object) -> tuple[Act, float | None]:
    if name not in STAFF_ACTS:
        raise UnreadableError("Nobody can do that.")
    act = Act(name)
    if value is None and act is not Act.CEILING:
        return act, None
    bounds = VALUES.get(act)
    if bounds is None or isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableError(f"{act} takes no such value.")
    if not bounds[0] <= value <= bounds[1]:
        raise UnreadableError(f"{act} takes a value from {bounds[0]:g} to {bounds[1]:g}.")
    return act, float(value)
