"""Whether a file may be written where it was asked for, told before anything is made for it."""

import os
from collections.abc import Sequence
from pathlib import Path

from engine.errors import UsageError

MIDI_ENDINGS = (".mid", ".midi")


def check_ending(path: Path, endings: Sequence[str]) -> None:
    """Raises UsageError where the name ends like another format than the one that is written.

    A name without an ending promises nothing, and nobody opens a device or a pipe by its name.
    """
    is_special = path.exists() and not path.is_file()
    if path.suffix and path.suffix.lower() not in endings and not is_special:
        raise UsageError(f"{path} ends in {path.suffix}, but what is written is {endings[0]}; give it that ending.")


def check_destination(path: Path) -> None:
    """Raises UsageError where nothing can be saved at ``path`` as it is: a folder stands there, or no folder below it.

    That its disk fills up later, nobody can know.
    """
    folder = path.resolve().parent
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it, for example {path / 'session.mid'}.")
    if not folder.is_dir():
        raise UsageError(f"{path} cannot be saved: there is no folder {folder}.")
    is_special = path.exists() and not path.is_file()
    if not os.access(path if is_special else folder, os.W_OK):
        raise UsageError(f"{path} cannot be saved: {folder} may not be written in.")
