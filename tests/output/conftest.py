"""Rooms and ports of the tests' own, so that no other calando is met."""

import shutil
import tempfile
from collections.abc import Iterator

import pytest

from engine.output import places
from tests.output.desk import Desk, Make


@pytest.fixture(autouse=True)
def own_runtime_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A socket's path must be short: shorter than pytest's own folders are."""
    folder = tempfile.mkdtemp(prefix="cal")
    monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
    monkeypatch.setattr(places, "folders_of_rooms", lambda: (places._own_folder(),))
    yield
    shutil.rmtree(folder)


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes desks, one after the other: a port has one owner."""
    desks: list[Desk] = []

    def make(*names: str, midi_clock: bool = False, starts_at_s: float = 100.0) -> Desk:
        for desk in desks:
            desk.outputs.close()
        desks.append(Desk(*names, midi_clock=midi_clock, starts_at_s=starts_at_s))
        return desks[-1]

    yield make
    for desk in desks:
        desk.outputs.close()


@pytest.fixture
def desk(make: Make) -> Desk:
    """One with one cable."""
    return make()
