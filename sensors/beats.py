"""Packets in, judged and timed beats out: what the rest of the house may believe of a heart."""

from collections import deque

from sensors.artefacts import ArtefactJudge, Judged, plausible
from sensors.beat_clock import BeatClock
from sensors.coverage import Coverage
from sensors.data_age import DataAge
from sensors.heart import RR_TICKS_PER_SECOND, Beat, Contact, HeartPacket, Link, LinkState, Verdict

_HR_COVERS_S = 3.0
"""A heart rate alone speaks for the time since the one before it, for so long at most."""

_GAPS = {Link.SEARCHING, Link.CONNECTING, Link.STREAMING_HR_ONLY, Link.NO_CONTACT, Link.LOST}


class BeatStream:
    """One heart's packets and link states in, in order of arrival; judged beats out, at most two beats late.

    Pure: time comes in with packets and questions. Nothing is invented, repaired or repeated: an interval that cannot
    be believed is given with its verdict, and across it, or across a gap, no beat is ``adjacent``.
    """

    def __init__(self) -> None:
        self._judge = ArtefactJudge()
        self._clock = BeatClock()
        self._age = DataAge()
        self._beats = Coverage()
        self._rates = Coverage()
        self._placed: deque[tuple[float, float]] = deque()
        self._ready: list[Beat] = []
        self._last_rate_s: float | None = None

    @property
    def hr_only(self) -> bool:
        """Whether the source sends heart rates but no intervals: none for 10 s."""
        return self._age.hr_only

    @property
    def lost_s(self) -> float:
        """Seconds of beats, in all, that were lost unseen: the clock tells of them, the intervals do not."""
        return self._clock.lost_s

    def hear(self, packet: HeartPacket) -> tuple[Beat, ...]:
        """Take a packet; give the beats whose verdict has become certain.

        A packet without contact, or with heart rate 0, tells nothing and is a gap; its intervals are not heard.
        """
        if packet.hr_bpm <= 0 or packet.contact is Contact.ABSENT:
            self._gap()
        elif packet.rr_ticks:
            self._hear_intervals(packet)
        else:
            self._hear_rate(packet)
        if not self._ready:
            return ()
        beats, self._ready = tuple(self._ready), []
        return beats

    def link(self, state: LinkState) -> None:
        """Take a change of the link: where it was lost is a gap; across a stall only no difference is taken."""
        if state.link in _GAPS:
            self._gap()
        elif state.link is Link.STALLED:
            self._judge.part()

    def data_age_s(self, now_s: float) -> float:
        """Seconds since the last packet that told something arrived; infinite before the first.

        It told something if it held a plausible interval, or from a heart-rate-only source a rate above 0. A frozen
        source ages from its first repeat.
        """
        return self._age.age_s(now_s)

    def frozen(self, now_s: float) -> bool:
        """Whether by ``now_s`` the source only repeats itself: 30 intervals within 4 ms, or one rate for 120 s."""
        since_s = self._age.frozen_since_s
        return since_s is not None and since_s <= now_s

    def quality(self, now_s: float, window_s: float) -> float:
        """The good share, 0..1, of the last ``window_s`` seconds (up to 60), from the first data on; 0 while frozen."""
        if self.frozen(now_s):
            return 0.0
        return (self._rates if self._age.hr_only else self._beats).share(now_s, window_s)

    def _hear_intervals(self, packet: HeartPacket) -> None:
        believable = tuple(filter(plausible, packet.rr_ticks))
        if believable:
            self._age.intervals(packet.arrival_s, believable)
        times_s = self._clock.place(packet.arrival_s, tuple(each / RR_TICKS_PER_SECOND for each in packet.rr_ticks))
        if self._clock.doubtful:
            self._judge.part()
        uncertainty_s = self._clock.uncertainty_s
        for time_s, rr_ticks in zip(times_s, packet.rr_ticks, strict=True):
            self._placed.append((time_s, uncertainty_s))
            self._emit(self._judge.hear(rr_ticks))

    def _hear_rate(self, packet: HeartPacket) -> None:
        arrival_s = packet.arrival_s
        self._age.rate(arrival_s, packet.hr_bpm)
        since_s = arrival_s - (arrival_s - 1.0 if self._last_rate_s is None else self._last_rate_s)
        self._rates.add(arrival_s, min(since_s, _HR_COVERS_S), good=True)
        self._last_rate_s = arrival_s

    def _gap(self) -> None:
        self._emit(self._judge.gap())
        self._clock.gap()

    def _emit(self, judged: tuple[Judged, ...]) -> None:
        for each in judged:
            time_s, uncertainty_s = self._placed.popleft()
            good = each.verdict is Verdict.GOOD
            self._beats.add(time_s, each.rr_ticks / RR_TICKS_PER_SECOND, good=good)
            self._ready.append(Beat(time_s, uncertainty_s, each.rr_ticks, each.verdict, each.adjacent))
