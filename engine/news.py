"""What a live room tells those who watch it, as it happens: one closed union, told on the event loop."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.inputs import Stamped
from engine.session import Folded


@dataclass(frozen=True, slots=True)
class RecordedUpTo:
    """The inputs up to number ``seq`` are on the disk."""

    seq: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something beside the music failed; one sentence for a person."""

    sentence: str


News = Stamped | Folded | RecordedUpTo | Trouble
"""An input that came in, a tick that was folded (with it every input stamped up to it is in force), a record kept."""

Hear = Callable[[News], None]
"""Receives news. It must return quickly and must not raise: it runs between two folds."""
