"""What a strap makes of the heart's beats: the packets it sends once a second, and everything that goes wrong."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sensors.heart import TICKS_PER_SECOND, Contact, HeartPacket, Link, LinkState, SourceEvent
from sensors.simulation.happenings import Fault, FaultKind

_RADIO_JITTER_S = 0.05
_FIELD_SHARE = 0.2
"""How far one beat moves the strap's own, smoothed heart-rate field."""
_LONGEST_RR_TICKS = 4 * TICKS_PER_SECOND
"""Beyond this a strap starts anew and does not report the interval."""

_LINK_OF: Mapping[FaultKind, tuple[Link, float, str]] = {
    FaultKind.LOST: (Link.LOST, 0.0, "the strap went out of range"),
    FaultKind.STALLED: (Link.STALLED, 5.0, "connected, but nothing has come for 5 s"),
    FaultKind.NO_CONTACT: (Link.NO_CONTACT, 0.0, "the strap says that it does not touch skin"),
    FaultKind.HR_ONLY: (Link.STREAMING_HR_ONLY, 10.0, "heart rate comes, but no RR intervals for 10 s"),
}


class SimulatedStrap:
    """Turns R peaks into what a receiver gets, second by second."""

    def __init__(self, seed: int) -> None:
        self._air = random.Random(f"{seed}/air")
        self._motion = random.Random(f"{seed}/motion")
        self._last_peak_ticks: int | None = None
        self._field_bpm = 0.0
        self._link: Link | None = None
        self._frozen: HeartPacket | None = None
        self._held: list[HeartPacket] = []

    def second(
        self, at_s: float, peaks_s: Sequence[float], faults: Sequence[Fault], *, tells_contact: bool
    ) -> list[SourceEvent]:
        """Everything that arrives for the second that ends at ``at_s``."""
        active = {fault.kind: for_s for fault in faults if (for_s := fault.active_for_s(at_s)) is not None}
        rr_ticks = self._intervals(self._moved(peaks_s) if FaultKind.MOTION in active else peaks_s)
        contact = Contact.PRESENT if tells_contact else Contact.UNSUPPORTED
        arrival_s = at_s + self._air.random() * _RADIO_JITTER_S
        packet = HeartPacket(arrival_s, round(self._field_bpm), rr_ticks, contact)
        sent = self._spoiled(packet, active)
        return [*self._link_change(arrival_s, active), *self._delivered(sent, late=FaultKind.LATE in active)]

    def _intervals(self, peaks_s: Sequence[float]) -> tuple[int, ...]:
        found = []
        for peak_s in peaks_s:
            peak_ticks = round(peak_s * TICKS_PER_SECOND)
            if self._last_peak_ticks is not None:
                rr_ticks = peak_ticks - self._last_peak_ticks
                if rr_ticks < _LONGEST_RR_TICKS:
                    found.append(rr_ticks)
                    self._average(rr_ticks)
            self._last_peak_ticks = peak_ticks
        return tuple(found)

    def _average(self, rr_ticks: int) -> None:
        now_bpm = 60.0 * TICKS_PER_SECOND / rr_ticks
        self._field_bpm += (now_bpm - self._field_bpm) * (_FIELD_SHARE if self._field_bpm else 1.0)

    def _moved(self, peaks_s: Sequence[float]) -> list[float]:
        """Motion: about one peak in six is not seen, one is misplaced, and now and then there is one too many."""
        seen: list[float] = []
        for peak_s in peaks_s:
            luck, shift_s = self._motion.random(), self._motion.uniform(-0.14, 0.14)
            if luck < 1 / 6:
                continue
            if luck > 7 / 8:
                seen.append(peak_s - 0.3)
            seen.append(peak_s + shift_s if luck < 1 / 3 else peak_s)
        last_s = (self._last_peak_ticks or 0) / TICKS_PER_SECOND
        return [peak_s for before_s, peak_s in zip([last_s, *seen], seen, strict=False) if peak_s > before_s + 0.1]

    def _link_change(self, at_s: float, active: Mapping[FaultKind, float]) -> list[LinkState]:
        link, why = Link.STREAMING_RR, "heart rate and RR intervals come"
        for kind, (fault_link, after_s, fault_why) in _LINK_OF.items():
            if active.get(kind, -1.0) >= after_s:
                link, why = fault_link, fault_why
                break
        if link is self._link:
            return []
        self._link = link
        return [LinkState(at_s, link, why)]

    def _delivered(self, packet: HeartPacket | None, *, late: bool) -> list[HeartPacket]:
        if packet is None:
            return []
        if late:
            self._held.append(packet)
            return []
        burst = [replace(held, arrival_s=packet.arrival_s) for held in self._held]
        self._held = []
        return [*burst, packet]

    def _spoiled(self, packet: HeartPacket, active: Mapping[FaultKind, float]) -> HeartPacket | None:
        if FaultKind.OFF_BODY not in active:
            self._frozen = None
        else:
            packet = self._freeze(packet)
        if FaultKind.NO_CONTACT in active:
            packet = self._lose_contact(packet)
        if FaultKind.HR_ONLY in active:
            packet = replace(packet, rr_ticks=())
        return None if active.keys() & {FaultKind.LOST, FaultKind.STALLED} else packet

    def _freeze(self, packet: HeartPacket) -> HeartPacket:
        if self._frozen is None:
            rr_ticks = packet.rr_ticks[-1:] or (round(60.0 * TICKS_PER_SECOND / max(30, packet.hr_bpm)),)
            self._frozen = replace(packet, rr_ticks=rr_ticks)
        return replace(self._frozen, arrival_s=packet.arrival_s)

    def _lose_contact(self, packet: HeartPacket) -> HeartPacket:
        self._last_peak_ticks, self._field_bpm = None, 0.0
        return replace(packet, hr_bpm=0, rr_ticks=(), contact=Contact.ABSENT)
