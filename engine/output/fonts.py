"""Which SoundFont plays, and which General MIDI programs stand for the layers. Standard library only."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.errors import DeviceNotFoundError, UsageError

PROGRAMS: Mapping[int, int] = {0: 89, 1: 89, 2: 98, 3: 39, 4: 79, 5: 91}
"""General MIDI programs (0-127) by channel (0-15): pads, a bell, a bass, an ocarina, a choir."""
NEW_LAYER = 90
"""A soft pad, for a layer that nobody chose a program for."""
LAYER_PROGRAMS = {"pad": 90, "drone": 90, "bells": 99, "bass": 40, "melody": 80, "air": 92}
"""The same (1-128) for a layer whose profile says none."""
_PLACES = ("SOUNDFONT", "SF2")
_FOLDERS = ("/usr/share/sounds/sf2", "/usr/share/sounds/sf3", "/usr/share/soundfonts", "/usr/local/share/soundfonts")
_PREFERRED = ("default-GM", "default", "FluidR3", "GeneralUser", "MuseScore_General")
_KINDS = (".sf2", ".sf3")


class MissingSoundFontError(DeviceNotFoundError):
    """FluidSynth or a SoundFont is not here."""


def find_font(named: str = "") -> Path:
    """The SoundFont that is meant: the named file, the one in $SOUNDFONT, else the first that the system has.

    Raises UsageError where the named one is not there, and MissingSoundFontError where there is none at all.
    """
    if named:
        if not Path(named).is_file():
            raise UsageError(f"There is no SoundFont {named!r}; name an .sf2 or .sf3 file that is there.")
        return Path(named)
    for font in _fonts():
        return font
    raise MissingSoundFontError(
        "No SoundFont is installed; install one (on Debian: apt install fluidr3mono-gm-soundfont), or name a file: "
        "--out fluidsynth:FILE.sf2."
    )


def _fonts() -> Iterator[Path]:
    named = [Path(os.environ[name]) for name in _PLACES if name in os.environ]
    yield from (path for path in named if path.is_file())
    found = [path for folder in _FOLDERS if Path(folder).is_dir() for path in sorted(Path(folder).iterdir())]
    found = [path for path in found if path.suffix.lower() in _KINDS and path.is_file()]
    yield from sorted(found, key=lambda path: not path.stem.startswith(_PREFERRED))
