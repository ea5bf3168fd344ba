"""What can be made to go wrong with a call: refused, slow, or never answered."""

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass


class BluezError(Exception):
    """A call refused as BlueZ refuses it: ``name`` is the D-Bus error, ``text`` what BlueZ adds."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name, text)
        self.name = name
        self.text = text


def failed(text: str) -> BluezError:
    """``org.bluez.Error.Failed``: what BlueZ says of nearly everything."""
    return BluezError("org.bluez.Error.Failed", text)


ABORTED = failed("Software caused connection abort")
NOT_READY = BluezError("org.bluez.Error.NotReady", "Resource Not Ready")
IN_PROGRESS = BluezError("org.bluez.Error.InProgress", "In Progress")
NOT_PERMITTED = BluezError("org.bluez.Error.NotPermitted", "Not paired")
INSUFFICIENT_AUTHENTICATION = failed("Operation failed with ATT error: 0x05")
UNKNOWN_OBJECT = BluezError("org.freedesktop.DBus.Error.UnknownObject", "Method called on an object that is gone")


@dataclass(frozen=True, slots=True)
class Refuse:
    """The call fails at once."""

    error: BluezError = ABORTED


@dataclass(frozen=True, slots=True)
class Delay:
    """The call is carried out this much later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """The call is never answered."""


Fault = Refuse | Delay | Hang


class Script:
    """The faults waiting for the next calls of a method; a call without one is carried out as usual."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def next(self, member: str, fault: Fault, times: int = 1) -> None:
        """The next ``times`` calls of ``member`` (``Connect``, ``StartNotify``, ...) meet this fault."""
        self._waiting[member].extend([fault] * times)

    def clear(self) -> None:
        """Nothing goes wrong from here on; a call that hangs already stays hanging."""
        self._waiting.clear()

    async def meet(self, member: str) -> None:
        """Suffer the next fault of ``member``. Raises BluezError where it is a refusal."""
        if not self._waiting[member]:
            return
        match self._waiting[member].popleft():
            case Refuse(error):
                raise BluezError(error.name, error.text)
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case Hang():
                await asyncio.Event().wait()
