"""Every key of a TOML file is found on the line where it stands."""

import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given

from engine.toml_places import Path, places
from tests.toml_writing import documents


def scalars(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path, value
        return
    for key, each in items:
        yield from scalars(each, (*path, key))


def ways(value: Any, path: Path = ()) -> Iterator[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield (*path, key)
        yield from ways(each, (*path, key))


def mark_in(value: Any) -> str:
    said = f"{value.microsecond:06d}" if isinstance(value, dt.datetime) else str(value)
    found = re.search(r"9\d{5}", said)
    assert found, said
    return found[0]


@given(documents())
def test_every_key_and_item_has_a_place_and_no_other_has(text: str) -> None:
    assert set(places(text)) == set(ways(tomllib.loads(text)))


@given(documents())
def test_every_value_is_found_on_its_line(text: str) -> None:
    found = places(text)
    for path, value in scalars(tomllib.loads(text)):
        assert found[path] == text.count("\n", 0, text.index(mark_in(value))) + 1


def test_a_table_stands_where_its_header_is() -> None:
    text = "# about\n\n[arc]\n[[arc.iv]]\nname = 'a'\n[[arc.iv]]\n[arc.iv.more]\nx = 1\n"
    assert places(text)[("arc",)] == 3
    assert places(text)[("arc", "iv", 1)] == 6
    assert places(text)[("arc", "iv", 1, "more", "x")] == 8
