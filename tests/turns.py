"""How often an offset turns: what the ear would call hunting."""

from bisect import bisect_left
from collections.abc import Sequence


def turns(offsets: Sequence[float], worth: float) -> list[int]:
    """The seconds, of one offset a second, at which it turned, after a move of at least ``worth`` since the last."""
    found, last, rising = list[int](), offsets[0], True
    for second, offset in enumerate(offsets):
        if offset == last or (offset > last) == rising:
            last = offset
        elif abs(offset - last) >= worth:
            found.append(second)
            last, rising = offset, not rising
    return found


def most_turns_in_a_minute(offsets: Sequence[float], worth: float) -> int:
    """The most turns that any 60 s hold; two make one swing there and back."""
    moments = turns(offsets, worth)
    return max((bisect_left(moments, moment + 60) - number for number, moment in enumerate(moments)), default=0)
