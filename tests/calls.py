"""The command line called as a person calls it: in a process of its own, with an environment that has nothing."""

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTHING = {
    "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus",
    "JACK_DEFAULT_SERVER": "calando-tests-have-none",
    "JACK_NO_START_SERVER": "1",
}


@dataclass(frozen=True)
class Answer:
    """What a call said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """What it said in failing: one line, and never a traceback."""
        assert "Traceback" not in self.out + self.err
        said = [line for line in self.err.splitlines() if line.startswith("calando: ")]
        assert len(said) == 1, self.err
        return said[0].removeprefix("calando: ")


def command(*arguments: object) -> list[str]:
    """The words of a call."""
    return [sys.executable, "-m", "engine", *map(str, arguments)]


def home(folder: Path) -> dict[str, str]:
    """An environment in which nothing of the real user is met or left."""
    folders = {name: str(folder / name.lower()) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    return {**os.environ, **NOTHING, **folders, "TMPDIR": str(folder)}


def call(*arguments: object, folder: Path, env: Mapping[str, str] | None = None, patience_s: float = 60) -> Answer:
    """Call ``calando`` and wait for its end."""
    done = subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**home(folder), **(env or {})},
        timeout=patience_s,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def cpu_s(*arguments: str, folder: Path) -> float:
    """What a call costs in CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert call(*arguments, folder=folder).code == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
