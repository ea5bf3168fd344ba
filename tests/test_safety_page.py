"""SAFETY.md keeps to what is there: every hazard has its row, and every row names tests that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "SAFETY.md").read_text()
ROWS = {row.split("|")[1].strip(): row for row in PAGE.splitlines() if row.startswith("| H")}
WALL = re.compile(r"datetime\.now|\bdate\.today|\btime\.time\(|localtime\(")


def named_in(row: str) -> list[str]:
    """The tests in its last column, as ``path::name``."""
    return re.findall(r"`([^`]+)`", row.split("|")[5])


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_hazard_has_its_row() -> None:
    assert list(ROWS) == [f"H{number}" for number in range(1, 33)]


@pytest.mark.parametrize("hazard", ROWS)
def test_a_row_has_a_severity_a_control_and_tests_that_exist(hazard: str) -> None:
    _, _, what, cause, control, _, _ = ROWS[hazard].split("|")
    assert re.search(r"\(S[123]\)", what)
    assert cause.strip()
    assert control.strip()
    named = named_in(ROWS[hazard])
    assert named
    for each in named:
        file, _, name = each.partition("::")
        assert name.startswith("test_"), each
        assert (ROOT / file).is_file(), each
        assert name in names_in(ROOT / file), each


def test_only_one_place_asks_the_wall_what_time_it_is() -> None:
    """It labels records; who else needs it is given it."""
    packages = [path for name in ("engine", "sensors", "generators") for path in (ROOT / name).rglob("*.py")]
    asking = {str(path.relative_to(ROOT)) for path in packages if WALL.search(path.read_text())}
    assert asking == {"engine/record/folder.py"}
