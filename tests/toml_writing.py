"""TOML for tests: plain values written down, and documents in every form that TOML allows."""

import datetime as dt
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st


def as_toml(value: Any) -> str:
    """One value, on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)} = {as_toml(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(as_toml(each) for each in value) + "]"
        case dt.date():
            return value.isoformat()
        case _:
            return json.dumps(value)


def written(data: Mapping[str, Any]) -> str:
    """A whole document, a key a line."""
    return "".join(f"{json.dumps(key)} = {as_toml(value)}\n" for key, value in data.items())


KEYS = st.sampled_from(["a", "b-2", "3", "c_d", '"q.x"', "'it\"s # no'", '"esc\\"\\u00e9"', '"[[a]]"'])
BLANKS = st.sampled_from(["", "", "\n", "# [not.a] = header\n", "  \t# 'quote \"\n\n"])
GAPS = st.sampled_from(["", " ", "\n", "\n # ], = [\n  "])
SCALARS: st.SearchStrategy[Callable[[str], str]] = st.sampled_from(
    [
        lambda mark: f"{mark}",
        lambda mark: f"-{mark}.5e3",
        lambda mark: f'"{mark} # ]}} \\" ="',
        lambda mark: f"'{mark}, \\'",
        lambda mark: f'"""{mark}\n[x]\n"", \\""" a = 1 """""',
        lambda mark: f"'''{mark}\n# ' '' it'''",
        lambda mark: f"2020-01-01 07:32:00.{mark}",
    ]
)


@st.composite
def values(draw: st.DrawFn, marks: list[int], depth: int = 0) -> str:
    """A value of any form; each scalar in it carries a number of its own."""
    kind = draw(st.sampled_from(["scalar", "scalar", "array", "inline"])) if depth < 3 else "scalar"
    if kind == "scalar":
        marks.append(len(marks) + 1)
        return draw(SCALARS)(f"9{marks[-1]:05d}")
    if kind == "inline":
        keys = draw(st.lists(KEYS, max_size=3, unique_by=_plain_key))
        return "{" + ",".join(f" {key} = {draw(values(marks, depth + 1))} " for key in keys) + "}"
    items = [f"{draw(GAPS)}{draw(values(marks, depth + 1))}{draw(GAPS)}" for _ in range(draw(st.integers(0, 3)))]
    return "[" + ",".join(items) + draw(st.sampled_from([",", ""]) if items else st.just("")) + draw(GAPS) + "]"


def _plain_key(key: str) -> str:
    return key.strip("\"'")


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A TOML document: dotted keys, tables, arrays of tables and sub-tables of their newest, comments between."""
    marks: list[int] = []
    lines = [draw(_pairs(marks))]
    for number in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from([f"t{number}", f"t{number} . {draw(KEYS)}", f' "u{number}"']))
        if draw(st.booleans()):
            lines += [f"  [{name}] # [[no]]\n", draw(_pairs(marks))]
            continue
        for _ in range(draw(st.integers(1, 3))):
            lines += [f"[[{name}]]\n", draw(_pairs(marks))]
            if draw(st.booleans()):
                lines += [f"[{name}.sub]\n", draw(_pairs(marks))]
    text = "".join(lines)
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@st.composite
def _pairs(draw: st.DrawFn, marks: list[int]) -> str:
    keys = draw(st.lists(KEYS, max_size=3, unique_by=_plain_key))
    dotted = [f"{key}{draw(st.sampled_from(['', '.x', ' . y.z']))}" for key in keys]
    return "".join(f"{draw(BLANKS)}{key} = {draw(values(marks))} # done\n" for key in dotted) + draw(BLANKS)
