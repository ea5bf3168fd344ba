"""Rooms and ports of the tests' own, so that no other calando is met."""

import shutil
import tempfile
from collections.abc import Iterator

import pytest

from engine.output import places


@pytest.fixture(autouse=True)
def own_runtime_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A socket's path must be short: shorter than pytest's own folders are."""
    folder = tempfile.mkdtemp(prefix="cal")
    monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
    monkeypatch.setattr(places, "folders_of_rooms", lambda: (places._own_folder(),))
    yield
    shutil.rmtree(folder)
