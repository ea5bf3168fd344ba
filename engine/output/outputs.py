"""All that a guardian plays through: ports and the built-in synth, each fed the same bytes. Standard library only."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence

from engine.clock import Clock
from engine.errors import UsageError
from engine.output.places import owned
from engine.output.ports import MidiPort, Port, PortLostError, RecordingPort, VirtualPort

SYNTH = (sys.executable, "-m", "engine.output.synth")
SYNTH_END_S = 3.0


class SynthPort:
    """The built-in synth, a process of its own that reads MIDI bytes."""

    name = "the built-in synth"

    def __init__(self, command: Sequence[str] = SYNTH) -> None:
        self._command = command
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603  our own module
            self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
        )
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
        return process

    def send(self, data: bytes) -> None:
        """Write one message; a synth that no longer reads is gone."""
        try:
            if self._process.stdin is not None:
                os.write(self._process.stdin.fileno(), data)
        except OSError as error:
            raise PortLostError(f"The built-in synth stopped ({error.strerror}).") from error

    def is_there(self) -> bool:
        """Whether its process lives."""
        return self._process.poll() is None

    def reopen(self) -> bool:
        """Start another."""
        self._end(0.0)
        self._process = self._start()
        return True

    def close(self) -> None:
        """Close its input: it fades out and ends by itself."""
        self._end(SYNTH_END_S)

    def _end(self, patience_s: float) -> None:
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def open_port(spec: str, clock: Clock) -> Port:
    """The output that ``midi:NAME``, ``virtual:NAME``, ``synth`` or ``record:PATH`` means.

    Raises the ports' own one-sentence errors, and UsageError for other words.
    """
    kind, _, name = spec.partition(":")
    match kind:
        case "midi":
            return MidiPort(name)
        case "virtual":
            return VirtualPort(name)
        case "record":
            return RecordingPort(name, clock)
        case "synth":
            return SynthPort()
    raise UsageError(f"There is no output {spec!r}; write midi:PORT, virtual:NAME, synth or record:PATH.")


class Outputs:
    """Every output of one room. A port is owned by one guardian at a time.

    ``lost`` holds what is gone, with the reason in words; nothing is sent there until it is back.
    """

    def __init__(self, specs: Sequence[str], clock: Clock, opener: Callable[[str, Clock], Port] = open_port) -> None:
        self.lost: dict[str, str] = {}
        self._owned = contextlib.ExitStack()
        self._ports: list[Port] = []
        try:
            for spec in specs:
                self._ports.append(self._open(spec, clock, opener))
        except BaseException:
            self.close()
            raise

    def _open(self, spec: str, clock: Clock, opener: Callable[[str, Clock], Port]) -> Port:
        port = opener(spec, clock)
        try:
            if not isinstance(port, SynthPort):
                self._owned.enter_context(owned("port", port.name))
        except BaseException:
            port.close()
            raise
        return port

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        return tuple(port.name for port in self._ports)

    @property
    def all_lost(self) -> bool:
        """True where there were outputs and none is left."""
        return bool(self._ports) and len(self.lost) == len(self._ports)

    def send(self, data: bytes) -> None:
        """To every output that is there; one that fails is lost."""
        for port in self._ports:
            if port.name not in self.lost:
                try:
                    port.send(data)
                except PortLostError as error:
                    self.lost[port.name] = str(error)

    def look(self) -> None:
        """See which outputs are still there."""
        for port in self._ports:
            if port.name not in self.lost and not port.is_there():
                self.lost[port.name] = f"The output {port.name} is gone; plug it in again."

    def find_again(self, told: Sequence[bytes]) -> tuple[str, ...]:
        """Open lost outputs again where they are back, and tell them first of all what ``told`` says."""
        back = []
        for port in self._ports:
            if port.name in self.lost and port.reopen() and self._tell(port, told):
                del self.lost[port.name]
                back.append(port.name)
        return tuple(back)

    @staticmethod
    def _tell(port: Port, told: Sequence[bytes]) -> bool:
        try:
            for data in told:
                port.send(data)
        except PortLostError:
            return False
        return True

    def close(self) -> None:
        """Let go of them all."""
        for port in self._ports:
            port.close()
        self._owned.close()
