"""What pydantic says of a profile, said for a person who edits one."""

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from engine.config_files import Layers, Place, Problem
from engine.toml_places import Path as KeyPath
from engine.words import did_you_mean

Context = Mapping[str, Any]
Schema = Mapping[str, Any]

_TABLE = "must be a table"
_WHOLE = "must be a whole number"
_WHAT: Mapping[str, Callable[[Context], str]] = {
    "missing": lambda _: "is missing",
    "greater_than": lambda context: f"must be above {context['gt']:g}",
    "greater_than_equal": lambda context: f"must be at least {context['ge']:g}",
    "less_than_equal": lambda context: f"must be at most {context['le']:g}",
    "finite_number": lambda _: "must be a finite number",
    "int_type": lambda _: _WHOLE,
    "float_type": lambda _: "must be a number",
    "bool_type": lambda _: "must be true or false",
    "string_type": lambda _: "must be text in quotes",
    "string_too_short": lambda context: f"must not be shorter than {context['min_length']} character",
    "string_too_long": lambda context: f"must not be longer than {context['max_length']} characters",
    "literal_error": lambda context: f"must be {context['expected']}",
    "tuple_type": lambda _: "must be an array",
    "dict_type": lambda _: _TABLE,
    "model_type": lambda _: _TABLE,
    "too_long": lambda context: f"must have {context['max_length']} items, not {context['actual_length']}",
}
_SAYS_ENOUGH = frozenset(
    {
        "missing",
        "empty",
        "too_long",
        "string_too_long",
        "drum_channel",
        "shared_channel",
        "shared_controller",
        "inverted",
    }
)


def problems_in(layers: Layers, errors: Sequence[ErrorDetails], schema: Schema) -> Iterator[Problem]:
    """Each of pydantic's errors in words, at its line. Nothing is called missing where it was only misspelt, inside
    a table that was, or where a file that is extended could not be read."""
    unknown = {path: known_keys(schema, path[:-1]) for error in errors if (path := _unknown_key(error))}
    meant = {(*path[:-1], *difflib.get_close_matches(str(path[-1]), known, n=1)) for path, known in unknown.items()}
    for error in errors:
        path = _unknown_key(error) or _path(error)
        if path in unknown:
            yield _problem(layers, path, f"unknown setting{_meant(str(path[-1]), unknown[path])}")
        elif error["type"] != "missing" or (layers.whole and path not in meant and path[:-1] not in unknown):
            value = _value_at(layers.data, path)
            yield _problem(layers, path, sentence(error["type"], error["msg"], error.get("ctx", {}), value))


def _meant(key: str, known: Sequence[str]) -> str:
    """The key that was meant; where none is near, all that may stand there."""
    return did_you_mean(key, known) or (f"; here may stand {', '.join(known)}" if known else "")


def _unknown_key(error: ErrorDetails) -> KeyPath:
    """The way to a key that nobody declared; empty for any other error."""
    if error["loc"][-1:] == ("[key]",):
        return error["loc"][:-1]
    return error["loc"] if error["type"] == "extra_forbidden" else ()


def _path(error: ErrorDetails) -> KeyPath:
    """The way to what is wrong; where an error across keys names one of them, to that key."""
    key = error.get("ctx", {}).get("key")
    return (*error["loc"], *key.split(".")) if key else error["loc"]


def _problem(layers: Layers, path: KeyPath, what: str) -> Problem:
    known = next((path[:size] for size in range(len(path), 0, -1) if path[:size] in layers.origins), None)
    place = layers.origins[known] if known else Place(layers.file, 1)
    return Problem(place.file, place.line, key_text(path), what)


def _value_at(data: Any, path: KeyPath) -> Any:
    """The value there; None where there is none."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def sentence(kind: str, message: str, context: Context, value: object) -> str:
    """What is wrong with a value, and which value it was. ``kind``, ``message`` and ``context`` are pydantic's."""
    what = _WHAT[kind](context) if kind in _WHAT else message
    if kind in _SAYS_ENOUGH:
        return what
    choices = re.findall(r"'([^']*)'", context.get("expected", ""))
    hint = did_you_mean(value, choices) if isinstance(value, str) else ""
    return f"{what}, not {as_written(value)}{hint}"


def as_written(value: object) -> str:
    """A value about as it stands in the file, cut short."""
    try:
        text = json.dumps(value, default=str, ensure_ascii=False)
    except ValueError:  # Python's own limit on the digits of a whole number
        return "a number with thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."


def key_text(path: KeyPath) -> str:
    """A key's way down as people write it: ``arc.iv[2].tempo_bpm`` is the second phase's."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step + 1}]"
        else:
            name = step if re.fullmatch(r"[A-Za-z0-9_-]+", step) else json.dumps(step, ensure_ascii=False)
            text += f".{name}" if text else name
    return text


def known_keys(schema: Schema, path: KeyPath) -> Sequence[str]:
    """The keys that the table at ``path`` may have, by the JSON Schema of the whole; a file may also extend another."""
    node = schema
    for step in path:
        node = _resolved(schema, node)
        if isinstance(step, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(step) or node.get("additionalProperties") or {}
    node = _resolved(schema, node)
    keys = list(node.get("properties", {})) or list(_resolved(schema, node.get("propertyNames", {})).get("enum", ()))
    return keys if path else [*keys, "extends"]


def _resolved(schema: Schema, node: Schema) -> Schema:
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return node
