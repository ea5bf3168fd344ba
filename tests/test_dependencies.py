"""What a user installs with calando: few, known, bounded, none of them under the GPL; and who may import what."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = sorted(set(PROJECT["optional-dependencies"]) - {"dev"})
DEMANDS = [*PROJECT["dependencies"], *(text for extra in EXTRAS for text in PROJECT["optional-dependencies"][extra])]
COPYLEFT = re.compile(r"(?<![A-Za-z])A?GPL|(?<!Lesser )General Public License|Affero", re.IGNORECASE)


def needed(name: str, extras: tuple[str, ...], seen: set[tuple[str, str]]) -> Iterator[Distribution]:
    """A distribution and all that it needs here, each once for each way in which it is asked for."""
    found = distribution(name)
    yield found
    for text in found.requires or ():
        requirement = Requirement(text)
        for extra in ("", *extras):
            key = canonicalize_name(requirement.name), ",".join(sorted(requirement.extras))
            wanted = requirement.marker is None or requirement.marker.evaluate({"extra": extra})
            if wanted and key not in seen:
                seen.add(key)
                yield from needed(requirement.name, tuple(requirement.extras), seen)


def licence(found: Distribution) -> str:
    """Everything that its metadata says of its licence; of a whole licence text only the head."""
    told = [text for key in ("License-Expression", "License") for text in found.metadata.get_all(key) or ()]
    told += [text for text in found.metadata.get_all("Classifier") or () if text.startswith("License ::")]
    return " | ".join(each[:200] for each in told)


def broken_walls(folder: Path) -> str:
    """What import-linter says of the contracts in a folder's pyproject.toml; nothing where all hold."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", code, "--no-cache"]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return told.stdout + told.stderr if told.returncode else ""


CLOSURE = {found.name: found for found in needed("calando", tuple(EXTRAS), set())}


@pytest.mark.parametrize("name", sorted(CLOSURE))
def test_every_dependency_says_its_licence_and_it_is_no_gpl(name: str) -> None:
    said = licence(CLOSURE[name])
    assert said, f"{name} does not say its licence"
    assert not COPYLEFT.search(said), f"{name}: {said}"


@pytest.mark.parametrize("text", DEMANDS)
def test_every_dependency_has_an_upper_bound_on_its_major_version(text: str) -> None:
    (bound,) = [each for each in Requirement(text).specifier if each.operator == "<"]
    assert bound.version.isdecimal(), f"{text}: name the first major version that was never tried"


def test_the_walls_of_the_house_hold() -> None:
    """The import contracts in pyproject.toml: who may know whom, the small guardian, and one owner of each outside."""
    assert broken_walls(ROOT) == ""


def test_a_wall_is_found_broken_where_it_is(tmp_path: Path) -> None:
    """Without the leave that its owner has, an import of the outside breaks the last contract."""
    strict = re.sub(r"ignore_imports = \[.*?\]\n", "", (ROOT / "pyproject.toml").read_text(), flags=re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(strict)
    told = broken_walls(tmp_path)
    assert "engine.output.ports -> rtmidi" in told
    assert "sensors.open_sound -> pythonosc" in told


def test_the_guardian_loads_where_only_the_standard_library_is() -> None:
    """Without site-packages; the MIDI port is loaded when one is opened."""
    subprocess.run([sys.executable, "-S", "-c", "import engine.output.guardian"], cwd=ROOT, check=True)


def test_the_check_knows_the_gpl_when_it_sees_it() -> None:
    for said in ("GPL-3.0-or-later", "AGPLv3", "GNU General Public License v3 (GPLv3)", "GNU Affero GPL"):
        assert COPYLEFT.search(said), said
    for said in ("LGPL-2.1-or-later", "GNU Lesser General Public License v2 (LGPLv2)", "MIT", "BSD-3-Clause"):
        assert not COPYLEFT.search(said), said
