"""A room without music for the link's tests: it stamps what is asked and tells what a test wants told."""

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.inputs import Input, Stamped
from engine.news import Hear, News, RecordedUpTo
from engine.offline import Stamper
from engine.session import Session
from tests.session.sessions import a_setup


@dataclass(slots=True)
class QuietRoom:
    """``asked`` keeps every input; ``live`` folds one second of a real session and tells it."""

    session: Session = field(default_factory=lambda: Session(a_setup()))
    asked: list[Stamped] = field(default_factory=list)
    _stamper: Stamper = field(default_factory=Stamper)
    _waiting: list[Stamped] = field(default_factory=list)
    _listeners: list[Hear] = field(default_factory=list)

    def now_s(self) -> float:
        return self.session.next_tick / 20

    def submit(self, given: Input) -> Stamped:
        stamped = self._stamper.stamp(self.session.next_tick, given)
        self.asked.append(stamped)
        self._waiting.append(stamped)
        self.tell(stamped)
        return stamped

    def subscribe(self, hear: Hear) -> Callable[[], None]:
        self._listeners.append(hear)
        return lambda: self._listeners.remove(hear)

    def tell(self, news: News) -> None:
        for hear in tuple(self._listeners):
            hear(news)

    def live(self, ticks: int = 20) -> None:
        for _ in range(ticks):
            given, self._waiting = self._waiting, []
            self.tell(self.session.fold(self.session.next_tick, given))

    def record(self) -> None:
        self.tell(RecordedUpTo(self._stamper.seq))
