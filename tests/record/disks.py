"""Disks that fail: full, locked by another program, or slow to sync. Real parts, but for the last one's stand-in."""

import contextlib
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.record.database import connect

LOCKER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def full(size: int) -> Iterator[None]:
    """The kernel takes no byte of any file beyond ``size``, as of a disk that is full (RLIMIT_FSIZE)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own in memory, which only root can mount."""
    folder.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)), check=True)
    try:
        yield folder
    finally:
        subprocess.run(("umount", "-l", str(folder)), check=True)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process keeps the file locked."""
    command = (sys.executable, "-c", LOCKER, str(path))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        yield


class BrokenDisk:
    """The stand-in for a disk that is there and takes nothing, until it is well again; ``error`` is how it says so."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.is_well = True
        self.refused = 0
        self._error = error or sqlite3.OperationalError("disk I/O error")

    def connect(self, path: Path) -> sqlite3.Connection:
        if not self.is_well:
            self.refused += 1
            raise self._error
        return connect(path)

    def heal(self) -> None:
        self.is_well = True


def impatient(path: Path) -> sqlite3.Connection:
    """A connection that waits for no lock: SQLite's own 5 s would only make the test longer."""
    database = connect(path)
    database.execute("PRAGMA busy_timeout=50")
    return database


def slow(seconds: float) -> Callable[[Path], sqlite3.Connection]:
    """The stand-in for a disk whose sync takes so long: each commit waits."""

    class Slow(sqlite3.Connection):
        def commit(self) -> None:
            threading.Event().wait(seconds)
            super().commit()

    def open_slow(path: Path) -> sqlite3.Connection:
        database = sqlite3.connect(path, check_same_thread=False, factory=Slow)
        database.execute("PRAGMA journal_mode=WAL")
        return database

    return open_slow
