"""The adapter between the two ways a heart is told: a recording that is pulled becomes a source that speaks."""

import asyncio
from dataclasses import dataclass

from sensors.heart import Deliver, Recording


@dataclass(frozen=True, slots=True)
class PlayedRecording:
    """The adapter: a recording pushed at the pace of the event loop's clock.

    ``speed`` above 1 plays it faster; arrival times stay those of the recording.
    """

    recording: Recording
    speed: float = 1.0
    step_s: float = 0.1

    async def run(self, deliver: Deliver) -> None:
        """Deliver the recording's events as their time comes; return at its end."""
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        while True:
            now_s = (loop.time() - start_s) * self.speed
            for event in self.recording.pull(now_s):
                deliver(event)
            duration_s = self.recording.duration_s
            if duration_s is not None and now_s > duration_s:
                return
            await asyncio.sleep(self.step_s / self.speed)
