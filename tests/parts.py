"""Real parts that a test may need: each skip says why, and where CI has promised the part a skip is a failure."""

import os
import shutil
from pathlib import Path

import pytest

from sensors.lab_streaming import load
from sensors.other_programs import MissingExtraError

DATA = Path(os.environ.get("CALANDO_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def _missing(part: str) -> str | None:
    if part == "data":
        return None if (DATA / "gudb-rpeaks" / "beats.csv").is_file() else f"no recordings in {DATA.name}"
    if part == "pylsl":
        return _lacks_pylsl()
    return None if shutil.which(part) else f"{part} is not installed"


def _lacks_pylsl() -> str | None:
    """It comes with a library of its own, which wants a newer system than calando does."""
    try:
        load()
    except MissingExtraError:
        return "pylsl cannot be imported"
    return None


def needs(part: str) -> pytest.MarkDecorator:
    """Mark a test that needs ``data``, ``pylsl`` or a program on the path."""
    why = _missing(part)
    if why and os.environ.get("CALANDO_REQUIRE_PARTS"):
        raise RuntimeError(f"CALANDO_REQUIRE_PARTS is set, but {why}")
    return pytest.mark.skipif(why is not None, reason=why or "")
