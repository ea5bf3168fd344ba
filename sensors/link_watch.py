"""What a strap's packets say about its link: intervals or only a heart rate, skin contact, and how long is too long."""

from dataclasses import dataclass

from sensors.heart import Contact, HeartPacket, Link

Change = tuple[Link, str]
"""A state of the link and its reason in words."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what.

    ``stall_s``: without a packet, the link counts as stalled. A source that is slow by habit gets four of its own
    usual gaps, up to ``longest_stall_s``: watches send every one to five seconds. ``hr_only_s``: heart rate without
    an interval for so long means that none will come.
    """

    stall_s: float = 5.0
    longest_stall_s: float = 20.0
    hr_only_s: float = 10.0


class LinkWatch:
    """Follows one connection, from the moment it is subscribed."""

    def __init__(self, patience: Patience, subscribed_s: float) -> None:
        self._patience = patience
        self._rr_s = subscribed_s
        self._packet_s: float | None = None
        self._usual_gap_s = 0.0
        self._hr_only = False

    @property
    def stall_s(self) -> float:
        """How long after the last packet the link is stalled."""
        return max(self._patience.stall_s, min(4 * self._usual_gap_s, self._patience.longest_stall_s))

    def hear(self, packet: HeartPacket) -> Change | None:
        """The state that this packet shows; None where it shows nothing new."""
        self._learn_pace(packet.arrival_s)
        if packet.contact is Contact.ABSENT:
            return self._without_heart("the strap does not feel the skin: moisten it and pull it tight")
        if packet.rr_ticks:
            self._rr_s = packet.arrival_s
            self._hr_only = False
            return Link.STREAMING_RR, "single beats arrive"
        if packet.hr_bpm == 0:
            return self._without_heart("the strap finds no heartbeat: moisten it and pull it tight")
        self._hr_only = self._hr_only or packet.arrival_s - self._rr_s >= self._patience.hr_only_s
        return (Link.STREAMING_HR_ONLY, "a heart rate arrives, but no single beats") if self._hr_only else None

    def _without_heart(self, why: str) -> Change:
        """Off the body no interval can come: that time does not count as time without one."""
        if self._packet_s is not None:
            self._rr_s = self._packet_s
        return Link.NO_CONTACT, why

    def _learn_pace(self, arrival_s: float) -> None:
        if self._packet_s is not None:
            gap_s = arrival_s - self._packet_s
            self._usual_gap_s += (gap_s - self._usual_gap_s) / 4
        self._packet_s = arrival_s
