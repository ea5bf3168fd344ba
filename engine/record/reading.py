"""A journal opened to be read: beside a room that writes it, in an archive, or on a disc that takes no byte."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from engine.record.database import JournalError, unreadable


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """One moment of the journal, also while a room writes it. Raises JournalError where it is none."""
    if not path.is_file():
        raise JournalError(f"There is no record at {path}.")
    try:
        with _opened(path) as database, closing(database):
            database.execute("BEGIN")
            yield database
    except sqlite3.Error as error:
        raise unreadable(path, error) from error


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """SQLite must write beside a journal to read its WAL, in which all is that a kill left: else that is copied.

    Without a WAL, what lies where nothing can be written is read as it lies.
    """
    journal = path.resolve()
    if os.access(journal.parent, os.W_OK):
        yield sqlite3.connect(path)
    elif not _size(wal_of(journal)):
        yield sqlite3.connect(f"{journal.as_uri()}?immutable=1", uri=True)
    else:
        with _room_for_a_copy(path) as folder:
            yield sqlite3.connect(_copied(journal, folder))


def wal_of(journal: Path) -> Path:
    """What SQLite keeps beside a journal until it is closed: the newest of its rows."""
    return journal.with_name(f"{journal.name}-wal")


def nothing_in(path: Path) -> str:
    """What to say of a journal that holds not one second."""
    wal = wal_of(path).name
    return f"The record {path} holds not one second; if it is a copy, copy the {wal} that lay beside it, too."


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


@contextmanager
def _room_for_a_copy(path: Path) -> Iterator[Path]:
    """A folder for its owner alone that goes when the reading is over."""
    try:
        with TemporaryDirectory(prefix="calando-") as folder:
            yield Path(folder)
    except OSError as error:
        raise JournalError(
            f"The record {path} lies where nothing can be written, and no copy of it can be made to read it "
            f"({error.strerror}); copy its whole folder to where you may write, and read it there."
        ) from error


def _copied(journal: Path, folder: Path) -> Path:
    files = (journal, wal_of(journal))
    before = [_state(file) for file in files]
    for file in files:
        copyfile(file, folder / file.name)
    if [_state(file) for file in files] != before:
        raise JournalError(f"The record {journal} is being written by somebody else; read it as the one who writes it.")
    return folder / journal.name


def _state(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_size, found.st_mtime_ns
