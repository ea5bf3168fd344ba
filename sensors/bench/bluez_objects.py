"""The objects through which BlueZ shows an adapter, a strap and its services, at the paths that BlueZ gives them.

bleak reads a characteristic's handle from the last four characters of its path, so they are real handles here too.
Source: BlueZ's doc/org.bluez.{Adapter,Device,GattService,GattCharacteristic}.rst.
"""

from typing import Final

from dbus_fast import Variant

from sensors.bench.fake_strap import FakeStrap
from sensors.bench.object_tree import Interfaces

ADAPTER_PATH: Final = "/org/bluez/hci0"
ADAPTER: Final = "org.bluez.Adapter1"
DEVICE: Final = "org.bluez.Device1"
SERVICE: Final = "org.bluez.GattService1"
CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"


def device_path(strap: FakeStrap) -> str:
    """Where BlueZ shows this strap."""
    return f"{ADAPTER_PATH}/dev_{strap.address.replace(':', '_')}"


def adapter_object(*, powered: bool) -> Interfaces:
    """An adapter that can scan and connect."""
    return {
        ADAPTER: {
            "Address": Variant("s", "00:00:00:00:00:01"),
            "Name": Variant("s", "bench"),
            "Alias": Variant("s", "bench"),
            "Powered": Variant("b", powered),
            "Roles": Variant("as", ["central"]),
        }
    }


def device_object(strap: FakeStrap) -> Interfaces:
    """A strap just heard."""
    return {
        DEVICE: {
            "Address": Variant("s", strap.address),
            "Name": Variant("s", strap.name),
            "Alias": Variant("s", strap.name),
            "Adapter": Variant("o", ADAPTER_PATH),
            "UUIDs": Variant("as", strap.uuids),
            "RSSI": Variant("n", strap.signal_dbm),
            "Connected": Variant("b", False),
            "Paired": Variant("b", False),
            "Trusted": Variant("b", False),
            "ServicesResolved": Variant("b", False),
        }
    }


def service_objects(strap: FakeStrap) -> dict[str, Interfaces]:
    """A strap's services and characteristics by path, parents first."""
    objects: dict[str, Interfaces] = {}
    for service_uuid, characteristics in strap.layout().items():
        service = _service_path(strap, service_uuid)
        objects[service] = _service(strap, service_uuid)
        for uuid, value in characteristics.items():
            flag = "notify" if value is None else "read"
            objects[characteristic_path(strap, uuid)] = _characteristic(service, uuid, flag)
    return objects


def _service(strap: FakeStrap, uuid: str) -> Interfaces:
    return {
        SERVICE: {
            "UUID": Variant("s", uuid),
            "Device": Variant("o", device_path(strap)),
            "Primary": Variant("b", True),
            "Includes": Variant("ao", []),
        }
    }


def _characteristic(service: str, uuid: str, flag: str) -> Interfaces:
    return {
        CHARACTERISTIC: {
            "UUID": Variant("s", uuid),
            "Service": Variant("o", service),
            "Flags": Variant("as", [flag]),
            "Notifying": Variant("b", False),
            "MTU": Variant("q", 23),
        }
    }


def _service_path(strap: FakeStrap, uuid: str) -> str:
    return f"{device_path(strap)}/service{0x10 * (1 + list(strap.layout()).index(uuid)):04x}"


def characteristic_path(strap: FakeStrap, uuid: str) -> str:
    """Where BlueZ shows a characteristic. Raises KeyError where the strap has none such."""
    for service_uuid, characteristics in strap.layout().items():
        if uuid in characteristics:
            service = _service_path(strap, service_uuid)
            return f"{service}/char{int(service[-4:], 16) + 1 + 2 * list(characteristics).index(uuid):04x}"
    raise KeyError(uuid)


def value_at(strap: FakeStrap, path: str) -> bytes | None:
    """What the characteristic at ``path`` holds; None where it cannot be read."""
    values = {uuid: value for each in strap.layout().values() for uuid, value in each.items()}
    return next((value for uuid, value in values.items() if characteristic_path(strap, uuid) == path), None)
