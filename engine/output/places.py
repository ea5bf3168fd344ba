"""Where a room's guardian can be met, and that there is only one. Standard library only."""

import contextlib
import fnmatch
import hashlib
import os
import re
import stat
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.clock import now_s
from engine.errors import LinkFailedError

if sys.platform != "win32":
    import fcntl

LEAVING_S = 4.0
"""A guardian whose engine died fades for 2 s and sees its last note-offs off before it lets go; the next one waits."""
SERVICE_FOLDER = Path("/run/calando/calando")
"""Where configs/calando.service keeps its room's socket, for whoever silences it from another account."""
OPEN_TO_GROUP = 0o750
LONGEST_SOCKET = 107 if sys.platform == "linux" else 103
"""Bytes of a socket's path that fit into the system's ``sockaddr_un``, its closing 0 taken off (unix(7))."""


class InUseError(LinkFailedError):
    """Somebody else already owns the room or the port."""


def _own_folder() -> Path:
    given = os.environ.get("XDG_RUNTIME_DIR")
    owner = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(given) / "calando" if given else Path(tempfile.gettempdir()) / f"calando-{owner}"


def runtime_folder() -> Path:
    """This user's folder for sockets and locks, made where it is missing; nobody else may enter it.

    But where the folder above it is open to its group (0750, as the service has it), this one is too: to *panic*.
    Raises LinkFailedError where it cannot be this user's.
    """
    folder = _own_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LinkFailedError(
            f"The folder {folder} cannot be made ({error.strerror}); set XDG_RUNTIME_DIR to one of your own."
        ) from error
    if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
        raise LinkFailedError(f"The folder {folder} belongs to somebody else; set XDG_RUNTIME_DIR to one of your own.")
    above = stat.S_IMODE(folder.parent.stat().st_mode)
    folder.chmod(OPEN_TO_GROUP if above == OPEN_TO_GROUP else 0o700)
    return folder


def folders_of_rooms() -> tuple[Path, ...]:
    """Where a room of this computer may be met, whoever runs it: this user's own folder, the service's, and others'."""
    of_users = (*Path("/run/user").glob("*/calando"), *Path(tempfile.gettempdir()).glob("calando-[0-9]*"))
    return tuple(dict.fromkeys((_own_folder(), SERVICE_FOLDER, *sorted(of_users))))


def file_name(kind: str, name: str) -> str:
    """A short file name for a room or a port, one for each."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:24]
    return f"{kind}-{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def socket_path(room: str) -> Path:
    """Where the guardian of a room listens for *panic*. Raises LinkFailedError where the system takes no such path."""
    path = runtime_folder() / f"{file_name('room', room)}.sock"
    if (length := len(os.fsencode(path))) > LONGEST_SOCKET:
        raise LinkFailedError(
            f"The folder {path.parent} has too long a name for a room's socket, by {length - LONGEST_SOCKET} bytes; "
            "set XDG_RUNTIME_DIR to a shorter one."
        )
    return path


@dataclass(frozen=True, slots=True)
class Rooms:
    """The sockets that are there, whether or not somebody answers; and the folders that this user may not look into."""

    sockets: tuple[Path, ...]
    closed: tuple[Path, ...]


def name_of(socket: Path) -> str:
    """The name of the room whose guardian listens there, as its lock tells; else what its file name says of it."""
    with contextlib.suppress(OSError, UnicodeError):
        if name := socket.with_suffix(".lock").read_text():
            return name
    return socket.stem.removeprefix("room-").rpartition("-")[0] or socket.stem


def find_rooms(name: str | None = None) -> Rooms:
    """Every room of this computer that can be found, or those called ``name``."""
    wanted = f"{file_name('room', name)}.sock" if name else "room-*.sock"
    sockets: list[Path] = []
    closed: list[Path] = []
    for folder in folders_of_rooms():
        try:
            sockets += (each for each in sorted(folder.iterdir()) if fnmatch.fnmatch(each.name, wanted))
        except PermissionError:
            closed.append(folder)
        except OSError:
            continue
    return Rooms(tuple(sockets), tuple(closed))


@contextlib.contextmanager
def owned(kind: str, name: str, patience_s: float = LEAVING_S) -> Iterator[None]:
    """Own a room or a port while inside; the system lets go of it when the process dies.

    Raises InUseError where another process keeps it longer than ``patience_s``.
    """
    if sys.platform == "win32":
        yield
        return
    path = runtime_folder() / f"{file_name(kind, name)}.lock"
    until_s = now_s() + patience_s
    with path.open("a") as file:
        while not _lock(file.fileno(), fcntl.LOCK_EX):
            if now_s() >= until_s:
                raise InUseError(f"The {kind} {name!r} is in use by another calando; end that one first.")
            threading.Event().wait(0.01)
        with contextlib.suppress(OSError):  # on a full disk it has no name, and is owned all the same
            file.truncate(0)
            os.write(file.fileno(), name.encode())
        yield


def is_owned(kind: str, name: str) -> bool:
    """Whether a process that lives owns it, whoever runs that, as far as this user may look."""
    if sys.platform == "win32":
        return False
    for folder in folders_of_rooms():
        with contextlib.suppress(OSError), (folder / f"{file_name(kind, name)}.lock").open() as file:
            if not _lock(file.fileno(), fcntl.LOCK_SH):
                return True
    return False


def _lock(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
