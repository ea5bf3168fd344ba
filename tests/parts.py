"""Real parts that a test may need: each skip says why, and where CI has promised the part a skip is a failure."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from engine.output.fluid_synth import load as load_fluidsynth
from engine.output.fonts import MissingSoundFontError, find_font
from sensors.lab_streaming import load
from sensors.other_programs import MissingExtraError

DATA = Path(os.environ.get("CALANDO_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def _missing(part: str) -> str | None:
    if part == "data":
        return None if (DATA / "gudb-rpeaks" / "beats.csv").is_file() else f"no recordings in {DATA.name}"
    if part == "pylsl":
        return _lacks_pylsl()
    if part == "soundfont":
        return _lacks_soundfont()
    if part == "tmpfs":
        return None if os.geteuid() == 0 and _mounts() else "no file system can be mounted here"
    return None if shutil.which(part) else f"{part} is not installed"


def _mounts() -> bool:
    """Root in a container may lack the capability."""
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(("mount", "-t", "tmpfs", "none", folder), capture_output=True, check=False)
        if mounted.returncode == 0:
            subprocess.run(("umount", folder), check=True)
        return mounted.returncode == 0


def _lacks_soundfont() -> str | None:
    try:
        load_fluidsynth()
        find_font()
    except MissingSoundFontError as error:
        return str(error)
    return None


def _lacks_pylsl() -> str | None:
    """It comes with a library of its own, which wants a newer system than calando does."""
    try:
        load()
    except MissingExtraError:
        return "pylsl cannot be imported"
    return None


def needs(part: str) -> pytest.MarkDecorator:
    """Mark a test that needs ``data``, ``pylsl``, a ``soundfont``, a mounted ``tmpfs`` or a program on the path.

    A container may forbid to mount, so ``tmpfs`` is promised nowhere; what it shows is shown without it too.
    """
    why = _missing(part)
    if why and part != "tmpfs" and os.environ.get("CALANDO_REQUIRE_PARTS"):
        raise RuntimeError(f"CALANDO_REQUIRE_PARTS is set, but {why}")
    return pytest.mark.skipif(why is not None, reason=why or "")
