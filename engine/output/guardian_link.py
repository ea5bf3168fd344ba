"""The engine's side of the guardian: starts it, speaks to it, and starts another where one dies."""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence

from engine.clock import Clock, now_s
from engine.errors import CalandoError, DeviceNotFoundError, LinkFailedError, UsageError
from engine.inputs import OutputKind, OutputState
from engine.output.clock_offset import ClockOffset
from engine.output.cues import Cue
from engine.output.midi_clock import Pulse
from engine.output.mirror import Mirror
from engine.output.protocol import Beat, Cued, Events, Lines, Order, Ping, encode_order, read_answer
from engine.output.standby import Standby

GUARDIAN = (sys.executable, "-m", "engine.output.guardian")

BEAT_S = 0.25
PING_S = 0.5
DEAF_PINGS = 6
"""So many pings without an answer, and the guardian hangs: it is killed, and another one ends its notes."""

READY_S = 15.0
UNHEARD = -1
"""The count of silences of a guardian that has not spoken: a *play on* meant for the one before it is not for it."""

OPENING_PINGS = 30
"""One that opens its output may take so many: a synth listens to its sounds first."""

LEAVING_S = 6.0
RETRY_S = 2.0
"""Between guardians that cannot open their output; one that dies is followed at once by the one that stands by."""

_ERRORS = {error.exit_code: error for error in (UsageError, DeviceNotFoundError, LinkFailedError)}


class GuardianHungError(LinkFailedError):
    """The guardian did not answer."""


def _arguments(
    outputs: Sequence[str], room: str, level_cc: int, channels: Sequence[int], *, midi_clock: bool
) -> Iterator[str]:
    """The guardian's command line, after its name."""
    yield from ("--room", room, "--level-cc", str(level_cc))
    for output in outputs:
        yield from ("--output", output)
    for channel in channels:
        yield from ("--channel", str(channel))
    if midi_clock:
        yield "--midi-clock"


class GuardianLink:
    """One room's guardian, kept alive from ``start`` to ``close``.

    ``on_state`` hears every OutputState: what the guardian says of its output, and its own death. ``on_report`` hears
    its counts and histogram as they change, ``on_sentence`` what a person may want to know.
    """

    def __init__(
        self,
        outputs: Sequence[str],
        room: str = "room",
        level_cc: int = 11,
        on_state: Callable[[OutputState], None] = lambda _: None,
        *,
        channels: Sequence[int] = (),
        midi_clock: bool = False,
        clock: Clock = now_s,
        command: Sequence[str] = GUARDIAN,
        on_report: Callable[[dict[str, object]], None] = lambda _: None,
        on_sentence: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.on_state = on_state
        self.on_report = on_report
        self.on_sentence = on_sentence
        self.report: dict[str, object] = {}
        self.quiet = asyncio.Event()
        self.restarts = 0
        self._clock = clock
        self._offset = ClockOffset()
        self._standby = Standby((*command, *_arguments(outputs, room, level_cc, channels, midi_clock=midi_clock)))
        self._midi_clock = midi_clock
        self._mirror = Mirror.of_whoever_came_before(channels, clock())
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._refusal: CalandoError | None = None
        self._started = False
        self._is_lost = False
        self._silences = UNHEARD
        self._beat_s = self._ping_s = -1e9
        self._unanswered = 0

    @property
    def pid(self) -> int | None:
        """The guardian's process id, while there is one."""
        return self._process.pid if self._process else None

    @property
    def standby_pid(self) -> int | None:
        """The process id of the guardian that stands by, while there is one."""
        return self._standby.pid

    async def start(self) -> None:
        """Start the guardian and wait until its outputs are open.

        Raises the guardian's own refusal as UsageError, DeviceNotFoundError or LinkFailedError.
        """
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep(), name="guardian")
        waiting = asyncio.create_task(self._ready.wait())
        await asyncio.wait({waiting, self._keeper}, timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not self._ready.is_set():
            await self.close()
            raise self._refusal or GuardianHungError("The guardian did not open its output; look at the MIDI system.")

    def send(self, epoch: int, due_events: Sequence[tuple[float, bytes]]) -> None:
        """Hand over messages of an epoch, due at seconds on the link's clock."""
        offset_s = self._offset.seconds
        for due_s, data in due_events:
            self._mirror.note(due_s, data)
        self._tell(Events(epoch, tuple((due_s + offset_s, data) for due_s, data in due_events)))

    def pulse(self, pulse: Pulse) -> None:
        """Where the music's beat stands from a moment on, for an output that is sent MIDI clock."""
        if self._midi_clock:
            self._tell(Pulse(pulse.at_s + self._offset.seconds, pulse.beat, pulse.bpm))

    def cue(self, cue: Cue) -> None:
        """Stop, or play on, at once."""
        if cue.stop is None:
            self.quiet.clear()
        self._tell(Cued(cue.epoch, cue.stop, self._silences))

    def beat(self) -> None:
        """The room's control tick is alive: call it at each, and the guardian hears of it every 250 ms."""
        now_s = self._clock()
        if now_s - self._beat_s >= BEAT_S:
            self._beat_s = now_s
            self._tell(Beat())
        if now_s - self._ping_s >= PING_S:
            self._ping_s = now_s
            self._ping()

    def _ping(self) -> None:
        self._unanswered += 1
        if self._process and self._unanswered > (DEAF_PINGS if self._ready.is_set() else OPENING_PINGS):
            self._unanswered = 0
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            return
        self._tell(Ping(self._clock()))

    async def close(self) -> None:
        """Let the guardian fade, silence everything and exit; kill it only where it does neither."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._standby.close()
        process = self._process
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), LEAVING_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    def _tell(self, order: Order) -> None:
        pipe = self._process.stdin if self._process else None
        if pipe and not pipe.is_closing():
            pipe.write(encode_order(order))

    async def _spawn(self) -> None:
        self._ready.clear()
        self._refusal = None
        self._silences, self._unanswered = UNHEARD, 0
        self._process = await self._standby.take()
        self._tell(self._mirror.legacy())

    async def _keep(self) -> None:
        """Hear the guardian until it ends, and let another take over, again and again; unless none became ready."""
        failures = 0
        while self._process:
            ended = self._process
            await self._hear_out(ended)
            if not self._started:
                return
            failures = 0 if self._ready.is_set() else failures + 1
            if failures > 1:
                await asyncio.sleep(RETRY_S)
            refusal = self._refusal
            await self._respawn()
            self._tell_the_end(refusal)
            await ended.wait()

    def _tell_the_end(self, refusal: CalandoError | None) -> None:
        self.restarts += 1
        if refusal:
            self.on_state(OutputState(OutputKind.PORT_LOST, str(refusal)))
        else:
            why = "the guardian ended and is started again; play on when ready"
            self.on_state(OutputState(OutputKind.SILENCED, why))

    async def _respawn(self) -> None:
        """Start another, however long this computer has no room for one."""
        while True:
            try:
                await self._spawn()
            except OSError as error:
                why = f"no guardian can be started ({error.strerror}); turn the amplifier down"
                self.on_state(OutputState(OutputKind.PORT_LOST, why))
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def watch(self) -> None:
        """Return only if nobody keeps the guardian any more. Raises what ended that."""
        if self._keeper:
            await asyncio.shield(self._keeper)

    async def _hear_out(self, process: asyncio.subprocess.Process) -> None:
        lines = Lines()
        while process.stdout and (piece := await process.stdout.read(65536)):
            for line in lines.feed(piece):
                self._hear(read_answer(line))

    def _hear(self, answer: dict[str, object]) -> None:
        match answer:
            case {"state": str(kind), "why": str(why), "silences": int(silences)}:
                self._silences = silences
                self._is_lost = kind == OutputKind.PORT_LOST
                if kind == OutputKind.READY:
                    self._started = True
                    self._unanswered = 0
                    self._ready.set()
                self.on_state(OutputState(OutputKind(kind), why))
            case {"pong": float(sent_s), "at": float(at_s)}:
                self._hear_pong(sent_s, at_s)
            case {"quiet": True}:
                self._mirror.all_off(self._clock())
                self.quiet.set()
            case {"report": dict(report)}:
                self.report = report
                self.on_report(report)
            case {"say": str(sentence)}:
                self.on_sentence(sentence)
            case {"refused": str(why), "code": int(code)}:
                self._refusal = _ERRORS.get(code, CalandoError)(why)

    def _hear_pong(self, sent_s: float, at_s: float) -> None:
        self._unanswered = 0
        self._offset.pong(sent_s, at_s, self._clock())
        if not self._is_lost:
            self._mirror.answered(sent_s)
