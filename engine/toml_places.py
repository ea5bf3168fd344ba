"""Where each key of a TOML file stands: the line that ``tomllib`` does not tell.

The text must already have been accepted by ``tomllib``; so every form of TOML 1.0 is followed, and none is judged.
"""

import re
import tomllib
from typing import Any

Path = tuple[str | int, ...]
"""A key's way down from the root: names of tables, and positions (from 0) in arrays."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r"""
    \"{3} (?: [^\\] | \\. )*? \"{3,5} (?!\")   # over several lines: up to two quotes may stand before the closing three
    | '{3} .*? '{3,5} (?!')
    | \" (?: [^\"\\\n] | \\. )* \"
    | ' [^'\n]* '
    """,
    re.DOTALL | re.VERBOSE,
)
_BARE_VALUE = re.compile(r"[^,\]}\n#]+")


def places(text: str) -> dict[Path, int]:
    """The line (from 1) of every table, key and array item."""
    return _Scanner(text.replace("\r\n", "\n")).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted_to = 0
        self._found: dict[Path, int] = {}
        self._tables_in: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)
        return self._found

    def _header(self) -> Path:
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        names = self._key()
        self._at += brackets
        *above, last = names
        table: Path = ()
        for name in above:
            table = (*table, name)
            self._note(table)
            table = self._newest(table)
        table = (*table, last)
        if brackets == 1:
            table = self._newest(table)
        else:
            self._note(table)
            self._tables_in[table] = self._tables_in.get(table, -1) + 1
            table = self._newest(table)
        self._note(table)
        return table

    def _newest(self, path: Path) -> Path:
        """The path itself; of an array of tables, its last one."""
        return (*path, self._tables_in[path]) if path in self._tables_in else path

    def _pair(self, table: Path) -> None:
        path = table
        for name in self._key():
            path = (*path, name)
            self._note(path)
        self._at += 1
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        names = []
        while True:
            self._skip(_SPACE)
            names.append(self._name())
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return names
            self._at += 1

    def _name(self) -> str:
        if quoted := self._take(_STRING):
            name: Any = tomllib.loads(f"name = {quoted}")["name"]
            return str(name)
        return self._take(_BARE_KEY)

    def _value(self, path: Path) -> None:
        if self._text.startswith("[", self._at):
            self._array(path)
        elif self._text.startswith("{", self._at):
            self._inline_table(path)
        elif not self._take(_STRING):
            self._take(_BARE_VALUE)

    def _array(self, path: Path) -> None:
        position = 0
        while self._to_next("]"):
            item = (*path, position)
            self._note(item)
            self._value(item)
            position += 1

    def _inline_table(self, path: Path) -> None:
        while self._to_next("}"):
            self._pair(path)

    def _to_next(self, closing: str) -> bool:
        """Over the opening bracket or the comma, to the next item; False (and past the bracket) at the end."""
        self._skip(_BLANK)
        if not self._text.startswith(closing, self._at):
            self._at += 1
            self._skip(_BLANK)
        if self._text.startswith(closing, self._at):
            self._at += 1
            return False
        return True

    def _note(self, path: Path) -> None:
        """Remember the line of the path; of a table that several keys open, the first."""
        self._found.setdefault(path, self._here())

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line

    def _skip(self, pattern: re.Pattern[str]) -> None:
        self._take(pattern)

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match.group()
