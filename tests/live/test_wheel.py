"""What is published is whole: a wheel in another folder has its profiles and its page, and plays the demo."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.output.live import ROOT

PACKAGES = ("engine", "sensors", "generators", "configs")


def _run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    finished = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder), cwd=ROOT)
    (built,) = folder.glob("calando-*.whl")
    return built


def test_every_file_of_the_packages_travels(wheel: Path) -> None:
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        assert ours <= set(archive.namelist())


def test_the_demo_plays_from_a_wheel_in_another_folder(wheel: Path, tmp_path: Path) -> None:
    elsewhere, kept = tmp_path / "elsewhere", tmp_path / "kept"
    install = ("install", "--quiet", "--no-deps", "--no-index", "--target", str(elsewhere), str(wheel))
    _run(sys.executable, "-m", "pip", "--disable-pip-version-check", *install, cwd=tmp_path)
    env = {**os.environ, "PYTHONPATH": str(elsewhere), "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    where = _run(sys.executable, "-P", "-c", "import engine, configs; print(engine.__file__)", cwd=tmp_path, env=env)
    assert where.startswith(str(elsewhere))
    told = _run(
        *(sys.executable, "-P", "-m", "engine.cli", "demo", "--seconds", "1", "--speed", "60", "--no-browser"),
        *("--web", "none", "--record", str(kept)),
        cwd=tmp_path,
        env=env,
    )
    assert "of music" in told
    assert {path.suffix for path in next(kept.iterdir()).iterdir()} >= {".sqlite", ".mid", ".png"}
