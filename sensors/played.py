"""The adapter between the two ways a heart is told: a recording that is pulled becomes a source that speaks."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sensors.heart import Deliver, Recording, event_time_s

UNHEARD_S = 2.0
"""What would have arrived longer ago, while nobody listened, is left out."""


@dataclass(frozen=True, slots=True)
class PlayedRecording:
    """The adapter: a recording pushed at the pace of a clock.

    ``now_s`` is that clock, seconds since the recording's start; without it the event loop's is taken, from the
    moment of ``run`` on. ``speed`` above 1 plays faster; arrival times stay those of the recording.
    """

    recording: Recording
    speed: float = 1.0
    step_s: float = 0.1
    now_s: Callable[[], float] | None = None

    async def run(self, deliver: Deliver) -> None:
        """Deliver the recording's events as their time comes; return at its end."""
        clock = self.now_s or _clock_from_now()
        while True:
            now_s = clock() * self.speed
            for event in self.recording.pull(now_s):
                if self.now_s is None or event_time_s(event) >= now_s - UNHEARD_S:
                    deliver(event)
            duration_s = self.recording.duration_s
            if duration_s is not None and now_s > duration_s:
                return
            await asyncio.sleep(self.step_s / self.speed)


def _clock_from_now() -> Callable[[], float]:
    loop = asyncio.get_running_loop()
    start_s = loop.time()
    return lambda: loop.time() - start_s
