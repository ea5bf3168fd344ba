"""An excerpt played live through a guardian of its own, with its lines told as they come."""

import asyncio
import signal
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine import clock
from engine.midi import TICK_S
from engine.output.cues import FADE_S, Cue, Stop
from engine.output.guardian_link import GuardianLink
from engine.room import RoomOutput

LOOK_AHEAD_S = 0.5


class ExcerptOutput(RoomOutput, Protocol):
    """An output that is opened and closed with the excerpt."""

    async def start(self) -> None:
        """Open it."""

    async def close(self) -> None:
        """Close it; what still sounds is let go."""


@dataclass(slots=True)
class Excerpt:
    """``timed`` and ``lines`` are (seconds from its start, what); it fades so as to end after ``seconds`` of wall time.

    ``speed`` is how fast its own time runs.
    """

    timed: Sequence[tuple[float, bytes]]
    lines: Sequence[tuple[float, str]]
    seconds: float
    speed: float
    say: Callable[[str], None]
    on_time: Callable[[float], None] = lambda _: None
    """Told at each step how many seconds of its own time have passed."""
    interruptions: int = 0
    stops_asked: int = 0
    _epoch: int = 0
    _end_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._end_s = self.seconds

    def interrupt(self) -> None:
        """Ctrl-C: once fades, twice silences."""
        self.interruptions += 1

    def stop(self, how: int) -> None:
        """A person at the page: 1 fades, 2 silences."""
        self.stops_asked = max(self.stops_asked, how)

    async def play(self, output: ExcerptOutput, now_s: clock.Clock) -> None:
        """Play until the fade is over."""
        start_s = now_s()
        output.cue(Cue(0, self._epoch, None))
        timed, lines = deque(self.timed), deque(self.lines)
        stops = 0
        while (at_s := now_s() - start_s) < self._end_s:
            output.beat()
            self._send(output, timed, start_s, at_s)
            self.on_time(at_s * self.speed)
            while lines and lines[0][0] <= at_s * self.speed:
                self.say(lines.popleft()[1])
            wanted = self._wanted(at_s)
            if wanted > stops:
                stops = wanted
                self._stop(output, stops, at_s)
            await asyncio.sleep(TICK_S)

    def _send(self, output: ExcerptOutput, timed: deque[tuple[float, bytes]], start_s: float, at_s: float) -> None:
        due: list[tuple[float, bytes]] = []
        while timed and timed[0][0] <= (at_s + LOOK_AHEAD_S) * self.speed:
            event_s, data = timed.popleft()
            due.append((start_s + event_s / self.speed, data))
        if due and not self._epoch:
            output.send(0, due)

    def _wanted(self, at_s: float) -> int:
        """How many stops should be in force: 1 fades, 2 silences."""
        by_time = 1 if at_s >= self.seconds - FADE_S[Stop.END] - TICK_S else 0
        return max(by_time, self.stops_asked, min(2, self.interruptions))

    def _stop(self, output: ExcerptOutput, stops: int, at_s: float) -> None:
        stop = Stop.END if stops == 1 else Stop.SILENCE
        self._epoch += 1
        output.cue(Cue(round(at_s / TICK_S), self._epoch, stop))
        self._end_s = (
            min(self._end_s, at_s + FADE_S[stop] + 0.2) if self.interruptions or self.stops_asked else self._end_s
        )


async def play_excerpt(excerpt: Excerpt, outputs: tuple[str, ...], level_cc: int) -> bool:
    """Play through the guardian; True where a person interrupted it.

    Raises the guardian's own one-sentence errors where an output cannot be opened.
    """
    link = GuardianLink(outputs, room="demo", level_cc=level_cc)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, excerpt.interrupt)
    await link.start()
    try:
        await excerpt.play(link, clock.now_s)
    finally:
        await link.close()
        loop.remove_signal_handler(signal.SIGINT)
    return excerpt.interruptions > 0
