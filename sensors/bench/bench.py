"""The bench: one private bus, one fake daemon at a time, and the straps in the air around them."""

from contextlib import AsyncExitStack
from typing import Self

from sensors.bench.air import Air
from sensors.bench.bus import PrivateBus
from sensors.bench.fake_bluez import Call, FakeBluez
from sensors.bench.fake_strap import FakeStrap
from sensors.bench.faults import Script


class Bench:
    """While entered, this process's system bus is private and its Bluetooth daemon fake.

    ``adapter`` False is a computer without Bluetooth. ``calls`` is what the daemon was told, through all its lives;
    ``script`` is what will go wrong with the next ones; ``air`` is where links break and power goes.
    """

    def __init__(self, *straps: FakeStrap, adapter: bool = True) -> None:
        self.straps = straps
        self.script = Script()
        self.calls: list[Call] = []
        self._adapter = adapter
        self._bus = PrivateBus()
        self._bluez: FakeBluez | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._bus)
        self._stack.push_async_callback(self.kill_daemon)
        await self.start_daemon()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def alive(self) -> bool:
        """Whether the Bluetooth daemon lives."""
        return self._bluez is not None

    @property
    def air(self) -> Air:
        """Straps and links as the daemon alive now sees them. Raises RuntimeError while it is dead."""
        if self._bluez is None:
            raise RuntimeError("the fake Bluetooth daemon is dead: start_daemon() brings it back")
        return self._bluez.air

    def told(self, member: str) -> list[Call]:
        """The calls of one method so far, in order."""
        return [call for call in self.calls if call.member == member]

    async def start_daemon(self) -> None:
        """Start the Bluetooth daemon: it knows no strap and has no link."""
        self._bluez = FakeBluez(self._bus.address, self.straps, self.script, self.calls)
        await self._bluez.start(adapter=self._adapter)

    async def kill_daemon(self) -> None:
        """Kill the Bluetooth daemon; only the bus notices. Nothing happens where it is dead already."""
        if self._bluez is not None:
            await self._bluez.stop()
            self._bluez = None

    async def kill_bus(self) -> None:
        """Kill the D-Bus daemon, and the Bluetooth daemon with it."""
        await self._bus.kill()
        await self.kill_daemon()

    async def start_bus(self) -> None:
        """Start both again, at the same address."""
        await self._bus.start()
        await self.start_daemon()
