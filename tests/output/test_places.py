"""Where rooms are met: by their user, by staff of the service's group, and by nobody else."""

import contextlib
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.clock import now_s
from engine.errors import LinkFailedError
from engine.output.control import ControlSocket, NobodyAnswersError, silence_room
from engine.output.places import (
    LONGEST_SOCKET,
    SERVICE_FOLDER,
    Rooms,
    file_name,
    find_rooms,
    folders_of_rooms,
    is_owned,
    owned,
    runtime_folder,
    socket_path,
)

NOBODY = 65534
ALL_FOLDERS = folders_of_rooms


@pytest.fixture
def above() -> Path:
    """The runtime folder that the system gave this user."""
    return Path(os.environ["XDG_RUNTIME_DIR"])


@contextlib.contextmanager
def stranger() -> Iterator[None]:
    """Be a user who owns nothing here, where this one is root and may enter everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(("given", "made"), [(0o700, 0o700), (0o750, 0o750), (0o755, 0o700), (0o777, 0o700)])
def test_a_room_is_open_to_a_group_only_where_the_runtime_folder_was_opened_to_it(
    above: Path, given: int, made: int
) -> None:
    above.chmod(given)
    before = os.umask(0o077)
    try:
        door = ControlSocket(socket_path("blue"), lambda: None)
    finally:
        os.umask(before)
    assert mode(runtime_folder()) == made
    assert mode(socket_path("blue")) == 0o660
    door.close()


def test_rooms_are_found_by_name_or_all() -> None:
    for name in ("blue", "green"):
        socket_path(name).touch()
    (runtime_folder() / "room-blue.lock").touch()
    assert find_rooms() == Rooms(tuple(sorted((socket_path("blue"), socket_path("green")))), ())
    assert find_rooms("green") == Rooms((socket_path("green"),), ())
    assert find_rooms("red") == Rooms((), ())


def test_a_folder_that_is_closed_is_told_and_one_that_is_not_there_is_not(above: Path) -> None:
    assert find_rooms() == Rooms((), ())
    folder = runtime_folder()
    above.chmod(0o711)
    folder.chmod(0)
    with stranger():
        assert find_rooms() == Rooms((), (folder,))
    folder.chmod(0o700)


def test_a_socket_that_is_closed_is_said_to_be(above: Path) -> None:
    path = above / f"{file_name('room', 'blue')}.sock"
    above.chmod(0o711)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(str(path))
        door.listen()
        path.chmod(0)
        with stranger(), pytest.raises(NobodyAnswersError, match="closed to this one; turn the amplifier down"):
            silence_room(path, now_s)


def test_the_folders_of_every_user_are_looked_into_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("calando-1000", "calando-7", "calando-soak-x", "other"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folders = ALL_FOLDERS()
    assert folders[0] == runtime_folder()
    assert SERVICE_FOLDER in folders
    assert {folder for folder in folders if folder.parent == tmp_path} == {
        tmp_path / "calando-1000",
        tmp_path / "calando-7",
    }


def test_a_folder_that_is_too_long_for_a_socket_is_named_with_what_to_do(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = len(os.fsencode(socket_path("blue"))) - len(os.fsencode(above))
    fits = above / ("x" * (LONGEST_SOCKET - room - len(os.fsencode(above)) - 1))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(fits))
    ControlSocket(socket_path("blue"), lambda: None).close()
    monkeypatch.setenv("XDG_RUNTIME_DIR", f"{fits}x")
    with pytest.raises(LinkFailedError, match=f"{fits}x/calando has too long a name.* by 1 bytes; set XDG_RUNTIME_DIR"):
        socket_path("blue")


def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (above / "file").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(above / "file"))
    with pytest.raises(LinkFailedError, match=r"file/calando cannot be made \(Not a directory\); set XDG_RUNTIME_DIR"):
        runtime_folder()


def test_a_port_is_owned_while_its_owner_lives_and_looking_takes_it_from_nobody() -> None:
    assert not is_owned("port", "Synth")
    with owned("port", "Synth"):
        assert is_owned("port", "Synth")
        assert not is_owned("port", "Bells")
    assert not is_owned("port", "Synth")
    with owned("port", "Synth", patience_s=0.0):
        assert is_owned("port", "Synth")
