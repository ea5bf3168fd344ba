"""Keys of the terminal as commands, each answered there once the room obeys: the shortest way to silence needs no
network, no browser and no mouse."""

import asyncio
import contextlib
import os
import re
import sys
import termios
import tty
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TextIO

from engine.attachment import RoomAccess
from engine.inputs import Act, Command
from engine.news import News
from engine.session import Folded
from engine.standing import Standing

KEYS = {
    "s": Act.SILENCE,
    " ": Act.PLAY_ON,
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
}
HELP = " · ".join(f"{'space' if key == ' ' else key} {act.words}" for key, act in KEYS.items())

_SEQUENCE = re.compile(r"\x1b(?:\[\[?[0-?]*[ -/]*[@-~]|O[ -~])")
"""What an arrow or a function key sends (ECMA-48, and the consoles of Linux and rxvt). The letters in it are no keys of
ours: an arrow to the left ends in D, and marks no dose."""
_BEGUN = re.compile(r"\x1b(?:\[\[?[0-?]*[ -/]*|O)?\Z")
BEGUN_S = 0.5
"""The rest of one that a slow line cut in two comes within this; later, it is somebody at the keys again."""
_UNKNOWN = "?"


@dataclass(slots=True)
class Keyboard:
    """One room's keys. Each is answered once it is in force, as the page answers; ``tell`` says it to the terminal.

    Unknown keys are helped once, and again only after a known one: a key that is held down floods nobody.
    """

    room: RoomAccess
    tell: Callable[[str], None]
    _waiting: deque[tuple[int, str]] = field(default_factory=deque)
    _helped: bool = False
    _standing: Standing = field(default_factory=Standing)
    _begun: str = ""
    _begun_s: float = 0.0

    def take(self, typed: str) -> None:
        """Take what was typed, now."""
        for key in _SEQUENCE.sub(_UNKNOWN, self._whole(typed)).lower():
            if key in KEYS:
                self._press(KEYS[key])
            elif not self._helped:
                self._helped = True
                self.tell(f"That key does nothing. Keys: {HELP}.")

    def _whole(self, typed: str) -> str:
        """What was typed with what stood before it, but for a sequence at its end of which more may come."""
        now_s = self.room.now_s()
        if now_s - self._begun_s <= BEGUN_S:
            typed = self._begun + typed
        begun = _BEGUN.search(typed)
        self._begun, self._begun_s = begun[0] if begun else "", now_s
        return typed.removesuffix(self._begun)

    def _press(self, act: Act) -> None:
        self._helped = False
        if why := self._standing.refusal(act):
            self.tell(f"{act.words.capitalize()}: refused. {why}")
            return
        stamped = self.room.submit(Command(act, "key"))
        self._waiting.append((stamped.tick, f"{act.words.capitalize()}: done"))

    def hear(self, news: News) -> None:
        """A fold answers what came before it."""
        self._standing.hear(news)
        if isinstance(news, Folded):
            while self._waiting and self._waiting[0][0] <= news.tick:
                self.tell(self._waiting.popleft()[1])


@contextlib.contextmanager
def listening(room: RoomAccess, tell: Callable[[str], None], stream: TextIO = sys.stdin) -> Iterator[bool]:
    """Listen to a room's keys while the block runs; False where there is no terminal to listen to."""
    if not stream.isatty():
        yield False
        return
    descriptor = stream.fileno()
    before = termios.tcgetattr(descriptor)
    loop = asyncio.get_running_loop()
    keyboard = Keyboard(room, tell)

    def read() -> None:
        typed = _typed(descriptor)
        if not typed:
            loop.remove_reader(descriptor)
        keyboard.take(typed)

    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, read)
    forget = room.subscribe(keyboard.hear)
    try:
        yield True
    finally:
        forget()
        loop.remove_reader(descriptor)
        with contextlib.suppress(termios.error):  # the terminal may be gone by now
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _typed(descriptor: int) -> str:
    """What was typed; nothing once the terminal has hung up, which it then says again and again."""
    try:
        return os.read(descriptor, 64).decode(errors="ignore")
    except OSError:
        return ""
