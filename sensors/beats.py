"""Packets in, judged and timed beats out: what the rest of the house may believe of a heart."""

from collections import deque
from math import inf

from sensors.artefacts import ArtefactJudge, Judged, plausible
from sensors.beat_clock import BeatClock
from sensors.heart import TICKS_PER_SECOND, Beat, Contact, HeartPacket, Link, LinkState, Verdict

HR_ONLY_AFTER_S = 10.0
LOW_QUALITY = 0.9
FROZEN_TICKS = 4
FROZEN_INTERVALS = 30
FROZEN_HR_S = 120.0


class BeatStream:
    """One heart's packets and link states in, in order of arrival; judged beats out, at most two beats late."""

    def __init__(self) -> None:
        self._judge = ArtefactJudge()
        self._clock = BeatClock()
        self._times: deque[float] = deque()
        self._ready: list[Beat] = []
        self._good: deque[tuple[float, float]] = deque()
        self._first_s: float | None = None
        self._last_rr_s = -inf
        self._last_hr_s = -inf
        self._rr_silent_since_s: float | None = None

    @property
    def hr_only(self) -> bool:
        """Whether the source sends heart rates but no intervals (none for 10 s)."""
        silent_s = self._rr_silent_since_s
        return silent_s is not None and self._last_hr_s - silent_s >= HR_ONLY_AFTER_S

    def hear(self, packet: HeartPacket) -> tuple[Beat, ...]:
        """Take a packet; give the beats whose verdict has become certain."""
        self._first_s = packet.arrival_s if self._first_s is None else self._first_s
        if packet.hr_bpm == 0 or packet.contact is Contact.ABSENT:
            self._gap()
            return self._take()
        self._last_hr_s = packet.arrival_s
        if not packet.rr_ticks:
            if self._rr_silent_since_s is None:
                self._rr_silent_since_s = packet.arrival_s
            return self._take()
        self._rr_silent_since_s = None
        if any(map(plausible, packet.rr_ticks)):
            self._last_rr_s = packet.arrival_s
        self._times.extend(self._clock.place(packet.arrival_s, tuple(t / TICKS_PER_SECOND for t in packet.rr_ticks)))
        for rr_ticks in packet.rr_ticks:
            self._emit(self._judge.hear(rr_ticks))
        return self._take()

    def link(self, state: LinkState) -> None:
        """Take a change of the link: anything but streaming is a gap, across which nothing is joined."""
        if state.link is not Link.STREAMING_RR:
            self._gap()

    def data_age_s(self, now_s: float) -> float:
        """Seconds since the arrival of the last packet that told something; infinite before the first."""
        return now_s - (self._last_hr_s if self.hr_only else self._last_rr_s)

    def frozen(self, now_s: float) -> bool:
        """Whether the source only repeats itself."""
        return False

    def quality(self, now_s: float, window_s: float) -> float:
        """The good share, 0..1, of the last ``window_s`` seconds (up to 60)."""
        if self._first_s is None:
            return 0.0
        if self.hr_only:
            return 1.0 if self.data_age_s(now_s) <= 3.0 else 0.0
        span_s = max(1.0, min(window_s, now_s - self._first_s) - 3.0)
        good_s = sum(rr_s for time_s, rr_s in self._good if time_s > now_s - window_s)
        return min(1.0, good_s / span_s)

    def _gap(self) -> None:
        self._emit(self._judge.gap())
        self._clock.gap()

    def _emit(self, judged: tuple[Judged, ...]) -> None:
        for each in judged:
            time_s = self._times.popleft()
            self._ready.append(Beat(time_s, 0.1, each.rr_ticks, each.verdict, each.adjacent))
            if each.verdict is Verdict.GOOD:
                self._good.append((time_s, each.rr_ticks / TICKS_PER_SECOND))
                while self._good[0][0] < time_s - 60:
                    self._good.popleft()

    def _take(self) -> tuple[Beat, ...]:
        beats, self._ready = tuple(self._ready), []
        return beats
