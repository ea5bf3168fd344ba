"""A strap, heard through real bleak on the bench: what came, and waiting for what is to come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

from sensors.bench import FakeStrap
from sensors.bluetooth import Bluetooth
from sensors.heart import HeartPacket, Link, LinkState, SourceEvent
from sensors.link_watch import Patience
from sensors.strap import Pairing, Strap, StrapDetails

STREAMING = {Link.STREAMING_RR, Link.STREAMING_HR_ONLY}
CALL_S = 1.0
BLUETOOTH = Bluetooth(call_s=CALL_S)
PATIENCE = Patience(stall_s=1.0, longest_stall_s=1.0, hr_only_s=0.5)


def bench_strap(number: int = 1, **fields: object) -> FakeStrap:
    """A strap that sends ten packets a second, so that a test need not wait."""
    return FakeStrap(f"Polar H10 0000000{number}", f"AA:BB:CC:DD:EE:0{number}", packet_every_s=0.1, **fields)  # type: ignore[arg-type]


class Ear:
    """Everything a strap delivered, and when: what it says of itself can be waited for."""

    def __init__(self) -> None:
        self.events: list[SourceEvent] = []
        self.details: list[StrapDetails] = []
        self._news = asyncio.Event()

    def deliver(self, event: SourceEvent) -> None:
        self.events.append(event)
        self._news.set()

    @property
    def packets(self) -> list[HeartPacket]:
        return [event for event in self.events if isinstance(event, HeartPacket)]

    @property
    def states(self) -> list[LinkState]:
        return [event for event in self.events if isinstance(event, LinkState)]

    @property
    def links(self) -> list[Link]:
        return [state.link for state in self.states]

    async def until(self, true: Callable[[], bool], within_s: float = 10.0) -> float:
        """Wait for something to become true; how long that took. TimeoutError tells what was heard instead."""
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        try:
            async with asyncio.timeout(within_s):
                while not true():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(
                [(round(state.at_s - start_s, 2), state.link, state.why) for state in self.states]
            ) from None
        return loop.time() - start_s

    async def packet(self, within_s: float = 10.0) -> float:
        """Wait for the next packet; how long that took."""
        count = len(self.packets)
        return await self.until(lambda: len(self.packets) > count, within_s)

    async def link(self, link: Link, within_s: float = 10.0) -> float:
        """Wait until the link is in this state; how long that took."""
        return await self.until(lambda: bool(self.links) and self.links[-1] is link, within_s)


@asynccontextmanager
async def heard(
    wanted: str | None = "00000001",
    *,
    settle_s: float = 0.2,
    pairing: Pairing = Pairing.AUTO,
    patience: Patience = PATIENCE,
) -> AsyncIterator[Ear]:
    """A strap source that runs while entered, on the bench's times."""
    ear = Ear()
    strap = Strap(
        wanted,
        asyncio.get_running_loop().time,
        Random("bench"),
        bluetooth=BLUETOOTH,
        patience=patience,
        settle_s=settle_s,
        pairing=pairing,
        on_details=ear.details.append,
    )
    running = asyncio.create_task(strap.run(ear.deliver))
    try:
        yield ear
    finally:
        running.cancel()
        await asyncio.wait([running])
        if not running.cancelled():
            running.result()
