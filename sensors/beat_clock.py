"""Places RR intervals in time: their running sum, held under the lower envelope of the packets' arrivals.

A packet can be late, never early. So arrival minus running sum, taken at a packet's last beat, bounds the sum's true
offset from above, and the lowest such delay of the last minutes is close to it. The next beat was not in that packet,
so it ended after the packet was sent: that bounds the offset from below, and a clock that several packets in a row
contradict has missed beats. A strap's own constant latency (0.4 to 2.6 s by model) stays inside the offset.
"""

from collections import deque
from math import inf

ENVELOPE_S = 90.0
"""How long a delay counts: long enough for some packet to have been quick, short against a clock's drift."""

DOWN_S = 0.04
UP_S = 0.0002
"""How far the offset follows its envelope with each packet: down, slowly enough that time hardly stretches; up, no
faster than two clocks drift apart (200 ppm at a packet a second), for a packet that is late again proves nothing."""

SETTLING_PACKETS = 10
SETTLING_SHARE = 0.25
"""After an anchor the offset may fall by this share of each packet's intervals, until the envelope is known."""

CONTRADICTIONS = 3
CONTRADICTED_S = 0.15
BURST_S = 0.3
"""So many packets in a row, each so far beyond the lower bound, mean that beats were lost; but packets that arrive
closer together than this were held up, and a hold-up loses nothing. Soon after an anchor one less is enough: where
packets were lost, more are."""

DOUBTFUL_S = 0.3
"""A packet later than its neighbour by an interval and this may have lost its predecessor."""

FLOOR_S = 0.01
"""The beat's own resolution: radio slots and 1/1024 s never allow better."""


class BeatClock:
    """Beat times on the packets' clock: never backwards, anchored anew at each known gap, with their uncertainty.

    ``lost_s`` is the time, in all, that the arrivals tell of and the intervals do not: packets lost unseen.
    ``doubtful`` is True where beats may be missing before, or shortly before, the packet placed last.
    """

    def __init__(self) -> None:
        self.lost_s = 0.0
        self.doubtful = False
        self._sum_s = 0.0
        self._offset_s = 0.0
        self._packets = 0
        self._lowest: deque[tuple[float, float]] = deque()
        self._contradictions: list[float] = []
        self._arrival_s = -inf
        self._delay_s = -inf
        self._interval_s = 1.0
        self._last_s = -inf

    @property
    def uncertainty_s(self) -> float:
        """How far a beat's time may be off, beside the strap's constant latency: what the envelope may still fall."""
        return FLOOR_S + self._interval_s / (self._packets + 1) + self._contradicted_s

    @property
    def _contradicted_s(self) -> float:
        return max(0.0, min(self._contradictions) - self._offset_s) if self._contradictions else 0.0

    def gap(self) -> None:
        """Time passed that no interval tells of: the next packet anchors the clock anew."""
        self._packets = 0

    def place(self, arrival_s: float, rr_s: tuple[float, ...]) -> tuple[float, ...]:
        """The times of one packet's beats, each the end of its interval."""
        total_s = sum(rr_s)
        delay_s = arrival_s - self._sum_s - total_s
        if self._packets:
            late_s = delay_s - self._delay_s - self._interval_s
            self._follow(arrival_s, delay_s, rr_s[0], total_s)
            self.doubtful = late_s > DOUBTFUL_S or bool(self._contradictions)
        else:
            self._anchor(arrival_s, delay_s)
            self.doubtful = False
        self._arrival_s, self._delay_s, self._interval_s = arrival_s, delay_s, rr_s[-1]
        self._packets += 1
        return self._times(rr_s)

    def _times(self, rr_s: tuple[float, ...]) -> tuple[float, ...]:
        times = []
        for interval_s in rr_s:
            self._sum_s += interval_s
            self._last_s = max(self._last_s, self._sum_s + self._offset_s)
            times.append(self._last_s)
        return tuple(times)

    def _anchor(self, arrival_s: float, delay_s: float) -> None:
        self._offset_s = delay_s
        self._lowest = deque([(arrival_s, delay_s)])
        self._contradictions = []

    def _follow(self, arrival_s: float, delay_s: float, first_s: float, total_s: float) -> None:
        if self._beats_were_lost(arrival_s, first_s):
            envelope_s = self._reanchor(arrival_s, delay_s)
        else:
            envelope_s = self._envelope(arrival_s, delay_s)
        settling = self._packets < SETTLING_PACKETS
        down_s = max(DOWN_S, SETTLING_SHARE * total_s) if settling else DOWN_S
        self._offset_s += min(UP_S, max(-down_s, envelope_s - self._offset_s))

    def _beats_were_lost(self, arrival_s: float, first_s: float) -> bool:
        if self._delay_s - first_s - self._offset_s < CONTRADICTED_S or arrival_s - self._arrival_s < BURST_S:
            self._contradictions.clear()
            return False
        self._contradictions.append(self._delay_s)
        enough = CONTRADICTIONS if self._packets >= SETTLING_PACKETS else CONTRADICTIONS - 1
        return len(self._contradictions) >= enough

    def _reanchor(self, arrival_s: float, delay_s: float) -> float:
        """Jump to where the last two packets agree; the time jumped over is time that was lost."""
        agreed_s = min(delay_s, self._delay_s)
        self.lost_s += max(0.0, agreed_s - self._offset_s)
        self._anchor(arrival_s, agreed_s)
        self._packets = 1
        return agreed_s

    def _envelope(self, arrival_s: float, delay_s: float) -> float:
        lowest = self._lowest
        while lowest and lowest[-1][1] >= delay_s:
            lowest.pop()
        lowest.append((arrival_s, delay_s))
        while lowest[0][0] < arrival_s - ENVELOPE_S:
            lowest.popleft()
        return lowest[0][1]
