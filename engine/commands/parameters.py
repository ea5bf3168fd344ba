"""What the words after an option can be: numbers that are some, and paths that name something."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from engine.errors import UsageError
from engine.output.destination import MIDI_ENDINGS, check_destination, check_ending


class Amount(click.FloatRange):
    """A number within bounds; ``nan``, which no bound keeps out, and ``inf`` are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number. Fails as a usage error."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class NamedPath(click.Path):
    """A path that says something: an empty one would mean the working folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path. Fails as a usage error."""
        if not str(value):
            self.fail("an empty path names nothing.", param, ctx)
        return Path(os.fsdecode(super().convert(value, param, ctx)))


class SavedFile(NamedPath):
    """A file to write, which can be written where it is wanted, and whose ending promises no other format."""

    def __init__(self, endings: Sequence[str]) -> None:
        super().__init__(dir_okay=False)
        self._endings = endings

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path. Fails as a usage error."""
        path = super().convert(value, param, ctx)
        try:
            check_ending(path, self._endings)
            check_destination(path)
        except UsageError as error:
            self.fail(str(error), param, ctx)
        return path


FOLDER = NamedPath(file_okay=False)
SESSION = NamedPath()
MIDI_FILE = SavedFile(MIDI_ENDINGS)
SOUND_FILE = SavedFile((".wav",))
PICTURE_FILE = SavedFile((".png",))
MINUTES = Amount(0.1, 600)
