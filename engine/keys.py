"""Keys of the terminal as commands: the shortest way to silence needs no network, no browser and no mouse."""

import asyncio
import contextlib
import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from typing import TextIO

from engine.inputs import Act, Command

KEYS = {
    "s": Act.SILENCE,
    "p": Act.PAUSE,
    "e": Act.EASE,
    "l": Act.LIGHTER,
    "h": Act.STAY,
    "m": Act.MOVE_ON,
    "n": Act.NEXT_PHASE,
    "d": Act.DOSE,
    "c": Act.CUFF,
    "t": Act.TALK,
    "o": Act.POSTURE,
    "x": Act.DISTRESSED,
    "y": Act.NOT_DISTRESSED,
    " ": Act.PLAY_ON,
}
HELP = (
    "s silence · space play on · p pause · e ease · l lighter · h stay · m move on · n next phase · "
    "d dose · c cuff · t talk · o posture · x distressed · y not distressed"
)


@contextlib.contextmanager
def listening(submit: Callable[[Command], object], stream: TextIO = sys.stdin) -> Iterator[bool]:
    """Submit a command for each known key while the block runs; False where there is no terminal to listen to."""
    if not stream.isatty():
        yield False
        return
    descriptor = stream.fileno()
    before = termios.tcgetattr(descriptor)
    loop = asyncio.get_running_loop()

    def read() -> None:
        typed = _typed(descriptor)
        if not typed:
            loop.remove_reader(descriptor)
        for key in typed.lower():
            if key in KEYS:
                submit(Command(KEYS[key], "key"))

    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, read)
    try:
        yield True
    finally:
        loop.remove_reader(descriptor)
        with contextlib.suppress(termios.error):  # the terminal may be gone by now
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _typed(descriptor: int) -> str:
    """What was typed; nothing once the terminal has hung up, which it then says again and again."""
    try:
        return os.read(descriptor, 64).decode(errors="ignore")
    except OSError:
        return ""
