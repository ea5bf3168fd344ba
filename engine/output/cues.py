"""What the session tells the guardian besides events: stop, and play on. Standard library only."""

from dataclasses import dataclass
from enum import StrEnum


class Stop(StrEnum):
    """The ways to fall silent; each fades by the guardian's gain and ends with all notes off."""

    SILENCE = "silence"
    END = "end"
    PAUSE = "pause"
    CRASH = "crash"


FADE_S = {Stop.SILENCE: 0.7, Stop.END: 8.0, Stop.PAUSE: 8.0, Stop.CRASH: 2.0}
"""How long each stop fades, seconds."""


@dataclass(frozen=True, slots=True)
class Cue:
    """At ``tick``: a stop, or (``stop`` None) a person's *play on*. Events from it on belong to ``epoch``."""

    tick: int
    epoch: int
    stop: Stop | None
