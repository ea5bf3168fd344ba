"""All that a guardian plays through: ports and the built-in synth, each fed the same bytes. Standard library only."""

import contextlib
import math
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from engine.clock import Clock
from engine.errors import DeviceNotFoundError, UsageError
from engine.output.feed import Feed
from engine.output.places import owned
from engine.output.ports import (
    MidiPort,
    NoMidiSystemError,
    Port,
    PortLostError,
    RecordingPort,
    VirtualPort,
    load_driver,
)
from engine.output.spec import OutputSpec, parse_output

SYNTH = (sys.executable, "-m", "engine.output.synth")
SYNTH_END_S = 3.0
SYNTH_READY_S = 13.0
"""A SoundFont's sounds are first listened to and levelled."""
PATIENT_LOOKS = 30
"""A synth that was started again and has not played by then hangs, and another is started."""
LONGEST_REST = 16
"""Looks between one start of a synth that fails and the next: each rest is twice the one before, up to this."""


class SynthPort:
    """The built-in synth, a process of its own that reads MIDI bytes."""

    def __init__(self, arguments: Sequence[str] = (), name: str = "the built-in synth") -> None:
        self.name = name
        self._command = (*SYNTH, *arguments)
        self._process = self._start()
        self._wait_until_ready()
        self._is_starting = False
        self._looks_left = 0
        self._rest = self._rests_left = 0

    def _wait_until_ready(self) -> None:
        """Until it listens: what it is sent before would come all at once. Raises DeviceNotFoundError."""
        if not self._word(SYNTH_READY_S):
            self._end(0.0)
            raise DeviceNotFoundError(
                f"There is no sound from {self.name}: no sound device answers, or it cannot play; try calando doctor."
            )

    def _start(self, *, complains: bool = True) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603  our own module
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if complains else subprocess.DEVNULL,
            start_new_session=True,
        )
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
        return process

    def send(self, data: bytes) -> None:
        """Write one message; a synth that no longer reads is gone."""
        try:
            if self._process.stdin is not None:
                os.write(self._process.stdin.fileno(), data)
        except OSError as error:
            raise PortLostError(f"{self.name[0].upper()}{self.name[1:]} stopped ({error.strerror}).") from error

    def is_there(self) -> bool:
        """Whether its process lives."""
        return self._process.poll() is None

    def reopen(self) -> bool:
        """Look without waiting whether another is ready; where none is on its way, and none just failed, start one.

        Its complaints are not repeated on the terminal: that it is lost was said.
        """
        if self._is_starting:
            self._looks_left -= 1
            word = self._word()
            self._is_starting = word is None and self._looks_left > 0
            return bool(word)
        self._rests_left -= 1
        if self._rests_left < 0:
            self._rest = self._rests_left = min(max(1, 2 * self._rest), LONGEST_REST)
            self._end(0.0)
            self._process = self._start(complains=False)
            self._is_starting, self._looks_left = True, PATIENT_LOOKS
        return False

    def _word(self, patience_s: float = 0.0) -> bytes | None:
        """What it has said by then, b"" where it ended instead; None while it has said nothing yet."""
        pipe = self._process.stdout
        if pipe is None or not select.select([pipe], [], [], patience_s)[0]:
            return None
        return os.read(pipe.fileno(), 64)

    def close(self) -> None:
        """Close its input: it fades out and ends by itself."""
        self._end(SYNTH_END_S)

    def _end(self, patience_s: float) -> None:
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def open_port(spec: OutputSpec, clock: Clock) -> Port:
    """The output that ``midi:NAME``, ``virtual:NAME``, ``synth``, ``fluidsynth:FONT`` or ``record:PATH`` means.

    Raises the ports' own one-sentence errors, and UsageError for other words.
    """
    match spec.kind:
        case "midi" | "virtual" as kind:
            return _system_port(kind, spec.name)
        case "record":
            return RecordingPort(spec.name, clock)
        case "synth":
            return SynthPort(_chosen("--timbre", spec.layers))
        case "fluidsynth":
            arguments = (
                "--soundfont",
                spec.name,
                *_chosen("--program", spec.program),
                *_chosen("--timbre", spec.layers),
            )
            return SynthPort(arguments, f"the SoundFont {Path(spec.name).stem}")
    raise UsageError(
        f"There is no output {str(spec)!r}; write midi:PORT, virtual:NAME, synth, fluidsynth:FONT or record:PATH."
    )


def _system_port(kind: str, name: str) -> Port:
    """Whoever asks for one may ask for the built-in synth in its place."""
    try:
        return MidiPort(name) if kind == "midi" else VirtualPort(name)
    except NoMidiSystemError as error:
        raise NoMidiSystemError(f"{error} Or play the built-in synth: --out synth.") from error


def _gone(port: Port) -> str:
    if isinstance(port, SynthPort):
        return f"{port.name[0].upper()}{port.name[1:]} stopped and is started again; see that a sound device is there."
    return f"The output {port.name} is gone; plug it in again."


def warm_up(specs: Iterable[str]) -> None:
    """Do ahead what opening these takes time for and nobody notices."""
    if any(spec.startswith(("midi:", "virtual:")) for spec in specs):
        load_driver()


def _chosen(option: str, pairs: Iterable[tuple[int, object]]) -> tuple[str, ...]:
    return tuple(word for channel, what in pairs for word in (option, f"{channel}={what}"))


class Outputs:
    """Every output of one room. A port is owned by one guardian at a time.

    ``lost`` holds what is gone, with the reason in words; nothing is sent there until it is back. Two outputs may have
    one name, and each has a fate of its own.
    """

    def __init__(
        self, specs: Sequence[str], clock: Clock, opener: Callable[[OutputSpec, Clock], Port] = open_port
    ) -> None:
        self.lost: dict[Feed, str] = {}
        self._clock = clock
        self._owned = contextlib.ExitStack()
        self._feeds: list[Feed] = []
        wanted = [parse_output(spec) for spec in specs]
        slowest_ms = max((spec.latency_ms for spec in wanted), default=0.0)
        try:
            for spec in wanted:
                port = self._open(spec, clock, opener)
                self._feeds.append(Feed(port, spec, (slowest_ms - spec.latency_ms) / 1000))
        except BaseException:
            self.close()
            raise

    def _open(self, spec: OutputSpec, clock: Clock, opener: Callable[[OutputSpec, Clock], Port]) -> Port:
        port = opener(spec, clock)
        try:
            if not isinstance(port, SynthPort):
                self._owned.enter_context(owned("port", port.name))
        except BaseException:
            port.close()
            raise
        return port

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        return tuple(feed.port.name for feed in self._feeds)

    @property
    def all_lost(self) -> bool:
        """True where there were outputs and none is left."""
        return bool(self._feeds) and len(self.lost) == len(self._feeds)

    @property
    def next_due_s(self) -> float:
        """When a message that waits for a slower output goes out; infinity when none waits."""
        return min((feed.next_due_s for feed in self._feeds), default=math.inf)

    def send(self, data: bytes) -> None:
        """To every output that is there; one that fails is lost."""
        now_s = self._clock()
        for feed in self._there():
            with self._losing(feed):
                feed.give(now_s, data)

    def flush(self, *, may_start: bool) -> int:
        """Send what has waited long enough for slower outputs; without ``may_start`` all of it, but no note begins.

        How many notes were left out, as they would have come too late.
        """
        now_s, late = self._clock(), 0
        for feed in self._there():
            with self._losing(feed):
                late += feed.flush(now_s, may_start=may_start)
        return late

    def _there(self) -> Iterator[Feed]:
        return (feed for feed in self._feeds if feed not in self.lost)

    @contextlib.contextmanager
    def _losing(self, feed: Feed) -> Iterator[None]:
        try:
            yield
        except PortLostError as error:
            self._lose(feed, str(error))

    def _lose(self, feed: Feed, why: str) -> None:
        feed.drop()
        self.lost[feed] = why

    def look(self) -> None:
        """See which outputs are still there."""
        for feed in self._there():
            if not feed.port.is_there():
                self._lose(feed, _gone(feed.port))

    def find_again(self, told: Sequence[bytes]) -> tuple[str, ...]:
        """Open lost outputs again where they are back, and tell them first of all what ``told`` says."""
        back = []
        for feed in self._feeds:
            if feed in self.lost and feed.port.reopen() and self._tell(feed, told):
                del self.lost[feed]
                back.append(feed.port.name)
        return tuple(back)

    def _tell(self, feed: Feed, told: Sequence[bytes]) -> bool:
        try:
            feed.tell(self._clock(), told)
        except PortLostError:
            return False
        return True

    def close(self) -> None:
        """Let go of them all."""
        for feed in self._feeds:
            feed.port.close()
        self._owned.close()
