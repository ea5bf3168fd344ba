"""``--mark MM:SS=dose``: a person's act, said beforehand."""

import re

from engine.errors import UsageError
from engine.inputs import Act
from engine.offline import Mark
from engine.words import did_you_mean

_FORM = re.compile(r"(?P<minutes>\d{1,3}):(?P<seconds>[0-5]\d)=(?P<act>[a-z_-]+)(?:\((?P<value>[\d.]+)\))?")


def parse_mark(text: str) -> Mark:
    """``12:30=cuff`` or ``40:00=extend(10)``. Raises UsageError with one sentence."""
    match = _FORM.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(f"--mark {text!r} is not MM:SS=ACT; write for example --mark 05:00=dose.")
    name = match["act"].replace("-", "_")
    if name not in set(Act):
        raise UsageError(f"--mark {text!r}: nobody can do {name!r}{did_you_mean(name, list(Act))}.")
    at_s = int(match["minutes"]) * 60.0 + int(match["seconds"])
    return Mark(at_s, Act(name), float(match["value"]) if match["value"] else None)
