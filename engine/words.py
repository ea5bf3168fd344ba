"""Small help with words: what somebody may have meant, and times as people read them."""

import difflib
import re
from collections.abc import Sequence


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """``, did you mean 'x'?`` for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f", did you mean '{near[0]}'?" if near else ""


def instead(word: str, known: Sequence[str]) -> str:
    """How a sentence of an unknown word ends: the nearest known one as a question, else all that may stand there."""
    return did_you_mean(word, known) or f"; here may stand {', '.join(known)}."


CLOCK_FACE = r"(?P<minutes>\d{1,3}):(?P<seconds>[0-5]\d)"
"""The pattern of ``MM:SS`` as people write it."""


def seconds_of(match: re.Match[str]) -> int:
    """What a match of ``CLOCK_FACE`` says, in seconds."""
    return int(match["minutes"]) * 60 + int(match["seconds"])


def clock_face(time_s: float) -> str:
    """Seconds as ``MM:SS``, minutes running past 59."""
    minutes, seconds = divmod(int(time_s), 60)
    return f"{minutes:02d}:{seconds:02d}"
