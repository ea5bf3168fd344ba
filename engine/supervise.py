"""Children that may fail without ending the music: restarted, with patience that has a budget."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from engine.clock import Clock

log = logging.getLogger(__name__)

SHORTEST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
RESTARTS = 5
WITHIN_S = 60.0
DOWN_S = 60.0


@dataclass(slots=True)
class Supervisor:
    """Keeps one optional child alive: full-jitter back-off, 5 crashes a minute, then down for a minute.

    ``on_trouble`` hears one sentence for each crash. A child that returns is done and is not started again.
    """

    name: str
    clock: Clock
    random: random.Random
    on_trouble: Callable[[str], None]
    _crashes: deque[float] = field(default_factory=deque)

    async def keep(self, child: Callable[[], Awaitable[None]]) -> None:
        """Run the child until it returns or this task is cancelled."""
        while True:
            try:
                await child()
            except Exception as error:
                log.exception("%s failed", self.name)
                self.on_trouble(f"The {self.name} failed ({type(error).__name__}); it is started again.")
                await asyncio.sleep(self._wait_s())
            else:
                return

    def _wait_s(self) -> float:
        now_s = self.clock()
        self._crashes.append(now_s)
        while self._crashes[0] < now_s - WITHIN_S:
            self._crashes.popleft()
        if len(self._crashes) > RESTARTS:
            self.on_trouble(f"The {self.name} keeps failing; it is tried again in a minute.")
            return DOWN_S
        ceiling_s = min(LONGEST_WAIT_S, SHORTEST_WAIT_S * 2 ** len(self._crashes))
        return self.random.uniform(SHORTEST_WAIT_S, ceiling_s)
