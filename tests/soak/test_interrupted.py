"""A soak that somebody interrupts: what it lived is told, and nothing that it started stays behind."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from engine.commands import soak as soak_command
from tests.calls import ROOT, command, home
from tests.output.live import wait_until


@pytest.fixture
def folder() -> Iterator[Path]:
    """A socket's path must be short: shorter than pytest's own folders are."""
    with tempfile.TemporaryDirectory(prefix="cal") as name:
        yield Path(name)


@pytest.mark.parametrize(
    ("part", "jobs", "end"),
    [
        ("kills", 1, signal.SIGINT),
        ("kills", 2, signal.SIGINT),
        ("hours", 2, signal.SIGINT),
        ("kills", 1, signal.SIGTERM),
        ("kills", 2, signal.SIGTERM),
        ("kills", 2, signal.SIGHUP),
    ],
)
def test_whoever_ends_it_ends_it_at_once_in_one_sentence_and_with_all_that_it_started(
    part: str, jobs: int, end: signal.Signals, folder: Path
) -> None:
    mark = f"CALANDO_TEST_SOAK={os.getpid()}-{part}-{jobs}-{end}"
    name, _, value = mark.partition("=")
    words = command("soak", "--part", part, "--hours", "40", "--jobs", jobs)
    pipe = subprocess.PIPE
    env = {**home(folder), name: value, "TMPDIR": str(folder)}
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=env) as soak:
        wait_until(lambda: is_busy(part, jobs, marked(mark), folder), "the first cases")
        soak.send_signal(end)
        out, err = soak.communicate(timeout=30)
    assert soak.returncode == 130
    assert out.startswith("soak: ")
    assert err.splitlines()[-1].startswith("calando: The soak was interrupted")
    assert "Traceback" not in out + err
    wait_until(lambda: marked(mark) == [], "the end of all that it started")
    assert list(folder.glob("calando-soak-*")) == []


def is_busy(part: str, jobs: int, processes: Sequence[int], folder: Path) -> bool:
    """Whether rooms play, or as many cases run as may."""
    if part == "kills":
        return any(wire.stat().st_size for wire in folder.glob("calando-soak-*/heard"))
    return sum(map(has_computed, processes)) >= jobs


def marked(mark: str) -> list[int]:
    """Every process with this in its environment."""
    return [int(found.parent.name) for found in Path("/proc").glob("[0-9]*/environ") if mark in environment(found)]


def environment(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").split("\0")
    except OSError:
        return []


def has_computed(process: int) -> bool:
    """Whether it has used two seconds of CPU: it has begun."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return int(fields[11]) > 2 * os.sysconf("SC_CLK_TCK")


def test_what_nohup_shut_out_does_not_end_a_soak() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with soak_command._ends_as_by_ctrl_c():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
