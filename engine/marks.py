"""``--mark MM:SS=dose``: a person's act, said beforehand."""

import math
import re

from engine.errors import UsageError
from engine.inputs import VALUES, Act
from engine.offline import Mark
from engine.words import CLOCK_FACE, instead, seconds_of

ACTS = [act for act in Act if act is not Act.UNDO]
"""What can be said beforehand: all that a person does but taking back, which names what was done."""

_FORM = re.compile(CLOCK_FACE + r"=(?P<act>[a-z_-]+)(?:\((?P<value>[^()]*)\))?")


def parse_mark(text: str) -> Mark:
    """``12:30=cuff`` or ``40:00=extend(10)``. Raises UsageError with one sentence."""
    match = _FORM.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(f"--mark {text!r} is not MM:SS=ACT; write for example --mark 05:00=dose.")
    name = match["act"].replace("-", "_")
    if name not in ACTS:
        raise UsageError(f"--mark {text!r}: nobody can do {name!r}{instead(name, ACTS)}")
    return Mark(float(seconds_of(match)), Act(name), _value(text, Act(name), match["value"]))


def _value(text: str, act: Act, said: str | None) -> float | None:
    """What stands in brackets, within the bounds of the act."""
    if said is None and act is not Act.CEILING:
        return None
    if act not in VALUES:
        raise UsageError(f"--mark {text!r}: {act} takes no value; leave the brackets out.")
    least, most = VALUES[act]
    try:
        value = float(said or "nan")
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise UsageError(f"--mark {text!r}: {act} takes a value from {least:g} to {most:g}, as in {act}({most:g}).")
    return value
