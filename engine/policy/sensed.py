"""What the heart alone asks of the music: one offset toward calm, quick to rise, slow and careful to fall."""

from collections import deque
from dataclasses import dataclass, field

from engine.affect.estimate import ArousalState, Estimate, Grade
from engine.affect.trust import COAST_S, GOOD_S, REST_S, is_good
from engine.midi import TICKS_PER_SECOND

DEAD_ZONE = 0.2
"""Arousal below this asks for nothing."""
GOOD_TICKS = GOOD_S * TICKS_PER_SECOND
HELD_S = 30.0
"""What was asked this lately still counts. So after a rise nothing is given back for half a minute, and however a heart
flutters, the offset cannot turn more than four times in a minute."""
RELEASE = 1 / 300
"""The recovery slew: what is given back each second, so that the whole offset takes five minutes."""


def asked(arousal: float) -> float:
    """The offset 0..1 that a trusted arousal 0..1 asks for."""
    return max(0.0, (arousal - DEAD_ZONE) / (1 - DEAD_ZONE))


@dataclass(slots=True)
class SensorOffset:
    """Turns estimates into an offset 0..1, tick by tick.

    It rises at once with arousal. It falls only after 20 s of good data, at the recovery slew, toward the most that was
    asked in the last 30 s, and never because confidence alone fell: for 20 s of good data the higher confidence still
    counts. While inputs cannot be trusted (*coasting*) it stands still, and after 30 s without data goes to
    ``rest_offset`` where that is calmer. Before a first baseline it is 0. When it moves depends on data, never on
    arousal, and a maximum over time keeps order, so that more arousal never ends livelier.
    """

    rest_offset: float
    offset: float = 0.0
    accepted: bool = False
    """True once there was a baseline."""
    coasting: bool = False
    _asked: float = 0.0
    _confidence: float = 0.0
    _state: ArousalState = ArousalState.SETTLING
    _data_at_s: float = float("-inf")
    _quality: float = 0.0
    _is_gated: bool = False
    _fresh_ticks: int = 0
    _good_ticks: int = 0
    _trust: float = 0.0
    _next_trust: float = 0.0
    _doubtful_ticks: int = 0
    _lately: deque[tuple[float, float]] = field(default_factory=deque)
    """When and what was asked lately, without what a later second asked more than: the first is the most."""

    def hear(self, estimate: Estimate) -> None:
        """Take a new estimate; it holds, and ages, until the next."""
        self.accepted = self.accepted or estimate.baseline is not Grade.NONE
        self._asked = asked(estimate.arousal)
        self._confidence = 0.0 if estimate.gated else estimate.confidence
        self._state = estimate.state
        self._data_at_s = estimate.time_s - estimate.data_age_s
        self._quality = estimate.quality
        self._is_gated = estimate.gated
        self._remember(estimate.time_s, self._asked * self._confidence)

    def data_age_s(self, now_s: float) -> float:
        """Seconds since the last plausible data."""
        return now_s - self._data_at_s

    def interrupt(self) -> None:
        """Data was not heard for a while: what counts good data begins again."""
        self._fresh_ticks = self._good_ticks = self._doubtful_ticks = 0

    def distrust(self) -> None:
        """What was heard may be old: coast until there were good data for long enough."""
        self.interrupt()
        self.coasting = self.accepted

    def advance(self, now_s: float) -> None:
        """One tick passes."""
        if not self.accepted:
            return
        age_s = now_s - self._data_at_s
        fresh = is_good(age_s, self._quality)
        self._fresh_ticks = self._fresh_ticks + 1 if fresh else 0
        self._good_ticks = self._good_ticks + 1 if fresh and not self._is_gated else 0
        if self.coasting or age_s > COAST_S or self._state is ArousalState.COASTING:
            self._watch(age_s)
        if self._confidence >= self._trust:
            self._trust, self._next_trust, self._doubtful_ticks = self._confidence, 0.0, 0
        else:
            self._doubt()
        if not self.coasting:
            self._follow(now_s)
        elif age_s > REST_S and self.offset < self.rest_offset:
            self.offset = self.rest_offset

    def _follow(self, now_s: float) -> None:
        """Up at once; down each second that follows good ones."""
        wanted = self._asked * self._confidence
        if wanted > self.offset:
            self.offset = wanted
        elif self._good_ticks >= GOOD_TICKS and self._good_ticks % TICKS_PER_SECOND == 0:
            least = max(self._asked * self._trust, self._most_asked(now_s))
            self.offset = min(self.offset, max(least, self.offset - RELEASE))

    def _remember(self, at_s: float, wanted: float) -> None:
        while self._lately and self._lately[-1][1] <= wanted:
            self._lately.pop()
        self._lately.append((at_s, wanted))

    def _most_asked(self, now_s: float) -> float:
        while self._lately and self._lately[0][0] <= now_s - HELD_S:
            self._lately.popleft()
        return self._lately[0][1] if self._lately else 0.0

    def _watch(self, age_s: float) -> None:
        """Coast with the estimator, and by tick where no estimate came or what was heard is distrusted."""
        if age_s > COAST_S or self._state is ArousalState.COASTING:
            self.coasting = True
        elif self.coasting and self._fresh_ticks >= GOOD_TICKS:
            self.coasting = False

    def _doubt(self) -> None:
        """A lower confidence counts only once it was lower through 20 s of good data."""
        if not self._good_ticks:
            self._next_trust, self._doubtful_ticks = 0.0, 0
            return
        self._next_trust = max(self._next_trust, self._confidence)
        self._doubtful_ticks += 1
        if self._doubtful_ticks >= GOOD_TICKS:
            self._trust, self._next_trust, self._doubtful_ticks = self._next_trust, 0.0, 0
