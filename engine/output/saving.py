"""A file is saved whole or not at all."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from engine.errors import CalandoError

FULL = (errno.ENOSPC, errno.EDQUOT)


class SaveError(CalandoError):
    """A file could not be saved; the message is one sentence for a person."""


def save_whole(path: Path | str, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill a new file beside ``path``, then put it in ``path``'s place in one step.

    Whoever reads ``path`` sees the old file or the whole new one. A device or a pipe is written straight, since
    nothing may take its place. Raises SaveError on a full disk, a missing folder or a missing permission.
    """
    target = Path(path).resolve()
    try:
        if target.exists() and not target.is_file():
            _fill(target, write)
        else:
            _replace(target, write)
    except OSError as error:
        why = error.strerror or str(error)
        fix = "make room there or choose" if error.errno in FULL else "choose"
        raise SaveError(f"Cannot save {path}: {why}; {fix} another place.") from error


def _replace(target: Path, write: Callable[[BinaryIO], object]) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        _fill(beside, write)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _fill(path: Path, write: Callable[[BinaryIO], object]) -> None:
    with path.open("wb") as file:
        write(file)
        file.flush()
        if path.is_file():
            os.fsync(file.fileno())
