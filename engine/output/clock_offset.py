"""How far the guardian's clock is from the engine's, by pings. Standard library only."""

from collections import deque

OTHER_CLOCK_S = 0.02
"""Clocks further apart than this are two clocks; due times are then told on the guardian's."""

RECENT_PONGS = 8
"""Of so many the one with the shortest round trip is believed (the clock filter of NTP, RFC 5905, section 10)."""


class ClockOffset:
    """What the guardian's clock shows beyond the engine's, ``seconds``: 0 until pongs prove that they are two.

    A pong tells the guardian's time at some moment between its ping and its reading. Taken for the middle it errs by up
    to half the round trip, so an engine that reads late proves nothing: on one clock no answer, however slow, is
    further from the middle than that.
    """

    def __init__(self) -> None:
        self._pongs: deque[tuple[float, float]] = deque(maxlen=RECENT_PONGS)
        self.seconds = 0.0

    def pong(self, sent_s: float, at_s: float, read_s: float) -> None:
        """The guardian's clock stood at ``at_s`` between two moments of the engine's."""
        self._pongs.append((read_s - sent_s, at_s - (sent_s + read_s) / 2))
        round_trip_s, apart_s = min(self._pongs)
        self.seconds = apart_s if abs(apart_s) > round_trip_s / 2 + OTHER_CLOCK_S else 0.0
