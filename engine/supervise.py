"""Children that may fail without ending the music: restarted, with patience that has a budget."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from engine.clock import Clock
from engine.errors import CalandoError

log = logging.getLogger(__name__)

SHORTEST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
RESTARTS = 5
WITHIN_S = 60.0
DOWN_S = 60.0
"""A child that is down is tried again so often, and is up again once it has lived as long."""


@dataclass(slots=True)
class Supervisor:
    """Keeps one optional child alive: full-jitter back-off while it crashes no more than 5 times a minute, else down.

    A child that is down is started once a minute. ``on_trouble`` hears one sentence for each crash, and one when the
    child goes down; while it is down nothing is repeated. A child that returns is done and is not started again;
    that is no crash, and neither is the end of this task, asked for from outside. A child that ends as cancelled though
    nobody asked is one that crashed.
    """

    name: str
    clock: Clock
    random: random.Random
    on_trouble: Callable[[str], None]
    is_down: bool = False
    _crashes: deque[float] = field(default_factory=deque)

    async def keep(self, child: Callable[[], Awaitable[None]]) -> None:
        """Run the child until it returns or this task is cancelled."""
        while True:
            begun_s = self.clock()
            try:
                await child()
            except (Exception, asyncio.CancelledError) as error:
                if _is_asked_to_end(error):
                    raise
                log.debug("%s failed", self.name, exc_info=error)
                await asyncio.sleep(self._after_crash(error, begun_s))
            else:
                return

    def _after_crash(self, error: BaseException, begun_s: float) -> float:
        """Say what happened; how long to wait before the next start."""
        now_s = self.clock()
        if self.is_down and now_s - begun_s < DOWN_S:
            return DOWN_S
        self.is_down = False
        self._crashes.append(now_s)
        while self._crashes[0] < now_s - WITHIN_S:
            self._crashes.popleft()
        if len(self._crashes) > RESTARTS:
            self.is_down = True
            self.on_trouble(f"The {self.name} keeps failing ({_told(error)}); it stays down and is tried each minute.")
            return DOWN_S
        self.on_trouble(f"The {self.name} failed ({_told(error)}); it is started again.")
        ceiling_s = min(LONGEST_WAIT_S, SHORTEST_WAIT_S * 2 ** len(self._crashes))
        return self.random.uniform(SHORTEST_WAIT_S, ceiling_s)


def _is_asked_to_end(error: BaseException) -> bool:
    """Whether the task that keeps the child is being cancelled, and not something that the child waited for."""
    keeping = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and keeping is not None and keeping.cancelling() > 0


def _told(error: BaseException) -> str:
    """Our own errors are sentences for people; of others only the kind is told, for their words may hold anything."""
    return str(error).rstrip(".") if isinstance(error, CalandoError) else type(error).__name__
