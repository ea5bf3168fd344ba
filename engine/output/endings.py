"""What a file's name promises."""

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
