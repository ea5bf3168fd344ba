"""Keys of a terminal are commands, answered there; a terminal that hangs up is let go, and costs nothing more."""

import asyncio
import os
import pty
import re
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import pytest

from engine.inputs import Act, Command, OutputKind, OutputState
from engine.keys import BEGUN_S, HELP, KEYS, listening
from engine.news import News
from engine.output.rehearsal import RehearsedOutput
from engine.room import Room
from engine.session import Session
from engine.soak.stand_ins import SimulatedClock
from tests.calls import ROOT
from tests.session.sessions import a_setup

SEQUENCES = [b"\x1b[D", b"\x1b[C", b"\x1bOP", b"\x1bOS", b"\x1bOd", b"\x1b[15~", b"\x1b[1;5D", b"\x1b[[D", b"\x1b[[E"]
"""Arrows and function keys as xterm, rxvt and the console of Linux send them."""


class KeyedRoom:
    """A real room whose clock stands until it is moved, what it was asked, and what the terminal was told."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.room = Room(Session(a_setup(hears_a_heart=False)), RehearsedOutput(self.clock), self.clock)
        self.room.begin()
        self.room.step()
        self.commands: list[Command] = []
        self.told: list[str] = []
        self.room.subscribe(self._keep)

    def _keep(self, news: News) -> None:
        given = getattr(news, "input", None)
        if isinstance(given, Command):
            self.commands.append(given)

    def fold_on(self) -> list[str]:
        """What the terminal is told by the next fold."""
        self.told.clear()
        self.clock.now_s += 0.05
        self.room.step()
        return self.told


@pytest.fixture
def terminal() -> Iterator[tuple[int, TextIO]]:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as stream:
        yield ours, stream
    with suppress(OSError):
        os.close(ours)


@contextmanager
def at_the_keys(terminal: tuple[int, TextIO]) -> Iterator[tuple[KeyedRoom, int]]:
    """A room that listens to the terminal, and where to type."""
    ours, stream = terminal
    keyed = KeyedRoom()
    with listening(keyed.room, keyed.told.append, stream):
        yield keyed, ours


async def typed(terminal: int, keys: bytes) -> None:
    os.write(terminal, keys)
    await asyncio.sleep(0.05)


@pytest.mark.asyncio
async def test_every_known_key_of_one_press_is_a_command(terminal: tuple[int, TextIO]) -> None:
    ours, stream = terminal
    keyed = KeyedRoom()
    before = termios.tcgetattr(stream.fileno())
    with listening(keyed.room, keyed.told.append, stream) as listens:
        assert listens
        await typed(ours, b"sE?\xff d")
    assert [command.act for command in keyed.commands] == [Act.SILENCE, Act.EASE, Act.PLAY_ON, Act.DOSE]
    assert {command.by for command in keyed.commands} == {"key"}
    assert termios.tcgetattr(stream.fileno()) == before


@pytest.mark.asyncio
async def test_a_key_is_answered_once_it_is_in_force_in_the_words_of_the_page(terminal: tuple[int, TextIO]) -> None:
    with at_the_keys(terminal) as (keyed, ours):
        await typed(ours, b"eh ")
        assert keyed.told == []
        assert keyed.fold_on() == ["Ease: done", "Stay: done", "Play on: done"]
        assert keyed.fold_on() == []


@pytest.mark.asyncio
async def test_what_another_asked_is_not_answered_here(terminal: tuple[int, TextIO]) -> None:
    keyed = KeyedRoom()
    with listening(keyed.room, keyed.told.append, terminal[1]):
        keyed.room.submit(Command(Act.EASE, "page"))
        assert keyed.fold_on() == []


@pytest.mark.asyncio
async def test_a_session_that_ends_refuses_to_play_on_and_says_so(terminal: tuple[int, TextIO]) -> None:
    with at_the_keys(terminal) as (keyed, ours):
        keyed.room.submit(Command(Act.END, "page"))
        await typed(ours, b"e ")
        assert keyed.told == ["Play on: refused. The session ends: begin another one."]
        assert keyed.fold_on() == ["Ease: done"]


@pytest.mark.asyncio
async def test_play_on_is_refused_while_the_output_is_away(terminal: tuple[int, TextIO]) -> None:
    with at_the_keys(terminal) as (keyed, ours):
        keyed.room.hear_output(OutputState(OutputKind.PORT_LOST, "Synth is gone; plug it in again."))
        await typed(ours, b" ")
        assert keyed.told == ["Play on: refused. The output is away: put it back first."]
        keyed.room.hear_output(OutputState(OutputKind.SILENCED, "Synth is back; play on when you are ready"))
        await typed(ours, b" ")
        assert keyed.fold_on() == ["Play on: done"]


@pytest.mark.asyncio
async def test_an_unknown_key_says_the_keys_once_until_a_known_one(terminal: tuple[int, TextIO]) -> None:
    with at_the_keys(terminal) as (keyed, ours):
        await typed(ours, b"zzzz")
        await typed(ours, b"z")
        assert keyed.told == [f"That key does nothing. Keys: {HELP}."]
        await typed(ours, b"ez")
        assert len(keyed.told) == 2
    assert [command.act for command in keyed.commands] == [Act.EASE]


@pytest.mark.asyncio
@pytest.mark.parametrize("sent", SEQUENCES)
async def test_an_arrow_or_a_function_key_is_one_unknown_key(sent: bytes, terminal: tuple[int, TextIO]) -> None:
    with at_the_keys(terminal) as (keyed, ours):
        await typed(ours, sent)
        assert (keyed.commands, len(keyed.told)) == ([], 1)
        await typed(ours, b"\x1bs")
    assert [command.act for command in keyed.commands] == [Act.SILENCE]


@pytest.mark.asyncio
@pytest.mark.parametrize("sent", SEQUENCES)
async def test_nor_is_one_that_a_slow_line_cuts_in_two(sent: bytes, terminal: tuple[int, TextIO]) -> None:
    with at_the_keys(terminal) as (keyed, ours):
        for cut in range(1, len(sent)):
            await typed(ours, sent[:cut])
            await typed(ours, sent[cut:])
    assert (keyed.commands, len(keyed.told)) == ([], 1)


@pytest.mark.asyncio
async def test_an_arrow_that_is_held_down_marks_nothing(terminal: tuple[int, TextIO]) -> None:
    with at_the_keys(terminal) as (keyed, ours):
        await typed(ours, b"\x1b[D" * 30)
    assert (keyed.commands, len(keyed.told)) == ([], 1)


@pytest.mark.asyncio
async def test_after_a_lone_escape_silence_is_silence_at_once_and_a_dose_later_is_a_dose(
    terminal: tuple[int, TextIO],
) -> None:
    with at_the_keys(terminal) as (keyed, ours):
        await typed(ours, b"\x1b")
        await typed(ours, b"s")
        await typed(ours, b"\x1bO")
        keyed.clock.now_s += 2 * BEGUN_S
        await typed(ours, b"d")
    assert [command.act for command in keyed.commands] == [Act.SILENCE, Act.DOSE]


@pytest.mark.asyncio
async def test_a_terminal_that_hung_up_is_let_go(terminal: tuple[int, TextIO]) -> None:
    with at_the_keys(terminal) as (keyed, ours):
        os.close(ours)
        await asyncio.sleep(0.05)
        assert not asyncio.get_running_loop().remove_reader(terminal[1].fileno())
    assert (keyed.commands, keyed.told) == ([], [])


@pytest.mark.asyncio
async def test_without_a_terminal_nothing_is_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("keys") / "typed"
    path.write_text("s")
    with path.open() as stream, listening(KeyedRoom().room, print, stream) as listens:
        assert not listens


def test_the_readme_and_the_staffs_sheet_name_every_key() -> None:
    readme, sheet = ((ROOT / page).read_text() for page in ("README.md", "docs/staff.md"))
    for key, act in KEYS.items():
        assert re.search(rf"{'space' if key == ' ' else f'`{key}`'} {act.words}", readme), act
        assert f"`{'space' if key == ' ' else key}`" in sheet, act


def test_keys_are_single_and_lower() -> None:
    assert all(len(key) == 1 and key == key.lower() for key in KEYS)
