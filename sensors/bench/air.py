"""The air between straps and an adapter: who advertises, which links stand, whose heart is beating.

Each change shows in the daemon's objects, told in BlueZ's order.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from dbus_fast import Variant

from sensors import heart_rate_service as hrs
from sensors.bench.bluez_objects import (
    ADAPTER,
    ADAPTER_PATH,
    CHARACTERISTIC,
    DEVICE,
    characteristic_path,
    device_object,
    device_path,
    service_objects,
)
from sensors.bench.fake_strap import FakeStrap
from sensors.bench.object_tree import ObjectTree

ADVERTISING_EVERY_S = 0.1
RESOLVING_S = 0.03
"""How long after a connection the services appear."""


class Air:
    """Straps, and what one daemon sees of them. ``flush`` waits until the bus has read what was sent."""

    def __init__(self, straps: Iterable[FakeStrap], tree: ObjectTree, flush: Callable[[], Awaitable[object]]) -> None:
        self.straps = list(straps)
        self.powered = True
        self.tree = tree
        self.discoveries: set[str] = set()
        self.filters: dict[str, list[str]] = {}
        self.subscribers: dict[str, set[str]] = {}
        self._flush = flush
        self._hearts: dict[str, asyncio.Task[None]] = {}

    @property
    def scanning(self) -> bool:
        """Whether any client has a discovery running."""
        return bool(self.discoveries)

    def lose_link(self, strap: FakeStrap) -> None:
        """The link breaks: services and subscriptions go, then ``Connected`` turns False."""
        path = device_path(strap)
        if not strap.connected:
            return
        strap.connected = False
        self.subscribers.pop(path, None)
        self.tend_heart(strap)
        self.tree.change(path, DEVICE, {"ServicesResolved": Variant("b", False)})
        for service in [below for below in self.tree.below(path) if below.count("/") == path.count("/") + 1]:
            self.tree.remove(service)
        self.tree.change(path, DEVICE, {"Connected": Variant("b", False)})

    def forget(self, strap: FakeStrap) -> None:
        """BlueZ drops the object of a strap that it has not heard for a while."""
        self.lose_link(strap)
        self.tree.remove(device_path(strap))

    def set_power(self, *, on: bool) -> None:
        """Switch the adapter: off ends every discovery and every link."""
        self.powered = on
        if not on:
            self.discoveries.clear()
            for strap in self.straps:
                self.lose_link(strap)
        self.tree.change(ADAPTER_PATH, ADAPTER, {"Powered": Variant("b", on)})

    def hold(self, strap: FakeStrap) -> None:
        """Connect a strap as another program, or our own killed one, would have left it: linked, services known."""
        path = device_path(strap)
        if path not in self.tree.objects:
            self.tree.add(path, device_object(strap))
        strap.connected = True
        self.tree.change(path, DEVICE, {"Connected": Variant("b", True)})
        self.show_services(strap)

    def notify(self, strap: FakeStrap, payload: bytes) -> bool:
        """Send one measurement; False where the link is down or nobody is subscribed."""
        path = device_path(strap)
        if not strap.connected or not self.subscribers.get(path):
            return False
        value = {"Value": Variant("ay", payload)}
        self.tree.change(characteristic_path(strap, hrs.MEASUREMENT), CHARACTERISTIC, value)
        return True

    async def burst(self, strap: FakeStrap, payloads: Iterable[bytes]) -> None:
        """Send many measurements at once, as after a radio pause.

        Every so many the bus is asked something: dbus-fast gives up a connection whose socket is full.
        """
        for count, payload in enumerate(payloads, 1):
            self.notify(strap, payload)
            if count % 50 == 0:
                await self._flush()

    def restart_heart(self, strap: FakeStrap) -> None:
        """The strap's heart was exchanged: beat on with the new one."""
        if beating := self._hearts.pop(device_path(strap), None):
            beating.cancel()
        self.tend_heart(strap)

    async def advertise_for_ever(self) -> None:
        """Let every strap in range that is not connected be heard by whoever scans for it."""
        while True:
            for strap in self.straps:
                if strap.in_range and not strap.connected and self._wanted(strap):
                    self._advertise(strap)
            await asyncio.sleep(ADVERTISING_EVERY_S)

    def _wanted(self, strap: FakeStrap) -> bool:
        filters = [self.filters.get(client, []) for client in self.discoveries]
        return any(not uuids or not set(strap.uuids).isdisjoint(uuids) for uuids in filters)

    def _advertise(self, strap: FakeStrap) -> None:
        path = device_path(strap)
        if path in self.tree.objects:
            self.tree.change(path, DEVICE, {"RSSI": Variant("n", strap.signal_dbm)})
        else:
            self.tree.add(path, device_object(strap))

    async def _beat_for_ever(self, strap: FakeStrap) -> None:
        for payloads in strap.heart:
            for payload in () if strap.silent else payloads:
                self.notify(strap, payload)
            await asyncio.sleep(strap.packet_every_s)

    def tend_heart(self, strap: FakeStrap) -> None:
        """A heart beats while somebody is subscribed."""
        path = device_path(strap)
        if self.subscribers.get(path) and path not in self._hearts:
            self._hearts[path] = asyncio.ensure_future(self._beat_for_ever(strap))
        elif not self.subscribers.get(path) and path in self._hearts:
            self._hearts.pop(path).cancel()

    async def resolve(self, strap: FakeStrap) -> None:
        """A moment after a connection the services are known, if they ever are."""
        await asyncio.sleep(RESOLVING_S)
        if strap.connected and strap.resolves:
            self.show_services(strap)

    def show_services(self, strap: FakeStrap) -> None:
        """Services and characteristics appear, and only then ``ServicesResolved`` turns True."""
        for path, interfaces in service_objects(strap).items():
            self.tree.add(path, interfaces)
        self.tree.change(device_path(strap), DEVICE, {"ServicesResolved": Variant("b", True)})

    async def end(self) -> None:
        """The daemon is gone: every link and heartbeat with it, untold."""
        hearts = list(self._hearts.values())
        for heart in hearts:
            heart.cancel()
        await asyncio.gather(*hearts, return_exceptions=True)
        for strap in self.straps:
            strap.connected = False
