"""Everything a guardian waits for at once: its pipe, its control socket, a signal, the next moment.

Standard library only.
"""

import contextlib
import os
import select
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence

_PIECE = 65536


class Inbox:
    """Reads a pipe in a thread, so that waiting works alike on every system, and wakes whoever waits.

    ``ended`` says why nothing more will come, once that is so. ``prepare`` is the first that the thread does.
    """

    def __init__(self, pipe: int, prepare: Callable[[], object] = lambda: None) -> None:
        self.ended: str | None = None
        self._pieces: deque[bytes] = deque()
        self._waiting, self._waking = socket.socketpair()
        self._waiting.setblocking(False)
        self._waking.setblocking(False)
        threading.Thread(target=self._read, args=(pipe, prepare), name="pipe", daemon=True).start()

    def _read(self, pipe: int, prepare: Callable[[], object]) -> None:
        prepare()
        with contextlib.suppress(OSError):
            while piece := os.read(pipe, _PIECE):
                self._pieces.append(piece)
                self.wake()
        self.ended = "the engine is gone"
        self.wake()

    def end(self) -> None:
        """Take nothing more; safe from a signal handler."""
        self.ended = "asked to terminate"
        self.wake()

    def wake(self) -> None:
        """End the wait now; safe from a signal handler."""
        with contextlib.suppress(OSError):
            self._waking.send(b"!")

    def begins(self) -> bool:
        """Wait for the first that comes, however long, and leave it there; False where the pipe ends without."""
        select.select([self._waiting], [], [])
        return bool(self._pieces)

    def wait(self, seconds: float, also: Sequence[socket.socket] = ()) -> list[socket.socket]:
        """Wait until something comes or the time is over; those of ``also`` that can be read."""
        readable, _, _ = select.select([self._waiting, *also], [], [], seconds)
        if self._waiting in readable:
            readable.remove(self._waiting)
            with contextlib.suppress(OSError):
                self._waiting.recv(4096)
        return readable

    def take(self) -> bytes:
        """What came since the last time, in order."""
        pieces = []
        while self._pieces:
            pieces.append(self._pieces.popleft())
        return b"".join(pieces)
