"""A strap on somebody: a recording or the simulated listener lives on, whether or not anybody listens to the strap."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sensors import heart_rate_service as hrs
from sensors.bench.bench import Bench
from sensors.bench.fake_strap import FakeStrap
from sensors.heart import HeartPacket, Link, Recording, SourceEvent

_STEP_S = 0.05


@asynccontextmanager
async def worn(
    bench: Bench, strap: FakeStrap, recording: Recording, *, from_s: float = 0.0, speed: float = 1.0
) -> AsyncIterator[None]:
    """While entered, ``strap`` sends what ``recording`` tells from ``from_s`` on, ``speed`` times as fast.

    Its own ``heart`` is silenced. Where the recording loses its link the strap goes out of range; with its next packet
    it is back. Packets that nobody is subscribed to are lost, as in the air.
    """
    strap.heart = iter(())
    recording.pull(from_s)
    living = asyncio.create_task(_live(bench, strap, recording, from_s, speed))
    try:
        yield
    finally:
        living.cancel()
        await asyncio.wait([living])
        if not living.cancelled():
            living.result()


async def _live(bench: Bench, strap: FakeStrap, recording: Recording, from_s: float, speed: float) -> None:
    loop = asyncio.get_running_loop()
    start_s = loop.time()
    while True:
        for event in recording.pull(from_s + (loop.time() - start_s) * speed):
            _happen(bench, strap, event)
        await asyncio.sleep(_STEP_S / speed)


def _happen(bench: Bench, strap: FakeStrap, event: SourceEvent) -> None:
    if isinstance(event, HeartPacket):
        strap.in_range = True
        if bench.alive:
            bench.air.notify(strap, hrs.encode(event))
    elif event.link is Link.LOST:
        strap.in_range = False
        if bench.alive:
            bench.air.lose_link(strap)
