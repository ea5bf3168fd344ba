"""Real processes for the guardian's tests: a JACK server, a receiver on it, an engine that may be killed."""

import contextlib
import fcntl
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.clock import now_s
from engine.output.ports import read_recording
from tests.stream_checker import StreamChecker

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20.0
GOODBYE_S = 15.0
"""A JACK server that lost clients without a word takes some 6 s to end."""
FORGETS_S = 0.5
"""A JACK server that ends while it still takes a lost client out of its graph waits 6 s for it."""
ARRIVES_S = 1.0
"""Between the driver and a receiver on a busy machine without real-time priority."""

Wire = list[tuple[float, bytes]]


def wait_until(holds: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """A bounded wait for something a real process will do."""
    until_s = now_s() + patience_s
    while not holds():
        assert now_s() < until_s, f"waited {patience_s} s in vain for {what}"
        threading.Event().wait(0.005)


@contextlib.contextmanager
def running(*command: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A child in a session of its own, asked to end and gone at the end whatever happened.

    It is asked first: a JACK server that is killed keeps its place among the eight that a machine can have.
    """
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True, env={**os.environ, **(env or {})}
    )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGCONT)
        child.terminate()
        try:
            child.wait(GOODBYE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout:
            child.stdout.close()


def first_line(child: subprocess.Popen[str]) -> str:
    """What a child says once it is ready."""
    assert child.stdout is not None
    line = child.stdout.readline()
    assert line, f"{child.args!r} ended with {child.wait()} before it was ready"
    return line.strip()


def _forget_dead_jack_servers() -> None:
    """A machine can have eight, and one that was killed is never taken off the list; without any, there is no list."""
    names = set()
    for comm in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            names.add(comm.read_text().strip())
    if "jackd" not in names:
        Path("/dev/shm/jack-shm-registry").unlink(missing_ok=True)


@contextlib.contextmanager
def _one_after_the_other() -> Iterator[None]:
    """Tests run side by side: where one server lives, nobody can take the dead ones off the list."""
    with (Path(tempfile.gettempdir()) / "calando-tests-jack.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def jack_server() -> Iterator[str]:
    """A JACK server with the dummy driver; its name, for JACK_DEFAULT_SERVER.

    Its cycle is long, 85 ms: a client that is late for one loses the messages in it, and on a busy machine without
    real-time priority many are late for a short one. Its name is new: the shared memory of one that died lingers under
    its name, and another of that name would find it.
    """
    name = f"calando-{secrets.token_hex(4)}"
    quiet = {"JACK_NO_AUDIO_RESERVATION": "1"}
    with _one_after_the_other():
        _forget_dead_jack_servers()
        with running("jackd", "-r", "-n", name, "-d", "dummy", "-r", "48000", "-p", "4096", env=quiet):
            wait = ("jack_wait", "-s", name, "-w", "-t", "10")
            subprocess.run(wait, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            yield name
            threading.Event().wait(FORGETS_S)
        for left in Path("/dev/shm").glob(f"jack_sem.*_{name}_*"):
            left.unlink(missing_ok=True)


@contextlib.contextmanager
def receiver(path: Path, name: str = "recv") -> Iterator[subprocess.Popen[str]]:
    """A synth's port in another process."""
    with running(sys.executable, "-m", "tests.output.receiver", name, str(path)) as child:
        assert first_line(child) == "open"
        yield child


@dataclass
class LiveEngine:
    """A stand-in engine whose guardian plays a chord: ``handed`` to the driver, and ``heard`` by a receiver."""

    child: subprocess.Popen[str]
    guardian: int
    standby: int
    handed: Path
    heard: Path

    def wire(self) -> Wire:
        """What the receiver has heard so far."""
        return read_recording(self.heard)

    def signal(self, number: signal.Signals) -> None:
        """To the engine's whole process group."""
        os.killpg(self.child.pid, number)

    def wait_for_silence(self) -> None:
        """Until all is off on both channels."""
        wait_until(lambda: self._last_levels() == {0: 0, 1: 0} and not self.sounding(), "all off")

    def sounding(self) -> set[tuple[int, int]]:
        """The notes of the receiver's ledger."""
        notes: set[tuple[int, int]] = set()
        for _, data in self.wire():
            key = (data[0] & 0x0F, data[1])
            if data[0] & 0xF0 == 0x90 and data[2]:
                notes.add(key)
            elif data[0] & 0xF0 in (0x80, 0x90):
                notes.discard(key)
        return notes

    def _last_levels(self) -> dict[int, int]:
        """Each channel's level, where it was the last thing the channel heard."""
        last = {data[0] & 0x0F: data for _, data in self.wire()}
        return {channel: data[2] for channel, data in last.items() if data[0] & 0xF0 == 0xB0 and data[1] == 11}

    def check(self, kind: str, at_s: float, slack_s: float = 0.0) -> None:
        """Laws 2, 4 and 5 over all that the driver was handed, with one stop asked for at ``at_s``.

        Whoever receives hears every byte of it, in order, and no more than ``ARRIVES_S`` later.
        """
        handed = read_recording(self.handed)
        wait_until(lambda: len(self.wire()) == len(handed), "the last message")
        for (heard_s, heard), (handed_s, data) in zip(self.wire(), handed, strict=True):
            assert heard == data
            assert heard_s - handed_s < ARRIVES_S
        checker, told = StreamChecker(), False
        for time_s, data in handed:
            if not told and time_s >= at_s:
                checker.stop(kind, at_s + slack_s)
                told = True
            checker.feed(time_s, data)
        assert told
        checker.finish()


@contextlib.contextmanager
def engine(room: str, handed: Path, port: str | None = None, heard: Path | None = None) -> Iterator[LiveEngine]:
    """An engine whose chord sounds, recorded in ``handed``, and played to ``port`` where that is given."""
    outputs = [f"record:{handed}", *([f"midi:{port}"] if port else [])]
    with running(sys.executable, "-m", "tests.output.stand_in", room, *outputs) as child:
        guardian, standby = map(int, first_line(child).split())
        live = LiveEngine(child, guardian, standby, handed, heard or handed)
        wait_until(lambda: len(live.sounding()) == 4, "the chord")
        yield live
    wait_until(lambda: not _is_alive(live.standby), "the end of the guardian that stood by")
    wait_until(lambda: not _is_alive(live.guardian), "the guardian's end")


def waits(process: int | None) -> bool:
    """Whether a guardian that stands by has grown its thread, which it does once its modules are loaded."""
    try:
        return process is not None and len(list(Path(f"/proc/{process}/task").iterdir())) > 1
    except FileNotFoundError:
        return False


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
