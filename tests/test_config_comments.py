"""Whoever opens the default profile reads beside each key what it means, in which unit, within which bounds."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
SCHEMA = json.loads((CONFIGS / "calando.schema.json").read_text())
TABLES = {"calm": "Calm", "harmony": "Harmony", "output": "Output", "layer": "LayerSettings", "arc": "Phase"}


def _first_of_each() -> Iterator[tuple[str, str, str]]:
    """Each key of a kind of table where it first stands: (kind of table, key, its comment)."""
    kind, seen = "", set()
    for line in (CONFIGS / "default.toml").read_text().splitlines():
        if table := re.match(r"\[+(\w+)", line):
            kind = table[1]
        elif (pair := re.match(r"(\w+) = ([^#]*)(#.*)?$", line)) and (kind, pair[1]) not in seen:
            seen.add((kind, pair[1]))
            yield kind, pair[1], pair[3] or ""


KEYS = tuple(_first_of_each())


def _bounds(kind: str, key: str) -> set[float]:
    """What the model holds a number to, without its sign."""
    properties = SCHEMA["$defs"][TABLES[kind]]["properties"] if kind else SCHEMA["properties"]
    return {abs(float(properties[key][end])) for end in ("minimum", "maximum") if end in properties[key]}


@pytest.mark.parametrize(("kind", "key", "comment"), KEYS, ids=[f"{kind}.{key}" for kind, key, _ in KEYS])
def test_a_key_is_explained_with_its_bounds(kind: str, key: str, comment: str) -> None:
    assert len(comment) > 5
    said = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", comment)}
    assert _bounds(kind, key) <= said


def test_every_kind_of_table_is_there() -> None:
    assert {kind for kind, _, _ in KEYS} == {"", *TABLES}
