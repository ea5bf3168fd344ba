"""What a strap makes of the heart's beats: the packets it sends once a second, and everything that goes wrong."""

import random
from collections.abc import Sequence, Set
from dataclasses import replace

from sensors.heart import RR_TICKS_PER_SECOND, Contact, HeartPacket, Link, LinkState, SourceEvent
from sensors.link_watch import Change, LinkWatch, Patience
from sensors.simulation.happenings import Fault, FaultKind

_RADIO_JITTER_S = 0.05
_FIELD_SHARE = 0.2
"""How far one beat moves the strap's own, smoothed heart-rate field."""
_LONGEST_RR_TICKS = 4 * RR_TICKS_PER_SECOND
"""Beyond this a strap starts anew and does not report the interval."""

_SHORTEST_SEEN_S = 0.2
"""A strap does not look for another peak sooner after one."""
_LOST = (Link.LOST, "the strap went out of range")


def _misread(peak_s: float, luck: float, shift_s: float) -> Sequence[float]:
    """What a shaken electrode makes of one peak, ``luck`` deciding."""
    if luck < 1 / 8:
        return ()
    if luck < 2 / 8:
        return (peak_s + shift_s,)
    if luck < 3 / 8:
        return (peak_s - 0.3, peak_s)
    return (peak_s,)


class SimulatedStrap:
    """Turns R peaks into what a receiver gets, second by second."""

    def __init__(self, seed: int) -> None:
        self._air = random.Random(f"{seed}/air")
        self._motion = random.Random(f"{seed}/motion")
        self._last_peak_ticks: int | None = None
        self._field_bpm = 0.0
        self._watch: LinkWatch | None = None
        self._packet_s = 0.0
        self._link: Link | None = None
        self._frozen: HeartPacket | None = None
        self._held: list[HeartPacket] = []

    def second(
        self, at_s: float, peaks_s: Sequence[float], faults: Sequence[Fault], *, tells_contact: bool
    ) -> list[SourceEvent]:
        """Everything that arrives for the second that ends at ``at_s``."""
        active = {fault.kind for fault in faults if fault.active_at(at_s)}
        rr_ticks = self._intervals(self._moved(peaks_s) if FaultKind.MOTION in active else peaks_s)
        contact = Contact.PRESENT if tells_contact else Contact.UNSUPPORTED
        arrival_s = at_s + self._air.random() * _RADIO_JITTER_S
        packet = HeartPacket(arrival_s, round(self._field_bpm), rr_ticks, contact)
        sent = self._spoiled(packet, active)
        packets = self._delivered(sent, late=FaultKind.LATE in active)
        return [*self._link_change(arrival_s, packets, lost=FaultKind.LOST in active), *packets]

    def _intervals(self, peaks_s: Sequence[float]) -> tuple[int, ...]:
        found = []
        for peak_s in peaks_s:
            peak_ticks = round(peak_s * RR_TICKS_PER_SECOND)
            if self._last_peak_ticks is not None:
                rr_ticks = peak_ticks - self._last_peak_ticks
                if rr_ticks < _LONGEST_RR_TICKS:
                    found.append(rr_ticks)
                    self._average(rr_ticks)
            self._last_peak_ticks = peak_ticks
        return tuple(found)

    def _average(self, rr_ticks: int) -> None:
        now_bpm = 60.0 * RR_TICKS_PER_SECOND / rr_ticks
        self._field_bpm += (now_bpm - self._field_bpm) * (_FIELD_SHARE if self._field_bpm else 1.0)

    def _moved(self, peaks_s: Sequence[float]) -> list[float]:
        """Motion: of eight peaks about one is not seen, one is misplaced, and one has a false one before it."""
        seen_s = (self._last_peak_ticks or 0) / RR_TICKS_PER_SECOND
        found: list[float] = []
        for peak_s in peaks_s:
            luck, shift_s = self._motion.random(), self._motion.uniform(-0.14, 0.14)
            for marked_s in _misread(peak_s, luck, shift_s):
                if marked_s > seen_s + _SHORTEST_SEEN_S:
                    found.append(marked_s)
                    seen_s = marked_s
        return found

    def _link_change(self, at_s: float, packets: Sequence[HeartPacket], *, lost: bool) -> list[LinkState]:
        change: Change | None = None
        if lost:
            self._watch, change = None, _LOST
        elif packets:
            self._watch = self._watch or LinkWatch(Patience(), at_s)
            self._packet_s = at_s
            change = [self._watch.hear(packet) for packet in packets][-1]
        elif self._watch and at_s - self._packet_s >= self._watch.stall_s:
            change = Link.STALLED, "connected, but nothing comes"
        if change is None or change[0] is self._link:
            return []
        self._link = change[0]
        return [LinkState(at_s, *change)]

    def _delivered(self, packet: HeartPacket | None, *, late: bool) -> list[HeartPacket]:
        if packet is None:
            return []
        if late:
            self._held.append(packet)
            return []
        burst = [replace(held, arrival_s=packet.arrival_s) for held in self._held]
        self._held = []
        return [*burst, packet]

    def _spoiled(self, packet: HeartPacket, active: Set[FaultKind]) -> HeartPacket | None:
        if FaultKind.OFF_BODY not in active:
            self._frozen = None
        else:
            packet = self._freeze(packet)
        if FaultKind.NO_CONTACT in active:
            packet = self._lose_contact(packet)
        if FaultKind.HR_ONLY in active:
            packet = replace(packet, rr_ticks=())
        return None if active & {FaultKind.LOST, FaultKind.STALLED} else packet

    def _freeze(self, packet: HeartPacket) -> HeartPacket:
        if self._frozen is None:
            rr_ticks = packet.rr_ticks[-1:] or (round(60.0 * RR_TICKS_PER_SECOND / max(30, packet.hr_bpm)),)
            self._frozen = replace(packet, rr_ticks=rr_ticks)
        return replace(self._frozen, arrival_s=packet.arrival_s)

    def _lose_contact(self, packet: HeartPacket) -> HeartPacket:
        self._last_peak_ticks, self._field_bpm = None, 0.0
        return replace(packet, hr_bpm=0, rr_ticks=(), contact=Contact.ABSENT)
