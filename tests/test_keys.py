"""Keys of a terminal are commands; a terminal that hangs up is let go, and costs nothing more."""

import asyncio
import os
import pty
import termios
from collections.abc import Iterator
from contextlib import suppress
from typing import TextIO

import pytest

from engine.inputs import Act, Command
from engine.keys import KEYS, listening


@pytest.fixture
def terminal() -> Iterator[tuple[int, TextIO]]:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as stream:
        yield ours, stream
    with suppress(OSError):
        os.close(ours)


@pytest.mark.asyncio
async def test_every_known_key_of_one_press_is_a_command(terminal: tuple[int, TextIO]) -> None:
    ours, stream = terminal
    heard: list[Command] = []
    before = termios.tcgetattr(stream.fileno())
    with listening(heard.append, stream) as listens:
        assert listens
        os.write(ours, b"sE?\xff d")
        await asyncio.sleep(0.05)
    assert [command.act for command in heard] == [Act.SILENCE, Act.EASE, Act.PLAY_ON, Act.DOSE]
    assert {command.by for command in heard} == {"key"}
    assert termios.tcgetattr(stream.fileno()) == before


@pytest.mark.asyncio
async def test_a_terminal_that_hung_up_is_let_go(terminal: tuple[int, TextIO]) -> None:
    ours, stream = terminal
    heard: list[Command] = []
    with listening(heard.append, stream):
        os.close(ours)
        await asyncio.sleep(0.05)
        assert not asyncio.get_running_loop().remove_reader(stream.fileno())
    assert heard == []


@pytest.mark.asyncio
async def test_without_a_terminal_nothing_is_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("keys") / "typed"
    path.write_text("s")
    with path.open() as stream, listening(print, stream) as listens:
        assert not listens


def test_keys_are_single_and_lower() -> None:
    assert all(len(key) == 1 and key == key.lower() for key in KEYS)
