"""A strap, heard through real bleak on the bench: what came, and waiting for what is to come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from sensors.bench import FakeStrap
from sensors.bluetooth import Bluetooth
from sensors.heart import HeartPacket, Link, LinkState, SourceEvent
from sensors.link_watch import Patience
from sensors.strap import Pairing, Strap, StrapDetails

STREAMING = {Link.STREAMING_RR, Link.STREAMING_HR_ONLY}
CALL_S = 0.8
PATIENCE = Patience(stall_s=0.7, longest_stall_s=0.7, hr_only_s=0.5)


def bench_bluetooth() -> Bluetooth:
    return Bluetooth(call_s=CALL_S, closing_s=0.5)


def bench_strap(number: int = 1, **fields: Any) -> FakeStrap:
    """A strap that sends ten packets a second, so that a test need not wait."""
    return FakeStrap(f"Polar H10 0000000{number}", f"AA:BB:CC:DD:EE:0{number}", packet_every_s=0.1, **fields)


class Ear:
    """Everything a strap delivered, and when: what it says of itself can be waited for."""

    strap: Strap

    def __init__(self) -> None:
        self.events: list[SourceEvent] = []
        self.details: list[StrapDetails] = []
        self._read = 0

    def deliver(self, event: SourceEvent) -> None:
        self.events.append(event)

    @property
    def packets(self) -> list[HeartPacket]:
        return [event for event in self.events if isinstance(event, HeartPacket)]

    @property
    def states(self) -> list[LinkState]:
        return [event for event in self.events if isinstance(event, LinkState)]

    @property
    def links(self) -> list[Link]:
        return [state.link for state in self.states]

    @property
    def why(self) -> str:
        """The reason of the last state."""
        return self.states[-1].why if self.states else ""

    async def until(self, true: Callable[[], bool], within_s: float = 10.0) -> float:
        """Wait for something to become true; how long that took. TimeoutError tells what was heard instead."""
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        while not true():
            if loop.time() > start_s + within_s:
                raise TimeoutError([(round(at.at_s - start_s, 2), at.link, at.why) for at in self.states])
            await asyncio.sleep(0.01)
        return loop.time() - start_s

    async def packet(self, within_s: float = 10.0) -> float:
        """Wait for the next packet, the states before it read; how long that took."""
        count = len(self.packets)
        took_s = await self.until(lambda: len(self.packets) > count, within_s)
        self._read = len(self.states)
        return took_s

    async def streaming(self, within_s: float = 10.0) -> float:
        """Wait for the next packet with a heartbeat while the link says so; how long that took."""
        count = len(self.packets)
        took_s = await self.until(
            lambda: self.links[-1] in STREAMING and any(packet.hr_bpm for packet in self.packets[count:]), within_s
        )
        self._read = len(self.states)
        return took_s

    async def link(self, link: Link, within_s: float = 10.0) -> float:
        """Read on in the states until the link is in this one; how long that took."""
        took_s = await self.until(lambda: link in self.links[self._read :], within_s)
        self._read = self.links.index(link, self._read) + 1
        return took_s


@asynccontextmanager
async def heard(
    wanted: str | None = "00000001",
    *,
    settle_s: float = 0.2,
    pairing: Pairing = Pairing.AUTO,
    patience: Patience = PATIENCE,
    bluetooth: Bluetooth | None = None,
) -> AsyncIterator[Ear]:
    """A strap source that runs while entered, on the bench's times."""
    ear = Ear()
    ear.strap = strap = Strap(
        wanted,
        asyncio.get_running_loop().time,
        Random("bench"),
        bluetooth=bluetooth or bench_bluetooth(),
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
