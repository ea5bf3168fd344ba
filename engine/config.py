"""Profiles: found by name or path, laid over what they extend, checked whole, explained value by value."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.config_files import Layers, Place, Problem, read_layers, shipped, shipped_names
from engine.config_words import as_written, key_text, problems_in
from engine.errors import UsageError
from engine.profile import Profile
from engine.toml_places import Path as KeyPath
from engine.words import did_you_mean

__all__ = ["ConfigError", "Explained", "Place", "Problem", "check", "explain", "load", "schema", "shipped_names"]


class ConfigError(UsageError):
    """A profile that cannot be used: ``problems`` holds all that is wrong with it, its text a line for each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Explained:
    """One value in force and where it stands; ``place`` is None for a built-in default."""

    key: str
    value: Any
    place: Place | None

    def __str__(self) -> str:
        where = f"{self.place.file}:{self.place.line}" if self.place else "built in"
        return f"{self.key} = {as_written(self.value)}  # {where}"


def load(name_or_path: str | Path) -> Profile:
    """The resolved profile of a shipped name or a TOML file. Raises ``ConfigError`` with every problem at once."""
    profile, problems = _validated(read_layers(_find(name_or_path)))
    if profile is None:
        raise ConfigError(problems)
    return profile


def check(name_or_path: str | Path) -> list[Problem]:
    """Everything that is wrong with a profile and those it extends, in order of file and line; empty if nothing is."""
    try:
        file = _find(name_or_path)
    except ConfigError as error:
        return list(error.problems)
    return _validated(read_layers(file))[1]


def explain(name_or_path: str | Path) -> list[Explained]:
    """Every value in force with the place it comes from. Raises ``ConfigError`` as ``load`` does."""
    layers = read_layers(_find(name_or_path))
    profile, problems = _validated(layers)
    if profile is None:
        raise ConfigError(problems)
    return [
        Explained(key_text(path), value, layers.origins.get(path))
        for path, value in _values(profile.model_dump(mode="json", exclude_none=True), ())
    ]


def files_of(name_or_path: str | Path) -> tuple[Path, ...]:
    """The file of a profile and those that it extends, itself first. Raises ``ConfigError`` where there is none."""
    layers = read_layers(_find(name_or_path))
    files = (layers.file, *(place.file for place in layers.origins.values()))
    return tuple(Path(file) for file in dict.fromkeys(files))


def is_shipped(file: Path) -> bool:
    """Whether this is a shipped profile's own file, which the next version replaces."""
    return file.stem in shipped_names() and file == Path(str(shipped(file.stem)))


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a profile's file, for editors. A file that extends another may leave keys out."""
    described = Profile.model_json_schema()
    described["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    described["title"] = "calando profile"
    described["properties"]["extends"] = {
        "description": "A shipped profile's name, or a path beside this file, that this one is laid over.",
        "type": "string",
    }
    for merged in ("Harmony", "LayerSettings"):
        described["$defs"][merged].pop("required")
    described["if"] = {"required": ["extends"]}
    described["else"] = {"required": described.pop("required")}
    return described


def _find(name_or_path: str | Path) -> Traversable:
    """The file that is meant: a path, or a shipped profile's name."""
    if name_or_path in shipped_names():
        return shipped(str(name_or_path))
    if not str(name_or_path):
        raise ConfigError([Problem("''", 0, "", f"names no profile; shipped are {', '.join(shipped_names())}")])
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.exists():
        return path
    names = shipped_names()
    hint = did_you_mean(str(name_or_path), names) or f"; shipped are {', '.join(names)}"
    raise ConfigError([Problem(str(name_or_path), 0, "", f"there is no such profile or file{hint}")])


def _validated(layers: Layers) -> tuple[Profile | None, list[Problem]]:
    problems = list(layers.problems)
    profile: Profile | None = None
    if layers.data or not problems:
        try:
            profile = Profile.model_validate_json(json.dumps(_as_json(layers.data)), strict=True)
        except ValidationError as error:
            problems += problems_in(layers, error.errors(include_url=False, include_input=False), _profile_schema())
    return None if problems else profile, sorted(problems, key=lambda problem: (problem.file, problem.line))


@cache
def _profile_schema() -> dict[str, Any]:
    return Profile.model_json_schema()


def _as_json(value: Any) -> Any:
    """TOML's values in JSON, where a date is no text and a number beyond 64 bits is merely huge."""
    match value:
        case dict():
            return {key: _as_json(each) for key, each in value.items()}
        case list():
            return [_as_json(each) for each in value]
        case int() if abs(value) >= 1 << 63:
            return (1 << 63) * (1 if value > 0 else -1)
        case bool() | int() | float() | str():
            return value
        case _:
            return {"a date or time": str(value)}


def _values(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    """Every single value and every array of single values, with its way down."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _values(each, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for position, each in enumerate(value):
            yield from _values(each, (*path, position))
    else:
        yield path, value
