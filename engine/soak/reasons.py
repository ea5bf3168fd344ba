"""Why a guardian may fall silent by itself: known from what was done to it, and not from what it says."""

import math
from collections import deque

MISSING_S = 0.7
"""A heartbeat comes every 250 ms while the engine lives; one that is missing for a second was last due so long ago."""

STORM_LINES = 50
STORM_S = 10.0
"""More than so many unreadable lines within so long are a reason."""


class Reasons:
    """What speaks for a silence that nobody asked for."""

    def __init__(self) -> None:
        self._lived_s = -math.inf
        self._nonsense: deque[float] = deque(maxlen=STORM_LINES + 1)

    def lives(self, now_s: float) -> None:
        """The engine's control tick went by."""
        self._lived_s = now_s

    def nonsense(self, now_s: float) -> None:
        """A line that nobody could read was sent."""
        self._nonsense.append(now_s)

    def known(self, now_s: float) -> bool:
        """Whether there is one now."""
        storm = len(self._nonsense) > STORM_LINES and now_s - self._nonsense[0] <= STORM_S
        return storm or now_s - self._lived_s >= MISSING_S
