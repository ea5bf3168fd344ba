"""What a user installs with calando: few, known, none of them under the GPL or AGPL, and each says its licence."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = sorted(set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]) - {"dev"})
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


CLOSURE = {found.name: found for found in needed("calando", tuple(EXTRAS), set())}


@pytest.mark.parametrize("name", sorted(CLOSURE))
def test_every_dependency_says_its_licence_and_it_is_no_gpl(name: str) -> None:
    said = licence(CLOSURE[name])
    assert said, f"{name} does not say its licence"
    assert not COPYLEFT.search(said), f"{name}: {said}"


def test_the_check_knows_the_gpl_when_it_sees_it() -> None:
    for said in ("GPL-3.0-or-later", "AGPLv3", "GNU General Public License v3 (GPLv3)", "GNU Affero GPL"):
        assert COPYLEFT.search(said), said
    for said in ("LGPL-2.1-or-later", "GNU Lesser General Public License v2 (LGPLv2)", "MIT", "BSD-3-Clause"):
        assert not COPYLEFT.search(said), said
