"""``--mark MM:SS=dose``: a person's act, said beforehand."""

import math
import re

from engine.errors import UsageError
from engine.inputs import VALUES, Act
from engine.offline import Mark
from engine.words import did_you_mean

ACTS = [act for act in Act if act is not Act.UNDO]
"""What can be said beforehand: all that a person does but taking back, which names what was done."""

_FORM = re.compile(r"(?P<minutes>\d{1,3}):(?P<seconds>[0-5]\d)=(?P<act>[a-z_-]+)(?:\((?P<value>[^()]*)\))?")


def parse_mark(text: str) -> Mark:
    """``12:30=cuff`` or ``40:00=extend(10)``. Raises UsageError with one sentence."""
    match = _FORM.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(f"--mark {text!r} is not MM:SS=ACT; write for example --mark 05:00=dose.")
    name = match["act"].replace("-", "_")
    if name not in ACTS:
        raise UsageError(f"--mark {text!r}: nobody can do {name!r}{did_you_mean(name, ACTS)}.")
    at_s = int(match["minutes"]) * 60.0 + int(match["seconds"])
    return Mark(at_s, Act(name), _value(text, Act(name), match["value"]))


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
