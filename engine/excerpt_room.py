"""A session that was folded beforehand, told to a page as if it lived: the demo's room."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from engine.decision import Decision
from engine.inputs import Act, Command, Input, Stamped
from engine.midi import TICKS_PER_SECOND
from engine.news import Hear, News, RecordedUpTo
from engine.session import Folded
from sensors.heart import Link, LinkState

STOPS = {Act.END: 1, Act.SILENCE: 2}
"""What a person can do to a session that is over: the excerpt fades, or falls silent."""


@dataclass(slots=True)
class ExcerptRoom:
    """Tells the ``decisions`` and ``commands`` of a whole session as an excerpt from ``start_s`` plays.

    ``stop`` is called with 1 to fade the excerpt and with 2 to silence it. Everything is on the disk already.
    """

    decisions: Sequence[Decision]
    commands: Sequence[Stamped]
    start_s: float
    stop: Callable[[int], None]
    _listeners: list[Hear] = field(default_factory=list)
    _waiting: deque[Stamped | Folded] = field(init=False)
    _past: list[Stamped | Folded] = field(init=False)
    _now_s: float = field(init=False)
    _seq: int = field(init=False)

    def __post_init__(self) -> None:
        self._now_s = self.start_s
        self._seq = max((stamped.seq for stamped in self.commands), default=0)
        folded = [_folded(each.tick, each) for each in self.decisions]
        story: list[Stamped | Folded] = sorted([*self.commands, *folded], key=lambda news: news.tick)
        self._past = [news for news in story if news.tick < self._tick]
        self._waiting = deque(story[len(self._past) :])

    def now_s(self) -> float:
        """Seconds since the session's start."""
        return self._now_s

    def subscribe(self, hear: Hear) -> Callable[[], None]:
        """Tell all news from now on, after what came before the excerpt; what is returned ends it."""
        hear(Stamped(0, 0, LinkState(0.0, Link.STREAMING_RR, "a simulated strap")))
        for news in self._past:
            hear(news)
        hear(RecordedUpTo(self._seq))
        self._listeners.append(hear)
        return partial(self._listeners.remove, hear)

    def submit(self, given: Input) -> Stamped:
        """Take a stop; of a session that is over nothing else can be changed."""
        self._seq += 1
        stamped = Stamped(self._tick, self._seq, given)
        if isinstance(given, Command) and given.act in STOPS:
            self.stop(STOPS[given.act])
        self._tell(stamped)
        self._tell(RecordedUpTo(self._seq))
        return stamped

    def advance(self, at_s: float) -> None:
        """The excerpt has come to ``at_s`` seconds from its start."""
        self._now_s = self.start_s + at_s
        while self._waiting and self._waiting[0].tick <= self._tick:
            self._tell(self._waiting.popleft())
        self._tell(_folded(self._tick, None))

    @property
    def _tick(self) -> int:
        return round(self._now_s * TICKS_PER_SECOND)

    def _tell(self, news: News) -> None:
        for hear in tuple(self._listeners):
            hear(news)


def _folded(tick: int, decision: Decision | None) -> Folded:
    return Folded(tick, 0, (), (), decision, decision.intent.tempo_bpm if decision else 0.0, 0.0)
