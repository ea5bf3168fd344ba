"""A real room for the soak: ``calando run`` in processes of its own, played into a file, with a person's keys."""

import contextlib
import json
import os
import pty
import resource
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from engine.clock import now_s
from engine.midi import EXPRESSION, is_control, is_note_off, is_note_on
from engine.output.places import file_name
from engine.output.ports import read_recording
from engine.record.database import JournalError
from engine.record.recorded import broken_batch, read
from engine.soak.stream_checker import StreamChecker

PATIENCE_S = 60.0
PLAY_ON = "play on"
LOOK_S = 0.01
GONE_S = 5.0
TABLES = ("input", "decision", "event")
PEER = struct.Struct("3i")
"""Process, user and group of whoever listens (unix(7), SO_PEERCRED)."""

Wire = list[tuple[float, bytes]]
Rows = dict[str, int]


class ImpatientError(Exception):
    """Something that a real process was to do did not happen in time."""


def wait_until(holds: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """A bounded wait. Raises ImpatientError."""
    until_s = now_s() + patience_s
    while not holds():
        if now_s() > until_s:
            raise ImpatientError(f"{what} did not happen within {patience_s:.0f} s")
        threading.Event().wait(LOOK_S)


def wait(seconds: float) -> None:
    """Let real time pass."""
    threading.Event().wait(seconds)


class LivingRoom:
    """One ``calando run`` after the other in one room with one record. Linux: it finds the guardian by its socket."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.heard = folder / "heard"
        self.told: list[tuple[str, float]] = []
        self._folder, self._seed = folder, seed
        self._room = f"soak-{os.getpid()}-{seed}"
        self._keys, self._terminal = pty.openpty()
        self._complaints, self._complain = os.pipe()
        os.set_blocking(self._complaints, False)
        self._engine: subprocess.Popen[bytes] | None = None

    @property
    def engine(self) -> int:
        """The engine's process id."""
        assert self._engine is not None
        return self._engine.pid

    @property
    def journal(self) -> Path:
        """The one session's record."""
        return next((self._folder / "records").glob("*/session.sqlite"))

    @property
    def socket(self) -> Path:
        """Where its guardian hears *panic*."""
        return self._folder / "calando" / f"{file_name('room', self._room)}.sock"

    def start(self, *, resume: bool = False) -> None:
        """Start the engine; it plays, or goes on in silence."""
        words = ["run", "default", "--heart", "sim:distress", "--out", f"record:{self.heard}", "--room", self._room]
        words += ["--record", str(self._folder / "records"), "--seed", str(self._seed), "--web", "none"]
        home = {name: str(self._folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")}
        self._engine = subprocess.Popen(  # noqa: S603 -- our own module
            [sys.executable, "-m", "engine.cli", *words, "--resume" if resume else "--no-resume"],
            stdin=self._terminal,
            stdout=subprocess.DEVNULL,
            stderr=self._complain,
            env={**os.environ, **home},
            start_new_session=True,
        )
        if not resume:
            self.told.append((PLAY_ON, now_s()))

    def play_on(self) -> None:
        """A person plays on."""
        self.told.append((PLAY_ON, now_s()))
        self.press(" ")

    def press(self, key: str) -> None:
        """A person presses a key of the terminal."""
        os.write(self._keys, key.encode())

    def signal(self, number: signal.Signals) -> None:
        """To the engine alone."""
        os.kill(self.engine, number)

    def tell(self, kind: str) -> float:
        """A stop of this kind begins now, whatever makes it; the time."""
        self.told.append((kind, now_s()))
        return self.told[-1][1]

    def wait_for_end(self) -> int:
        """Until the engine is gone; its exit code."""
        assert self._engine is not None
        try:
            return self._engine.wait(PATIENCE_S)
        except subprocess.TimeoutExpired as error:
            raise ImpatientError("the engine did not end") from error

    def guardian(self) -> int:
        """The process id of the guardian that owns the room; waits until there is one."""
        wait_until(lambda: listener(self.socket) is not None, "a guardian")
        return listener(self.socket) or self.guardian()

    def wire(self) -> Wire:
        """What the synth has heard so far."""
        return read_recording(self.heard) if self.heard.exists() else []

    def wait_for_notes(self, count: int) -> None:
        """Until so many notes were struck from now on."""
        before = sum(is_note_on(data) for _, data in self.wire())
        wait_until(lambda: sum(is_note_on(data) for _, data in self.wire()) >= before + count, "notes")

    def wait_for_silence(self) -> float:
        """Until all is off; when the last message came."""
        wait_until(lambda: is_silent(self.wire()), "silence")
        return self.wire()[-1][0]

    def rows(self) -> Rows:
        """How many rows of each kind another process can read, which is: are committed."""
        return {name: self._count(name) for name in TABLES}

    def resumes(self) -> int:
        """How often the record was taken up again."""
        return self._count("input WHERE kind = 'resumed'")

    def gaps(self) -> int:
        """How many gaps the record marks."""
        return self._count("gap")

    def _count(self, rows: str) -> int:
        with closing(sqlite3.connect(f"file:{self.journal}?mode=ro", uri=True, timeout=10.0)) as database:
            return int(database.execute(f"SELECT count(*) FROM {rows}").fetchone()[0])  # noqa: S608 -- our own names

    def limit_files(self, size: int) -> None:
        """The engine's disk is full beyond ``size`` bytes of any file; -1: it is not."""
        _, hard = resource.prlimit(self.engine, resource.RLIMIT_FSIZE)
        resource.prlimit(self.engine, resource.RLIMIT_FSIZE, (hard if size < 0 else size, hard))

    def breaches(self) -> list[str]:
        """Whatever the whole wire and the whole record broke."""
        checker, stops = StreamChecker(waits=True), list(self.told)
        for time_s, data in self.wire():
            while stops and stops[0][1] <= time_s:
                _tell(checker, *stops.pop(0))
            checker.feed(time_s, data)
        for stop in stops:
            _tell(checker, *stop)
        with contextlib.suppress(AssertionError):
            checker.finish()
        return [*checker.violations, *self._wrong_rows()]

    def _wrong_rows(self) -> list[str]:
        from engine.record.proof import prove

        try:
            proof, broken = prove(read(self.journal)), broken_batch(self.journal)
        except (JournalError, StopIteration) as error:
            return [f"the record is lost: {error}"]
        wrong = [f"a resume is wrong: {proof.difference}"] if proof.difference else []
        wrong += [f"{proof.missing_rows} rows lost"] if proof.missing_rows else []
        wrong += self._refusals()
        return wrong + ([f"rows lost: batch {broken} is not as written"] if broken is not None else [])

    def _refusals(self) -> list[str]:
        """What any guardian said that it refused, each the most it came to."""
        refused: Counter[str] = Counter()
        with closing(sqlite3.connect(f"file:{self.journal}?mode=ro", uri=True, timeout=10.0)) as database:
            for (report,) in database.execute("SELECT payload FROM guardian"):
                refused |= Counter(json.loads(report).get("refused", {}))
        return [f"the guardian refused {dict(refused)}"] if refused else []

    def close(self) -> None:
        """End what still runs, and wait for the guardians, which outlive their engine by a fade."""
        if self._engine is not None and self._engine.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.signal(signal.SIGCONT)
                self.signal(signal.SIGKILL)
            self._engine.wait()
        os.close(self._complain)
        with contextlib.suppress(ImpatientError):
            wait_until(self._is_deserted, "the end of the guardians", GONE_S)
        for end in (self._complaints, self._keys, self._terminal):
            os.close(end)

    def _is_deserted(self) -> bool:
        """Whether none is left that could complain."""
        try:
            return os.read(self._complaints, 65536) == b""
        except BlockingIOError:
            return False


def _tell(checker: StreamChecker, kind: str, at_s: float) -> None:
    if kind == PLAY_ON:
        checker.play_on(at_s)
        return
    checker.stop(kind, at_s)
    if kind in {"crash", "guardian"}:
        checker.anew()


def listener(path: Path) -> int | None:
    """The id of the process that listens on a local socket; None where none does. Linux only."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.connect(str(path))
        process, _, _ = PEER.unpack(asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))
        return int(process)
    return None


def is_level(data: bytes) -> bool:
    """Whether it sets a channel's level."""
    return is_control(data) and data[1] == EXPRESSION


def sounds(wire: Wire) -> bool:
    """Whether any of it is a note's beginning or a level above 0."""
    return any(is_note_on(data) or (is_level(data) and data[2] > 0) for _, data in wire)


def is_silent(wire: Wire) -> bool:
    """Every note off, and level 0 the last that each channel heard."""
    sounding: set[tuple[int, int]] = set()
    last: dict[int, bytes] = {}
    for _, data in wire:
        key = (data[0] & 0x0F, data[1])
        last[key[0]] = data
        if is_note_on(data):
            sounding.add(key)
        elif is_note_off(data):
            sounding.discard(key)
    return not sounding and all(is_level(data) and data[2] == 0 for data in last.values())


@contextlib.contextmanager
def living_room(seed: int) -> Iterator[LivingRoom]:
    """A room in a folder of its own, all gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="calando-soak-"))
    room = LivingRoom(folder, seed)
    try:
        yield room
    finally:
        room.close()
        shutil.rmtree(folder, ignore_errors=True)
