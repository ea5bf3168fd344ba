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

from sensors import heart_rate_service as hrs
from sensors.bench.bluez_objects import (
    ADAPTER,
    ADAPTER_PATH,
    CHARACTERISTIC,
    DEVICE,
    adapter_object,
    characteristic_path,
    device_object,
    device_path,
    service_objects,
    value_at,
)
from sensors.bench.fake_strap import FakeStrap
from sensors.bench.faults import IN_PROGRESS, NOT_READY, UNKNOWN_OBJECT, BluezError, Script, failed
from sensors.bench.object_tree import OBJECT_MANAGER, PROPERTIES, ObjectTree

ADVERTISING_EVERY_S = 0.1
RESOLVING_S = 0.03
"""How long after a connection the services appear."""

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
        self.straps = list(straps)
        self.powered = True
        self._script = script
        self._calls = calls
        self._bus = MessageBus(bus_address=address, negotiate_unix_fd=True)
        self._tree = ObjectTree(self._send)
        self._discoveries: set[str] = set()
        self._filters: dict[str, list[str]] = {}
        self._subscribers: dict[str, set[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._hearts: dict[str, asyncio.Task[None]] = {}
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
            self._tree.add(ADAPTER_PATH, adapter_object(powered=self.powered))
        await self._bus.request_name("org.bluez")
        self._spawn(self._advertise_for_ever())

    async def stop(self) -> None:
        """Vanish as a killed daemon does: no signal, no reply, every link gone."""
        tasks = [*self._tasks, *self._hearts.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for strap in self.straps:
            strap.connected = False
        self._bus.disconnect()
        disconnected: Callable[[], Awaitable[None]] = self._bus.wait_for_disconnect
        await asyncio.gather(disconnected(), return_exceptions=True)

    def _send(self, message: Message) -> None:
        if self._bus.connected:
            self._bus.send(message)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # What happens in the air

    @property
    def scanning(self) -> bool:
        """Whether any client has a discovery running."""
        return bool(self._discoveries)

    def lose_link(self, strap: FakeStrap) -> None:
        """The link breaks: services and subscriptions go, then ``Connected`` turns False."""
        path = device_path(strap)
        if not strap.connected:
            return
        strap.connected = False
        self._subscribers.pop(path, None)
        self._tend_heart(strap)
        self._tree.change(path, DEVICE, {"ServicesResolved": Variant("b", False)})
        for service in [below for below in self._tree.below(path) if below.count("/") == path.count("/") + 1]:
            self._tree.remove(service)
        self._tree.change(path, DEVICE, {"Connected": Variant("b", False)})

    def forget(self, strap: FakeStrap) -> None:
        """BlueZ drops the object of a strap that it has not heard for a while."""
        self.lose_link(strap)
        self._tree.remove(device_path(strap))

    def set_power(self, *, on: bool) -> None:
        """Switch the adapter: off ends every discovery and every link."""
        self.powered = on
        if not on:
            self._discoveries.clear()
            for strap in self.straps:
                self.lose_link(strap)
        self._tree.change(ADAPTER_PATH, ADAPTER, {"Powered": Variant("b", on)})

    def hold(self, strap: FakeStrap) -> None:
        """Connect a strap as another program, or our own killed one, would have left it: linked, services known."""
        path = device_path(strap)
        if path not in self._tree.objects:
            self._tree.add(path, device_object(strap))
        strap.connected = True
        self._tree.change(path, DEVICE, {"Connected": Variant("b", True)})
        self._show_services(strap)

    def notify(self, strap: FakeStrap, payload: bytes) -> bool:
        """Send one measurement; False where the link is down or nobody is subscribed."""
        path = device_path(strap)
        if not strap.connected or not self._subscribers.get(path):
            return False
        value = {"Value": Variant("ay", payload)}
        self._tree.change(characteristic_path(strap, hrs.MEASUREMENT), CHARACTERISTIC, value)
        return True

    async def burst(self, strap: FakeStrap, payloads: Iterable[bytes]) -> None:
        """Send many measurements at once, as after a radio pause.

        Every so many the bus is asked something: dbus-fast gives up a connection whose socket is full.
        """
        for count, payload in enumerate(payloads, 1):
            self.notify(strap, payload)
            if count % 50 == 0:
                await self._bus.call(Message(_BUS, "/org/freedesktop/DBus", _BUS, "GetId"))

    def restart_heart(self, strap: FakeStrap) -> None:
        """The strap's heart was exchanged: beat on with the new one."""
        if beating := self._hearts.pop(device_path(strap), None):
            beating.cancel()
        self._tend_heart(strap)

    async def _advertise_for_ever(self) -> None:
        while True:
            for strap in self.straps:
                if strap.in_range and not strap.connected and self._wanted(strap):
                    self._advertise(strap)
            await asyncio.sleep(ADVERTISING_EVERY_S)

    def _wanted(self, strap: FakeStrap) -> bool:
        filters = [self._filters.get(client, []) for client in self._discoveries]
        return any(not uuids or not set(strap.uuids).isdisjoint(uuids) for uuids in filters)

    def _advertise(self, strap: FakeStrap) -> None:
        path = device_path(strap)
        if path in self._tree.objects:
            self._tree.change(path, DEVICE, {"RSSI": Variant("n", strap.signal_dbm)})
        else:
            self._tree.add(path, device_object(strap))

    async def _beat_for_ever(self, strap: FakeStrap) -> None:
        for payloads in strap.heart:
            for payload in () if strap.silent else payloads:
                self.notify(strap, payload)
            await asyncio.sleep(strap.packet_every_s)

    def _tend_heart(self, strap: FakeStrap) -> None:
        path = device_path(strap)
        if self._subscribers.get(path) and path not in self._hearts:
            self._hearts[path] = asyncio.ensure_future(self._beat_for_ever(strap))
        elif not self._subscribers.get(path) and path in self._hearts:
            self._hearts.pop(path).cancel()

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
        self._discoveries.discard(name)
        self._filters.pop(name, None)
        for strap in self.straps:
            self._subscribers.get(device_path(strap), set()).discard(name)
            self._tend_heart(strap)

    async def _managed_objects(self, _: Message) -> Reply:
        return "a{oa{sa{sv}}}", [self._tree.objects]

    async def _set_property(self, message: Message) -> Reply:
        interface, name, value = message.body
        self._tree.change(message.path or "", interface, {name: value})
        return "", []

    async def _set_discovery_filter(self, message: Message) -> Reply:
        uuids = message.body[0].get("UUIDs")
        self._filters[message.sender or ""] = uuids.value if uuids else []
        return "", []

    async def _start_discovery(self, message: Message) -> Reply:
        if not self.powered:
            raise NOT_READY
        if message.sender in self._discoveries:
            raise IN_PROGRESS
        self._discoveries.add(message.sender or "")
        return "", []

    async def _stop_discovery(self, message: Message) -> Reply:
        if not self.powered:
            raise NOT_READY
        if message.sender not in self._discoveries:
            raise failed("No discovery started")
        self._discoveries.remove(message.sender)
        for strap in self.straps if not self._discoveries else ():
            self._tree.change(device_path(strap), DEVICE, {}, ["RSSI"])
        return "", []

    async def _remove_device(self, message: Message) -> Reply:
        self.forget(self._strap_at(message.body[0]))
        return "", []

    async def _connect(self, message: Message) -> Reply | None:
        strap = self._strap_at(message.path)
        if not self.powered:
            raise NOT_READY
        if not strap.in_range:
            raise failed("br-connection-page-timeout")
        strap.connected = True
        self._tree.change(device_path(strap), DEVICE, {"Connected": Variant("b", True)})
        self._spawn(self._resolve(strap))
        return "", []

    async def _resolve(self, strap: FakeStrap) -> None:
        await asyncio.sleep(RESOLVING_S)
        if strap.connected and strap.resolves:
            self._show_services(strap)

    def _show_services(self, strap: FakeStrap) -> None:
        for path, interfaces in service_objects(strap).items():
            self._tree.add(path, interfaces)
        self._tree.change(device_path(strap), DEVICE, {"ServicesResolved": Variant("b", True)})

    async def _disconnect(self, message: Message) -> Reply:
        self.lose_link(self._strap_at(message.path))
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
        subscribers = self._subscribers.setdefault(device_path(strap), set())
        if message.sender in subscribers:
            raise IN_PROGRESS
        subscribers.add(message.sender or "")
        self._tree.change(message.path or "", CHARACTERISTIC, {"Notifying": Variant("b", True)})
        self._tend_heart(strap)
        return "", []

    async def _stop_notify(self, message: Message) -> Reply:
        strap = self._strap_at(message.path)
        self._subscribers.get(device_path(strap), set()).discard(message.sender or "")
        self._tend_heart(strap)
        return "", []

    def _strap_at(self, path: str | None) -> FakeStrap:
        for strap in self.straps:
            if f"{path}/".startswith(f"{device_path(strap)}/"):
                return strap
        raise UNKNOWN_OBJECT
