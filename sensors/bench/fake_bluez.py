"""The Bluetooth daemon, faked: ``org.bluez`` on a bus of one's own, with one adapter and straps in the air.

It answers the calls that bleak's BlueZ backend makes, sends the signals that BlueZ would send, in BlueZ's order, and
writes down what it was told. One bus name, one message handler: unlike exported interfaces, that can leave a property
out, delay a reply, or never give it. Source: BlueZ's D-Bus documentation (doc/org.bluez.*.rst) and bleak 3.1's backend.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from sensors.bench.air import Air
from sensors.bench.bluez_objects import (
    ADAPTER,
    ADAPTER_PATH,
    CHARACTERISTIC,
    DEVICE,
    adapter_object,
    device_path,
    value_at,
)
from sensors.bench.fake_strap import FakeStrap
from sensors.bench.faults import IN_PROGRESS, NOT_READY, UNKNOWN_OBJECT, BluezError, Script, failed
from sensors.bench.object_tree import OBJECT_MANAGER, PROPERTIES, ObjectTree

_BUS = "org.freedesktop.DBus"

Reply = tuple[str, list[Any]]
Method = Callable[[Message], Awaitable[Reply | None]]


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the daemon was given: what, on which object, with what, by whom (the bus's unique name)."""

    at_s: float
    member: str
    path: str
    body: tuple[Any, ...]
    sender: str


class FakeBluez:
    """One life of the daemon: ``start`` to ``stop``. Straps and faults outlive it; links and objects do not."""

    def __init__(self, address: str, straps: Iterable[FakeStrap], script: Script, calls: list[Call]) -> None:
        self._script = script
        self._calls = calls
        self._bus = MessageBus(bus_address=address, negotiate_unix_fd=True)
        self._tree = ObjectTree(self._send)
        self.air = Air(straps, self._tree, self._flush)
        self._tasks: set[asyncio.Task[None]] = set()
        self._methods: dict[tuple[str, str], Method] = {
            (OBJECT_MANAGER, "GetManagedObjects"): self._managed_objects,
            (PROPERTIES, "Set"): self._set_property,
            (ADAPTER, "SetDiscoveryFilter"): self._set_discovery_filter,
            (ADAPTER, "StartDiscovery"): self._start_discovery,
            (ADAPTER, "StopDiscovery"): self._stop_discovery,
            (ADAPTER, "RemoveDevice"): self._remove_device,
            (DEVICE, "Connect"): self._connect,
            (DEVICE, "Disconnect"): self._disconnect,
            (DEVICE, "Pair"): self._pair,
            (CHARACTERISTIC, "ReadValue"): self._read_value,
            (CHARACTERISTIC, "StartNotify"): self._start_notify,
            (CHARACTERISTIC, "StopNotify"): self._stop_notify,
        }

    # The daemon's own life

    async def start(self, *, adapter: bool = True) -> None:
        """Connect to the bus, show the adapter, take the name ``org.bluez``."""
        await self._bus.connect()
        self._bus.add_message_handler(self._receive)
        rule = f"type='signal',sender='{_BUS}',interface='{_BUS}',member='NameOwnerChanged'"
        await self._bus.call(Message(_BUS, "/org/freedesktop/DBus", _BUS, "AddMatch", signature="s", body=[rule]))
        if adapter:
            self._tree.add(ADAPTER_PATH, adapter_object(powered=self.air.powered))
        await self._bus.request_name("org.bluez")
        self._spawn(self.air.advertise_for_ever())

    async def stop(self) -> None:
        """Vanish as a killed daemon does: no signal, no reply, every link gone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.air.end()
        self._bus.disconnect()
        disconnected: Callable[[], Awaitable[None]] = self._bus.wait_for_disconnect
        await asyncio.gather(disconnected(), return_exceptions=True)

    def _send(self, message: Message) -> None:
        if self._bus.connected:
            self._bus.send(message)

    async def _flush(self) -> None:
        await self._bus.call(Message(_BUS, "/org/freedesktop/DBus", _BUS, "GetId"))

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # What bleak asks

    def _receive(self, message: Message) -> bool:
        if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged":
            name, _, new_owner = message.body
            if not new_owner:
                self._client_left(name)
        if message.message_type is not MessageType.METHOD_CALL or message.interface == "org.freedesktop.DBus.Peer":
            return False
        now_s = asyncio.get_running_loop().time()
        body = tuple(message.body)
        self._calls.append(Call(now_s, message.member or "", message.path or "", body, message.sender or ""))
        self._spawn(self._answer(message))
        return True

    async def _answer(self, message: Message) -> None:
        try:
            method = self._methods.get((message.interface or "", message.member or ""))
            if method is None or (message.path != "/" and message.path not in self._tree.objects):
                raise UNKNOWN_OBJECT
            await self._script.meet(message.member or "")
            reply = await method(message)
        except BluezError as error:
            self._send(Message.new_error(message, error.name, error.text))
        else:
            if reply is not None:
                self._send(Message.new_method_return(message, *reply))

    def _client_left(self, name: str) -> None:
        self.air.discoveries.discard(name)
        self.air.filters.pop(name, None)
        for strap in self.air.straps:
            self.air.subscribers.get(device_path(strap), set()).discard(name)
            self.air.tend_heart(strap)

    async def _managed_objects(self, _: Message) -> Reply:
        return "a{oa{sa{sv}}}", [self._tree.objects]

    async def _set_property(self, message: Message) -> Reply:
        interface, name, value = message.body
        self._tree.change(message.path or "", interface, {name: value})
        return "", []

    async def _set_discovery_filter(self, message: Message) -> Reply:
        uuids = message.body[0].get("UUIDs")
        self.air.filters[message.sender or ""] = uuids.value if uuids else []
        return "", []

    async def _start_discovery(self, message: Message) -> Reply:
        if not self.air.powered:
            raise NOT_READY
        if message.sender in self.air.discoveries:
            raise IN_PROGRESS
        self.air.discoveries.add(message.sender or "")
        return "", []

    async def _stop_discovery(self, message: Message) -> Reply:
        if not self.air.powered:
            raise NOT_READY
        if message.sender not in self.air.discoveries:
            raise failed("No discovery started")
        self.air.discoveries.remove(message.sender)
        for strap in self.air.straps if not self.air.discoveries else ():
            self._tree.change(device_path(strap), DEVICE, {}, ["RSSI"])
        return "", []

    async def _remove_device(self, message: Message) -> Reply:
        self.air.forget(self._strap_at(message.body[0]))
        return "", []

    async def _connect(self, message: Message) -> Reply | None:
        strap = self._strap_at(message.path)
        if not self.air.powered:
            raise NOT_READY
        if not strap.in_range:
            raise failed("br-connection-page-timeout")
        strap.connected = True
        self._tree.change(device_path(strap), DEVICE, {"Connected": Variant("b", True)})
        self._spawn(self.air.resolve(strap))
        return "", []

    async def _disconnect(self, message: Message) -> Reply:
        self.air.lose_link(self._strap_at(message.path))
        return "", []

    async def _pair(self, message: Message) -> Reply | None:
        reply = await self._connect(message)
        self._tree.change(message.path or "", DEVICE, {"Paired": Variant("b", True)})
        return reply

    async def _read_value(self, message: Message) -> Reply:
        strap = self._strap_at(message.path)
        value = value_at(strap, message.path or "")
        if value is None:
            raise BluezError("org.bluez.Error.NotPermitted", "Read not permitted")
        return "ay", [value]

    async def _start_notify(self, message: Message) -> Reply:
        strap = self._strap_at(message.path)
        subscribers = self.air.subscribers.setdefault(device_path(strap), set())
        if message.sender in subscribers:
            raise IN_PROGRESS
        subscribers.add(message.sender or "")
        self._tree.change(message.path or "", CHARACTERISTIC, {"Notifying": Variant("b", True)})
        self.air.tend_heart(strap)
        return "", []

    async def _stop_notify(self, message: Message) -> Reply:
        strap = self._strap_at(message.path)
        self.air.subscribers.get(device_path(strap), set()).discard(message.sender or "")
        self.air.tend_heart(strap)
        return "", []

    def _strap_at(self, path: str | None) -> FakeStrap:
        for strap in self.air.straps:
            if f"{path}/".startswith(f"{device_path(strap)}/"):
                return strap
        raise UNKNOWN_OBJECT
