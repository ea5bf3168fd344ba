"""Profile files, read and laid over the profiles that they extend, with the place of every value kept."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from engine.toml_places import Path as KeyPath
from engine.toml_places import places
from engine.words import did_you_mean

_MOST_EXTENDS = 8
_LONGEST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a profile. Where the file as a whole is meant, ``key`` is empty and ``line`` 0."""

    file: str
    line: int
    key: str
    what: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.what}" if self.key else f"{place}: {self.what}"


@dataclass(slots=True)
class Layers:
    """A profile laid over what it extends: plain values, where each stands, and what could not be read.

    ``whole`` is False where a file that it extends could not be read: then nothing can be said to be missing.
    """

    file: str
    data: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    whole: bool = True


def shipped_names() -> tuple[str, ...]:
    """The profiles that travel with calando, by name."""
    files = resources.files("configs").iterdir()
    return tuple(sorted(each.name.removesuffix(".toml") for each in files if each.name.endswith(".toml")))


def shipped(name: str) -> Traversable:
    """The file of a shipped profile."""
    return resources.files("configs") / f"{name}.toml"


def read_layers(file: Traversable, above: tuple[str, ...] = ()) -> Layers:
    """Read the file and all that it extends. ``above`` holds the files that lead here; never raises."""
    layers = Layers(str(file))
    text = _text(file, layers)
    data = _parsed(text, layers) if text is not None else None
    if text is None or data is None:
        layers.whole = False
        return layers
    own = {path: Place(layers.file, line) for path, line in places(text).items()}
    line = own.get(("extends",), Place(layers.file, 1)).line
    base = _base(file, data.pop("extends", None), line, layers, (*above, _identity(file)))
    _lay_over(layers, base, data, own)
    return layers


def _identity(file: Traversable) -> str:
    return str(file.resolve()) if isinstance(file, Path) else str(file)


def _strange(file: Traversable) -> str | None:
    """Why a file is not even opened: a pipe or a device may never end, and no profile is that long."""
    if not isinstance(file, Path) or not file.exists() or file.is_dir():
        return None
    if not file.is_file():
        return "is not a file on a disk, but a pipe or a device"
    return "is far too long for a profile" if file.stat().st_size > _LONGEST_BYTES else None


def _text(file: Traversable, layers: Layers) -> str | None:
    if strange := _strange(file):
        layers.problems.append(Problem(layers.file, 0, "", strange))
        return None
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        layers.problems.append(Problem(layers.file, 0, "", f"cannot be read: {error.strerror or error}"))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        layers.problems.append(Problem(layers.file, line, "", "is not UTF-8 text: save it as UTF-8"))
    return None


def _parsed(text: str, layers: Layers) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        at = re.search(r"\(at line (\d+), column \d+\)", said)
        line = int(at[1]) if at else text.count("\n") + 1
        what = re.sub(r" \(at .*\)$", "", said)
        layers.problems.append(Problem(layers.file, line, "", f"is not TOML: {what[:1].lower()}{what[1:]}"))
    except RecursionError:
        layers.problems.append(Problem(layers.file, 0, "", "is not a profile: its values are nested too deeply"))
    except ValueError:  # Python's own limit on the digits of a whole number, 4300
        layers.problems.append(Problem(layers.file, 0, "", "is not a profile: a number has far too many digits"))
    return None


def _base(file: Traversable, extends: object, line: int, layers: Layers, above: tuple[str, ...]) -> Layers | None:
    """What the profile extends, read; a problem where that cannot be."""
    if extends is None:
        return None
    found = _found(file, extends)
    if isinstance(found, str):
        what = found
    elif _identity(found) in above:
        what = f"goes in a circle: {' -> '.join(Path(each).name for each in (*above, _identity(found)))}"
    elif len(above) > _MOST_EXTENDS:
        what = f"goes on over more than {_MOST_EXTENDS} files: extend fewer"
    else:
        base = read_layers(found, above)
        layers.problems += base.problems
        layers.whole = base.whole
        return base
    layers.problems.append(Problem(layers.file, line, "extends", what))
    layers.whole = False
    return None


def _found(file: Traversable, extends: object) -> Traversable | str:
    """The file that is meant, or in words why there is none."""
    if not isinstance(extends, str) or not extends:
        return f"must be a shipped profile's name or a path beside this file, not {extends!r}"
    if extends in shipped_names():
        return shipped(extends)
    beside = Path(str(file)).parent / extends
    if extends.endswith(".toml") and beside.is_file():
        return beside
    return f"there is no profile {extends!r}{did_you_mean(extends, shipped_names())}"


def _lay_over(layers: Layers, base: Layers | None, data: dict[str, Any], own: Mapping[KeyPath, Place]) -> None:
    if base is not None:
        layers.data, layers.origins = base.data, base.origins
    _merge(layers.data, data, (), layers.origins)
    layers.origins.update(own)


def _merge(below: dict[str, Any], above: Mapping[str, Any], path: KeyPath, origins: dict[KeyPath, Place]) -> None:
    """Tables are merged, everything else is replaced; what is replaced loses its places."""
    for key, value in above.items():
        here = (*path, key)
        standing = below.get(key)
        if isinstance(standing, dict) and isinstance(value, dict):
            _merge(standing, value, here, origins)
        else:
            for lost in [each for each in origins if each[: len(here)] == here]:
                del origins[lost]
            below[key] = value
