"""An engine in small, for tests that kill one: starts a guardian, strikes a chord, holds it, and keeps its heartbeat.

``python -m tests.output.stand_in ROOM OUTPUT..`` prints the process ids of the guardian
at work and of the one that stands by, once the chord sounds.
"""

import asyncio
import sys

from engine.clock import now_s
from engine.midi import control, note_on
from engine.output.cues import Cue
from engine.output.guardian_link import GuardianLink

LEVELS = (20, 22, 24, 26)
PITCHES = (48, 55, 60, 64)


def opening(start_s: float) -> list[tuple[float, bytes]]:
    """Two channels come up from nothing, and four notes begin."""
    levels = [
        (start_s + index / 10, control(channel, 11, value)) for index, value in enumerate(LEVELS) for channel in (0, 1)
    ]
    notes = [(start_s + 0.1 + index / 20, note_on(index % 2, pitch, 48)) for index, pitch in enumerate(PITCHES)]
    return sorted(levels + notes)


async def main(room: str, *outputs: str) -> None:
    link = GuardianLink(outputs, room, channels=(0, 1))
    await link.start()
    link.cue(Cue(0, 1, None))
    link.send(1, opening(now_s() + 0.05))
    told = False
    for tick in range(6000):
        link.beat()
        await asyncio.sleep(0.05)
        if tick >= 10 and link.standby_pid and not told:
            told = True
            print(link.pid, link.standby_pid, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
