"""The guardian's control socket, and the one word that may be said there: *panic*. Standard library only."""

import contextlib
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.clock import Clock
from engine.errors import LinkFailedError
from engine.output.places import name_of

PANIC = b"panic\n"
HEARD = b"fading\n"
SILENT = b"silent\n"
LOST = b"lost\n"
"""Silent, but for an output that is away: nobody can say what it still sounds."""
ASKING = 16
KNOCK_S = 0.5


class ControlSocket:
    """Listens on a path for *panic*; whoever asked is told when it was heard, and how it ended.

    Who may ask is the folder's to say: its owner, and its group where that may enter it.
    """

    def __init__(self, path: Path, panic: Callable[[], None]) -> None:
        self._path = path
        self._panic = panic
        self._knocking: list[socket.socket] = []
        self._asking: list[socket.socket] = []
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path.unlink(missing_ok=True)
        self._door.bind(str(path))
        path.chmod(0o660)
        self._door.listen(ASKING)
        self._door.setblocking(False)

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """What to wait on."""
        return (self._door, *self._knocking)

    def serve(self, readable: Sequence[socket.socket]) -> None:
        """Let in whoever knocks, and do what is asked."""
        for each in readable:
            if each is self._door:
                self._let_in()
            elif each in self._knocking:
                self._knocking.remove(each)
                self._hear(each)

    def _let_in(self) -> None:
        with contextlib.suppress(OSError):
            knocking, _ = self._door.accept()
            knocking.setblocking(False)
            self._knocking.append(knocking)
            for older in self._knocking[:-ASKING]:
                older.close()
            self._knocking = self._knocking[-ASKING:]

    def _hear(self, asking: socket.socket) -> None:
        word = b""
        with contextlib.suppress(OSError):
            word = asking.recv(len(PANIC))
        if word != PANIC:
            asking.close()
            return
        self._panic()
        self._say(asking, HEARD)
        self._asking.append(asking)

    def tell(self, ending: bytes) -> None:
        """Say to those who asked how it ended, ``SILENT`` or ``LOST``, and let them go."""
        for asking in self._asking:
            self._say(asking, ending)
            asking.close()
        self._asking.clear()

    @staticmethod
    def _say(asking: socket.socket, word: bytes) -> None:
        with contextlib.suppress(OSError):
            asking.send(word)

    def close(self) -> None:
        """Stop listening."""
        for each in (*self._knocking, *self._asking, self._door):
            each.close()
        self._path.unlink(missing_ok=True)


class NobodyAnswersError(LinkFailedError):
    """No guardian listens for this room."""


class OutputLostError(LinkFailedError):
    """The guardian is silent, and an output of its room is away."""


def is_listening(path: Path) -> bool:
    """Whether a guardian is there, even one that hangs; it is asked for nothing."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking, contextlib.suppress(OSError):
        knocking.settimeout(KNOCK_S)
        knocking.connect(str(path))
        return True
    return False


def silence_room(path: Path, clock: Clock, patience_s: float = 2.0) -> float:
    """Silence the guardian that listens at ``path`` and wait until it is; the seconds it took.

    Raises NobodyAnswersError where none listens or none answers in time, OutputLostError where an output could not be
    reached.
    """
    begun_s, name = clock(), name_of(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(patience_s)
        try:
            asking.connect(str(path))
            asking.sendall(PANIC)
            heard = b""
            while not heard.endswith((SILENT, LOST)):
                piece = asking.recv(64)
                if not piece:
                    break
                heard += piece
        except PermissionError as error:
            raise NobodyAnswersError(
                f"The room {name!r} is another user's and closed to this one; turn the amplifier down."
            ) from error
        except OSError as error:
            raise NobodyAnswersError(f"No guardian answers in the room {name!r}; turn the amplifier down.") from error
    if heard.endswith(LOST):
        raise OutputLostError(
            f"The room {name!r} has an output that is away and may hold its last notes; turn the amplifier down."
        )
    if not heard.endswith(SILENT):
        raise NobodyAnswersError(
            f"The guardian of the room {name!r} went before it was silent; turn the amplifier down."
        )
    return clock() - begun_s
