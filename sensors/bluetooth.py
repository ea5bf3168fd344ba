"""The computer's Bluetooth, as little of it as a strap needs. The only module that knows bleak.

Whatever goes wrong in the platform leaves here as a ``BluetoothTroubleError`` with its reason in words. Beside
``BleakError`` bleak lets out bare ``TimeoutError``, ``OSError`` (no bus), ``EOFError`` (the bus died) and, where power,
bus or daemon go at the wrong moment, ``AssertionError``, ``KeyError`` and dbus-fast's own errors.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.backends import BleakBackend
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)

from sensors.heart_rate_service import HEART_RATE_SERVICE, MEASUREMENT

SCAN_WINDOW_S = 1.5
"""How long one scan is trusted. Also well below the 10 s at which BlueZ before 5.88 trips over its own restart."""

_log = logging.getLogger(__name__)


class BluetoothTroubleError(Exception):
    """The platform failed; the text says how, and what to do where something can be done."""


class BluetoothMissingError(BluetoothTroubleError):
    """There is no Bluetooth to use just now: no adapter, no power, no daemon, no permission."""


class PairingNeededError(BluetoothTroubleError):
    """The strap answers only to a computer that it is paired with."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A heart-rate strap that can be connected to. ``id`` is its address (on macOS a UUID of that Mac's own).

    ``signal_dbm`` is None for a strap that the system already holds: that one is not advertising.
    """

    id: str
    name: str
    signal_dbm: int | None
    device: BLEDevice


Seen = Callable[[Sighting], None]

_SWITCHED_OFF = "Bluetooth is switched off: switch it on"
_NO_DAEMON = "the Bluetooth service does not answer: start it (on Linux: systemctl start bluetooth)"
_NO_BUS = "the system bus cannot be reached: start D-Bus and the Bluetooth service"
_DENIED = "this program may not use Bluetooth: allow it in the system's settings"
_MISSING = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: "this computer has no Bluetooth adapter: plug one in",
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: "this Bluetooth adapter knows no Low Energy: plug in another",
    BleakBluetoothNotAvailableReason.POWERED_OFF: _SWITCHED_OFF,
    BleakBluetoothNotAvailableReason.DENIED_BY_USER: _DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: _DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_UNKNOWN: _DENIED,
}
_MISSING_ON_DBUS = {
    "org.bluez.Error.NotReady": _SWITCHED_OFF,
    "org.freedesktop.DBus.Error.ServiceUnknown": _NO_DAEMON,
    "org.freedesktop.DBus.Error.NoReply": _NO_DAEMON,
    "org.freedesktop.DBus.Error.AccessDenied": _DENIED,
}
_OUT_OF_REACH = "the strap is no longer in reach"
_GONE_ON_DBUS = {
    "org.freedesktop.DBus.Error.UnknownObject",
    "org.freedesktop.DBus.Error.UnknownMethod",
    "org.bluez.Error.DoesNotExist",
}
_ADDRESS = re.compile(r"[\w/]*([0-9a-f]{2}[:_-]){5}[0-9a-f]{2}[\w/]*|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
"""A Bluetooth address, bare or in a path of objects, or the UUID that a Mac has in its place."""
_PAIRING_CODES = {
    BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHORIZATION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION_KEY_SIZE,
}
_PAIRING_ON_DBUS = {
    "org.bluez.Error.NotPermitted",
    "org.bluez.Error.NotAuthorized",
    "org.bluez.Error.AuthenticationFailed",
}


def _wants_pairing(error: Exception) -> bool:
    if isinstance(error, BleakDBusError):
        return error.dbus_error in _PAIRING_ON_DBUS
    return isinstance(error, BleakGATTProtocolError) and error.code in _PAIRING_CODES


def _in_words(doing: str, error: Exception) -> BluetoothTroubleError:
    """What the platform said, as one of our kinds and in words."""
    match error:
        case BleakBluetoothNotAvailableError(reason=reason):
            return BluetoothMissingError(_MISSING.get(reason, "Bluetooth is not available: switch it on"))
        case BleakDBusError(dbus_error=name) if name in _MISSING_ON_DBUS:
            return BluetoothMissingError(_MISSING_ON_DBUS[name])
        case _ if _wants_pairing(error):
            return PairingNeededError("the strap wants to be paired first")
        case TimeoutError():
            return BluetoothTroubleError(f"{doing} took too long")
        case OSError() | EOFError():
            return BluetoothMissingError(_NO_BUS)
        case _:
            return BluetoothTroubleError(f"{doing} failed ({_detail(error)})")


def _detail(error: Exception) -> str:
    """What went wrong, in our words where they say more; else the platform's own, without any address.

    Reasons are kept in the record, and no record names a device.
    """
    match error:
        case BleakCharacteristicNotFoundError():
            return "the device sends no heart-rate measurement"
        case BleakDeviceNotFoundError():
            return _OUT_OF_REACH
        case BleakDBusError(dbus_error=name, dbus_error_details=details):
            words = _OUT_OF_REACH if name in _GONE_ON_DBUS else details or name
        case _:
            words = str(error) or type(error).__name__
    return _ADDRESS.sub("[address]", words)


@contextmanager
def _platform(doing: str) -> Iterator[None]:
    """Only calls into the platform stand inside, so every exception there is the platform's."""
    try:
        yield
    except Exception as error:
        raise _in_words(doing, error) from error


async def _goodbye(doing: str, farewell: Callable[[], Any], within_s: float) -> None:
    """End something that may have ended already: what fails here shows at the next call, so it is only logged."""
    try:
        with _platform(doing):
            async with asyncio.timeout(within_s):
                await farewell()
    except BluetoothTroubleError as trouble:
        _log.debug("%s", trouble)


async def _take_back(scanner: BleakScanner, starting: asyncio.Future[None]) -> None:
    """The daemon may begin to scan though nobody waits any more, and would refuse every later scan."""
    await starting
    await scanner.stop()


class Connection:
    """One connection to a strap, subscribed to its measurements, until ``Bluetooth.connected`` is left."""

    def __init__(self, client: BleakClient) -> None:
        self._client = client

    async def read(self, uuid: str, within_s: float) -> bytes | None:
        """The value of a characteristic; None where the strap has none or will not tell."""
        try:
            with _platform("reading"):
                async with asyncio.timeout(within_s):
                    return bytes(await self._client.read_gatt_char(uuid))
        except BluetoothTroubleError as trouble:
            _log.debug("%s: %s", uuid, trouble)
            return None


class Bluetooth:
    """The default adapter. Sources in one process share one, since a process can run one scan at a time.

    ``call_s`` is how long the platform may take over one call, a connection included; ``closing_s`` over a goodbye.
    """

    def __init__(self, call_s: float = 15.0, closing_s: float = 3.0) -> None:
        self.call_s = call_s
        self.closing_s = closing_s
        self._scanner: BleakScanner | None = None
        self._scan_start_s = 0.0
        self._seen: dict[str, Sighting] = {}
        self._listeners: list[Seen] = []
        self._turn = asyncio.Lock()

    async def held(self) -> tuple[Sighting, ...]:
        """Straps that the system is connected to already: they don't advertise, so a scan would not find them."""
        with _platform("asking for connected straps"):
            async with asyncio.timeout(self.call_s):
                adapter = await BleakAdapter.get()
                devices = await adapter.get_connected_devices([HEART_RATE_SERVICE])
        return tuple(Sighting(device.address, device.name or device.address, None, device) for device in devices)

    @asynccontextmanager
    async def scanning(self, seen: Seen) -> AsyncIterator[None]:
        """Scan while entered; ``seen`` hears of every advertisement of a heart-rate strap.

        Raises BluetoothTroubleError where the scan cannot start. An adapter or daemon that goes away under a scan
        does not tell, so whoever waits long enters anew: a scan older than ``SCAN_WINDOW_S`` is then renewed.
        """
        self._listeners.append(seen)
        try:
            async with self._turn:
                await self._renew_scan()
            for strap in self._seen.values():
                seen(strap)
            yield
        finally:
            self._listeners.remove(seen)
            async with self._turn:
                if not self._listeners:
                    await self._end_scan()

    async def _renew_scan(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._scanner is not None and now_s < self._scan_start_s + SCAN_WINDOW_S:
            return
        await self._end_scan()
        self._scan_start_s = now_s
        self._seen = {}
        with _platform("scanning"):
            scanner = BleakScanner(self._advertised, service_uuids=[HEART_RATE_SERVICE])
            starting = asyncio.ensure_future(scanner.start())
            try:
                async with asyncio.timeout(self.call_s):
                    await asyncio.shield(starting)
            except BaseException:
                await _goodbye("taking back a scan", lambda: _take_back(scanner, starting), self.closing_s)
                raise
        self._scanner = scanner

    async def _end_scan(self) -> None:
        scanner, self._scanner = self._scanner, None
        if scanner is not None:
            await _goodbye("ending the scan", scanner.stop, self.closing_s)

    def _advertised(self, device: BLEDevice, advertisement: AdvertisementData) -> None:
        name = device.name or advertisement.local_name or device.address
        strap = self._seen[device.address] = Sighting(device.address, name, advertisement.rssi, device)
        for seen in self._listeners:
            seen(strap)

    @asynccontextmanager
    async def connected(
        self, strap: Sighting, *, pair: bool, heard: Callable[[bytes], None], gone: Callable[[], None]
    ) -> AsyncIterator[Connection]:
        """Connect and subscribe; disconnect on every way out, a cancellation included.

        ``heard`` gets each payload at the moment it comes, ``gone`` is called once when the link is no more. Both
        must only take note and return. Raises BluetoothTroubleError where the connection does not come about.
        """

        def notified(_: BleakGATTCharacteristic, payload: bytearray) -> None:
            heard(bytes(payload))

        with _platform("connecting"):
            client = BleakClient(strap.device, lambda _: gone(), timeout=self.call_s, pair=pair)
        try:
            with _platform("connecting"):
                # bleak's own limit leaves out its clean-up, which waits for the daemon again.
                async with asyncio.timeout(self.call_s + self.closing_s):
                    await client.connect()
            with _platform("subscribing"):
                async with asyncio.timeout(self.call_s):
                    await client.start_notify(MEASUREMENT, notified)
            yield Connection(client)
        finally:
            if pair and client.backend_id is BleakBackend.WIN_RT:
                # Windows holds on to a paired strap, and the next subscription would hang (hbldh/bleak#1943).
                await _goodbye("unpairing", client.unpair, self.closing_s)
            await _goodbye("disconnecting", client.disconnect, self.closing_s)
