"""What hearts have in common that another program tells of, in numbers instead of a strap's bytes."""

from collections.abc import Iterable

from sensors.heart import RR_TICKS_PER_SECOND, HeartPacket

LONGEST_RR_MS = 0xFFFF * 1000 / RR_TICKS_PER_SECOND
"""The longest interval that fits a packet."""
FASTEST_BPM = 300


class MissingExtraError(Exception):
    """The library for a kind of heart is not installed; the text is one sentence with the command that installs it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs a library that is not here: install it with pip install 'calando[{extra}]'")


def packet_of(arrival_s: float, rr_ms: Iterable[float], hr_bpm: float | None) -> HeartPacket | None:
    """Intervals in milliseconds, oldest first, and a heart rate where there is one, as a packet.

    Numbers that can be neither (not finite, below 1 ms, above what a packet holds or 300 bpm) are passed over; None
    where nothing is left. A heart rate of 0 says "no valid reading"; one that is missing is that of the last interval.
    """
    rr_ticks = tuple(max(1, round(rr * RR_TICKS_PER_SECOND / 1000)) for rr in rr_ms if 1 <= rr <= LONGEST_RR_MS)
    if hr_bpm is not None and 0 <= hr_bpm <= FASTEST_BPM:
        return HeartPacket(arrival_s, round(hr_bpm), rr_ticks)
    if rr_ticks:
        last_bpm = round(60 * RR_TICKS_PER_SECOND / rr_ticks[-1])
        return HeartPacket(arrival_s, max(1, min(FASTEST_BPM, last_bpm)), rr_ticks)
    return None


class RatePace:
    """Programs may send a heart rate with every frame they draw: without intervals it is heard twice a second."""

    def __init__(self, every_s: float = 0.5) -> None:
        self._every_s = every_s
        self._heard_s: float | None = None

    def wants(self, packet: HeartPacket) -> bool:
        """Whether to hear this packet; each that brings intervals is heard."""
        early = self._heard_s is not None and packet.arrival_s < self._heard_s + self._every_s
        if early and not packet.rr_ticks:
            return False
        self._heard_s = packet.arrival_s
        return True
