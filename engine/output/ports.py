"""MIDI ports: found by name, opened, watched, opened again. rtmidi is imported here and nowhere else, and late."""

import contextlib
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from engine.clock import Clock, now_s
from engine.errors import CalandoError, DeviceNotFoundError, UsageError

CLIENT = "calando"

LINGER_S = 0.25
"""JACK drops what a client handed over in the cycle in which it leaves, the last note-offs with it. A cycle of 4096
frames at 44.1 kHz lasts 93 ms, and whoever receives may be one cycle behind."""

BURST = 16
BREATH_S = 0.002
"""A pause after so many messages that came without one: ALSA keeps 200 for a program that reads, and a JACK cycle of 64
frames holds about 20. What is beyond is dropped without a word, and the last of a silence is its *all off*."""


class NoMidiSystemError(DeviceNotFoundError):
    """Neither ALSA nor JACK (or the platform's own MIDI) answers, or rtmidi is not installed."""


class NoSuchPortError(DeviceNotFoundError):
    """No port has this name."""


class SeveralPortsError(UsageError):
    """More than one port fits the name."""


class PortLostError(CalandoError):
    """The port was there and is gone."""


class Port(Protocol):
    """Somewhere bytes can go."""

    name: str

    def send(self, data: bytes) -> None:
        """Hand one message to the driver. Raises PortLostError where the port is known to be gone."""

    def is_there(self) -> bool:
        """Whether the port can still be seen."""

    def reopen(self) -> bool:
        """Try to open it again after it was lost; True where it is back."""

    def close(self) -> None:
        """Let it go."""


def plain_name(name: str) -> str:
    """A port's name without the numbers that ALSA gives anew at each plugging in."""
    return re.sub(r"\s+\d+:\d+$", "", name).strip()


def choose_port(wanted: str, names: Sequence[str]) -> int:
    """The index of the port that ``wanted`` means: the same name, else part of one, whatever the case.

    Raises NoSuchPortError or SeveralPortsError, each naming what there is.
    """
    there = ", ".join(names) or "none at all"
    whole = [index for index, name in enumerate(names) if wanted in (name, plain_name(name))]
    part = [index for index, name in enumerate(names) if wanted.lower() in name.lower()]
    found = whole or part
    if not found:
        raise NoSuchPortError(f"There is no MIDI port {wanted!r}; there is: {there}. Plug it in or choose another.")
    if len(found) > 1:
        several = ", ".join(names[index] for index in found)
        raise SeveralPortsError(f"{wanted!r} fits several MIDI ports: {several}; write more of the name.")
    return found[0]


def is_through(name: str) -> bool:
    """Whether this is ALSA's own port, which only gives back what it is sent."""
    return name.lower().startswith("midi through")


def load_driver() -> None:
    """Import rtmidi ahead, where it is installed."""
    with contextlib.suppress(ImportError):
        import rtmidi  # noqa: F401


def list_ports() -> tuple[str, ...]:
    """The names of every MIDI output port. Raises NoMidiSystemError where there is no MIDI system."""
    return tuple(name for client in _clients("calando-look") for name in client.get_ports())


def list_inputs() -> tuple[str, ...]:
    """The names of every MIDI input port. Raises NoMidiSystemError where there is no MIDI system."""
    return tuple(name for client in _listeners("calando-look") for name in client.get_ports())


def plain_names(wanted: Sequence[str]) -> tuple[str, ...]:
    """The plain names of the ports that are meant; what means none, or several, is given back without numbers."""
    try:
        names = list_ports() if wanted else ()
    except NoMidiSystemError:
        names = ()
    return tuple(_plain_name_of(each, names) for each in wanted)


def _plain_name_of(wanted: str, names: Sequence[str]) -> str:
    try:
        return plain_name(names[choose_port(wanted, names)])
    except (NoSuchPortError, SeveralPortsError):
        return plain_name(wanted)


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """ALSA and JACK write about missing servers on their own; a person gets one sentence instead."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _clients(name: str) -> list[Any]:
    """A client that plays for each MIDI system that answers."""
    return _answering(lambda rtmidi, system: rtmidi.MidiOut(system, name=name))


def _listeners(name: str) -> list[Any]:
    """A client that listens for each MIDI system that answers."""
    return _answering(lambda rtmidi, system: rtmidi.MidiIn(system, name=name))


def _answering(make: Callable[[Any, int], Any]) -> list[Any]:
    try:
        import rtmidi
    except ImportError as error:
        raise NoMidiSystemError(
            f"MIDI ports need python-rtmidi and its system library ({error}); install them."
        ) from error
    clients = []
    with _quiet_stderr():
        for system in rtmidi.get_compiled_api():
            with contextlib.suppress(OSError):
                clients.append(make(rtmidi, system))
    if not clients:
        raise NoMidiSystemError(
            "No MIDI system answers: neither ALSA's sequencer nor a JACK server; start one of them."
        )
    return clients


class _Player:
    """The client of a MIDI system that plays, and that leaves only when everything it handed over has been played."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self._handed_s = -LINGER_S
        self._unpaused = 0

    def send(self, data: bytes, port: str) -> None:
        """Hand one message to the driver. Raises PortLostError, which names the port."""
        self._breathe()
        try:
            self.client.send_message(list(data))
        except OSError as error:
            raise PortLostError(f"The MIDI port {port} is gone ({error}).") from error
        self._handed_s = now_s()

    def _breathe(self) -> None:
        self._unpaused = self._unpaused + 1 if now_s() - self._handed_s < BREATH_S else 1
        if self._unpaused > BURST:
            threading.Event().wait(BREATH_S)
            self._unpaused = 1

    def close(self) -> None:
        """Wait until the driver has played what it was handed, then leave."""
        threading.Event().wait(max(self._handed_s + LINGER_S - now_s(), 0.0))
        self.client.close_port()


class MidiPort:
    """A port of the system's, opened by name; one client watches for it and another plays it."""

    def __init__(self, wanted: str) -> None:
        self._watchers = _clients(f"{CLIENT}-look")
        self._players = _clients(CLIENT)
        names = [(index, name) for index, watcher in enumerate(self._watchers) for name in watcher.get_ports()]
        system, self._full_name = names[choose_port(wanted, [name for _, name in names])]
        self.name = plain_name(self._full_name)
        self._watcher, self._player = self._watchers[system], _Player(self._players[system])
        self._open()

    def _open(self) -> None:
        index = choose_port(self._full_name, self._watcher.get_ports())
        self._player.client.open_port(index, "out")

    def send(self, data: bytes) -> None:
        """Hand one message to the driver."""
        self._player.send(data, self.name)

    def is_there(self) -> bool:
        """Whether the very port that was opened is still listed: nothing else tells of an unplugged cable.

        One that is plugged in again bears its name and, with ALSA, another number; it is not connected yet.
        """
        try:
            return self._full_name in self._watcher.get_ports()
        except OSError:
            return False

    def reopen(self) -> bool:
        """Open it again by name, if it is back."""
        try:
            self._full_name = next(name for name in self._watcher.get_ports() if plain_name(name) == self.name)
            self._player.client.close_port()
            self._open()
        except (OSError, CalandoError, StopIteration):
            return False
        return True

    def close(self) -> None:
        """Let it go."""
        self._player.close()


class MidiInput:
    """An input port of the system's: ``hear`` gets each message, in a thread of rtmidi's own.

    Raises NoSuchPortError, SeveralPortsError and NoMidiSystemError as an output does.
    """

    def __init__(self, wanted: str, hear: Callable[[bytes], None]) -> None:
        self._watchers = _listeners(f"{CLIENT}-look")
        names = [(index, name) for index, watcher in enumerate(self._watchers) for name in watcher.get_ports()]
        system, full_name = names[choose_port(wanted, [name for _, name in names])]
        self.name = plain_name(full_name)
        self._watcher = self._watchers[system]
        self._player = _listeners(CLIENT)[system]
        self._player.set_callback(lambda message, _data: hear(bytes(message[0])))
        self._player.open_port(choose_port(self.name, self._watcher.get_ports()), "in")

    def is_there(self) -> bool:
        """Whether the port's name is still listed."""
        try:
            return any(plain_name(name) == self.name for name in self._watcher.get_ports())
        except OSError:
            return False

    def close(self) -> None:
        """Let it go."""
        self._player.cancel_callback()
        self._player.close_port()


class VirtualPort:
    """A port of our own, which other programs may connect to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._player = _Player(_clients(CLIENT)[0])
        try:
            self._player.client.open_virtual_port(name)
        except (OSError, NotImplementedError) as error:
            raise NoMidiSystemError(
                f"No virtual MIDI port can be made here ({error}); use one that is there."
            ) from error

    def send(self, data: bytes) -> None:
        """Hand one message to the driver."""
        self._player.send(data, self.name)

    def is_there(self) -> bool:
        """A port of our own stays."""
        return True

    def reopen(self) -> bool:
        """Nothing to do: it was never away."""
        return True

    def close(self) -> None:
        """Let it go."""
        self._player.close()


class RecordingPort:
    """The fake that ships beside the real ones: a file with a line ``seconds hex`` for each message.

    While a file ``PATH.unplugged`` exists the port counts as gone, which is how a test pulls its cable.
    """

    def __init__(self, path: Path | str, clock: Clock) -> None:
        self.name = str(path)
        self._clock = clock
        self._unplugged = Path(f"{path}.unplugged")
        try:
            self._file = Path(path).open("ab", buffering=0)  # noqa: SIM115  it lives as long as the port
        except OSError as error:
            raise DeviceNotFoundError(f"Cannot record to {path}: {error.strerror}; choose another place.") from error

    def send(self, data: bytes) -> None:
        """Write one line."""
        try:
            self._file.write(f"{self._clock():.6f} {data.hex()}\n".encode())
        except OSError as error:
            raise PortLostError(f"Cannot record to {self.name} any more ({error.strerror}).") from error

    def is_there(self) -> bool:
        """Whether nobody has pulled its cable."""
        return not self._unplugged.exists()

    def reopen(self) -> bool:
        """It is back when it is there."""
        return self.is_there()

    def close(self) -> None:
        """Let it go."""
        self._file.close()


def read_recording(path: Path | str) -> list[tuple[float, bytes]]:
    """What a RecordingPort wrote, as (seconds, bytes); a last line that is not whole yet is left out."""
    lines = Path(path).read_text().split("\n")[:-1]
    return [(float(time_s), bytes.fromhex(data)) for time_s, data in (line.split() for line in lines)]
