"""The objects a Bluetooth daemon shows on D-Bus, each change told by the signal that BlueZ would send."""

from collections.abc import Callable, Iterable

from dbus_fast import Message, Variant

OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"

Values = dict[str, Variant]
Interfaces = dict[str, Values]


class ObjectTree:
    """Path, interface, property. Only what was put in is shown, as BlueZ leaves out a property without a value."""

    def __init__(self, send: Callable[[Message], object]) -> None:
        self._send = send
        self.objects: dict[str, Interfaces] = {}

    def add(self, path: str, interfaces: Interfaces) -> None:
        """Show a new object."""
        self.objects[path] = interfaces
        self._signal("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, interfaces])

    def remove(self, path: str) -> None:
        """Take away an object and all below it, the lowest first."""
        for gone in sorted(self.below(path), reverse=True):
            interfaces = list(self.objects.pop(gone))
            self._signal("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", [gone, interfaces])

    def below(self, path: str) -> list[str]:
        """The object and those below it that exist."""
        return [other for other in self.objects if other == path or other.startswith(f"{path}/")]

    def change(self, path: str, interface: str, changed: Values, invalidated: Iterable[str] = ()) -> None:
        """Set properties of an object and take others away; nothing happens where the object is gone."""
        if path not in self.objects:
            return
        values = self.objects[path][interface]
        values.update(changed)
        gone = [name for name in invalidated if values.pop(name, None) is not None]
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changed, gone])

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[object]) -> None:
        self._send(Message.new_signal(path, interface, member, signature, body))
