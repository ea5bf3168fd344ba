"""What docs/tuning.md shows is true: its layer is short and plays from one file and one entry, its gates are ours."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.config import shipped_names
from generators.gates import GATES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "tuning.md").read_text(encoding="utf-8")
LAYER = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
ENTRY = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
OWN = f'extends = "default"\nconfig_version = 1\nname = "mine"\n{ENTRY}'

WITH_THE_FILE = """
import sys, generators.layers
generators.layers.__path__.append(sys.argv.pop(1))
from engine.cli import main
main()
"""
"""The same as putting the file into generators/layers, without touching the package that is under test."""


@pytest.fixture
def glass(tmp_path: Path) -> Path:
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers" / "glass.py").write_text(LAYER)
    (tmp_path / "mine.toml").write_text(OWN)
    return tmp_path


def calando(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    arguments = [sys.executable, "-c", WITH_THE_FILE, str(folder / "layers"), *words]
    return subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=folder, timeout=120)


def test_the_layer_on_the_page_is_thirty_lines() -> None:
    assert len([line for line in LAYER.splitlines() if line.strip()]) <= 30


def test_the_layer_on_the_page_plays_from_one_file_and_one_entry(glass: Path) -> None:
    from engine.midi import is_note_on
    from tests.midi_files import read_mid

    assert calando(glass, "check", "mine.toml").returncode == 0
    rendered = calando(glass, "render", "mine.toml", "--heart", "none", "--minutes", "8", "-o", "mine.mid")
    assert rendered.returncode == 0, rendered.stderr
    played = [data for _, data in read_mid(glass / "mine.mid") if is_note_on(data)]
    glasses = [data for data in played if data[0] & 0x0F == 6]
    assert len(glasses) > 5
    assert all(data[1] <= 79 for data in glasses)
    assert len(glasses) < len(played) / 4


def test_without_the_file_the_entry_is_a_mistake_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(OWN)
    told = subprocess.run(
        [sys.executable, "-m", "engine.cli", "check", "mine.toml"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert told.returncode == 2
    assert "glass" in told.stdout + told.stderr


def test_every_profile_and_every_gate_is_on_the_page() -> None:
    assert all(f"| `{name}` |" in PAGE for name in shipped_names())
    assert all(f"`{name}`" in PAGE for name in GATES)
