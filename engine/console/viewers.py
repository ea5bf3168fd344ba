"""Everyone who looks at a room: each gets the newest state and every answer to what they asked, and none waits."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from engine.console.messages import Ask

MOST_ANSWERS = 128
ASKS_PER_S = 10.0
ASKS_AT_ONCE = 30


class Role(StrEnum):
    """What a viewer may do."""

    VIEW = "view"
    CONTROL = "control"


def compact(value: object) -> str:
    """Plain values as compact JSON."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


@dataclass(slots=True, eq=False)
class Viewer:
    """One open page. A slow one loses states, the oldest first, never an answer of the last 128."""

    role: Role
    by: str
    """Which control their acts come from: the room's own page, or a paired tablet."""
    _answers: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_ANSWERS))
    _state: str | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _allowance: float = ASKS_AT_ONCE
    _asked_s: float = 0.0

    def show(self, state: str) -> None:
        """Put the newest state in the place of one that was not sent yet."""
        self._state = state
        self._wake.set()

    def tell(self, message: dict[str, object]) -> None:
        """Queue something that must arrive."""
        self._answers.append(compact(message))
        self._wake.set()

    def answer(self, ask: Ask, state: str, **more: object) -> None:
        """Say how it stands with what was asked: *done*, *recorded* or *refused*."""
        self.tell({"answer": {"id": ask.id, "state": state, **more}})

    async def next_messages(self) -> list[str]:
        """What there is to send, once there is something."""
        await self._wake.wait()
        self._wake.clear()
        messages = [*self._answers, *([self._state] if self._state else ())]
        self._answers.clear()
        self._state = None
        return messages

    def may_ask(self, now_s: float) -> bool:
        """Whether one more message is no flood; a person cannot press so fast."""
        self._allowance = min(ASKS_AT_ONCE, self._allowance + (now_s - self._asked_s) * ASKS_PER_S)
        self._asked_s = now_s
        self._allowance -= 1
        return self._allowance >= 0
