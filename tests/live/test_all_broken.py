"""Silence is the staff's within a second, with strap, disk and links all broken under a room that plays."""

import asyncio
import resource
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from engine.clock import now_s
from engine.inputs import Act, Command
from engine.midi import is_note_on
from engine.output.control import silence_room
from engine.output.places import socket_path
from engine.output.ports import read_recording
from engine.record.proof import prove
from engine.record.recorded import broken_batch, read
from engine.soak.living import is_silent
from sensors.bench import Bench, FakeStrap
from tests.console.test_command_line import page_of, started
from tests.link.mosquitto import Mosquitto, mosquitto
from tests.output.live import Wire
from tests.parts import needs
from tests.stream_checker import StreamChecker

ROOM = "all-broken"
FULL_BYTES = 20_000
BREAKS_S = 40.0

pytestmark = [pytest.mark.asyncio, needs("dbus-daemon"), needs("mosquitto")]


@dataclass
class BrokenRoom:
    """A ``calando run`` with a strap, a record and a link, each of which can be taken away."""

    folder: Path
    bench: Bench
    broker: Mosquitto
    engine: int = 0
    url: str = ""
    said: list[str] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)

    @property
    def wire(self) -> Wire:
        heard = self.folder / "heard"
        return read_recording(heard) if heard.exists() else []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        words = ("--heart", "ble:1A2B3C4D", "--out", f"record:{self.folder / 'heard'}", "--room", ROOM)
        links = ("--web", "127.0.0.1:0", "--no-browser", "--mqtt", f"mqtt://127.0.0.1:{self.broker.port}")
        record = ("--record", str(self.folder / "records"))
        async with started(self.folder / "config", "run", *words, *links, *record) as (process, self.url):
            self.engine = process.pid
            listening = asyncio.create_task(self._listen(process))
            try:
                yield process
            finally:
                listening.cancel()
                await asyncio.wait([listening])

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        while process.stdout and (line := await process.stdout.readline()):
            self.said.append(line.decode())

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        until_s = now_s() + BREAKS_S
        while not holds():
            assert now_s() < until_s, f"waited in vain for {what}; it said {self.said}"
            await asyncio.sleep(0.02)

    async def music(self) -> None:
        """Until another note is struck."""
        struck = sum(is_note_on(data) for _, data in self.wire)
        await self.until(lambda: sum(is_note_on(data) for _, data in self.wire) > struck, "music")

    async def break_all(self) -> None:
        """The bus dies with the strap on it, the disk is full, the broker is gone; all three are noticed."""
        await self.until(partial(self._has_said, "Heart heard"), "the strap")
        await self.bench.kill_bus()
        self.broker.kill()
        self.limit_files(FULL_BYTES)
        for words in ("the system bus cannot be reached", "The music does not need it", "the music goes on"):
            await self.until(partial(self._has_said, words), words)

    def _has_said(self, words: str) -> bool:
        return any(words in line for line in self.said)

    def limit_files(self, size: int) -> None:
        """No file of the engine's grows beyond so many bytes."""
        _, hard = resource.prlimit(self.engine, resource.RLIMIT_FSIZE)
        resource.prlimit(self.engine, resource.RLIMIT_FSIZE, (hard if size < 0 else size, hard))

    async def silenced(self) -> float:
        """Seconds from the last asking to the last message, once all is off."""
        await self.until(lambda: is_silent(self.wire), "silence")
        return self.wire[-1][0] - self.asked[-1]

    def ask(self) -> None:
        self.asked.append(now_s())

    def check(self) -> None:
        """The whole wire, with every stop that was asked for."""
        checker, stops = StreamChecker(), list(self.asked)
        for time_s, data in self.wire:
            while stops and stops[0] <= time_s:
                checker.stop("silence", stops.pop(0))
            checker.feed(time_s, data)
        checker.finish()


async def test_silence_by_page_and_by_panic_with_strap_disk_and_link_all_gone(tmp_path: Path) -> None:
    strap = FakeStrap("Polar H10 1A2B3C4D", "AA:BB:CC:DD:EE:01", packet_every_s=0.25)
    with mosquitto(tmp_path) as broker:
        async with Bench(strap) as bench:
            room = BrokenRoom(tmp_path, bench, broker)
            async with room.running() as process:
                await room.music()
                await room.break_all()
                socket = await page_of(room.url)
                await room.music()
                room.ask()
                await socket.send('{"id":1,"act":"silence"}')
                assert await room.silenced() <= 1.0
                await socket.send('{"id":2,"act":"play_on"}')
                await room.music()
                room.ask()
                await asyncio.to_thread(silence_room, socket_path(ROOM), now_s)
                assert await room.silenced() <= 1.0
                room.limit_files(-1)
                await socket.send('{"id":3,"act":"end"}')
                assert await asyncio.wait_for(process.wait(), 30) == 0
                await socket.close()
    room.check()
    journal = next((tmp_path / "records").glob("*/session.sqlite"))
    recorded = read(journal)
    assert recorded.gaps
    assert any(isinstance(each.input, Command) and each.input.act is Act.END for each in recorded.inputs)
    assert broken_batch(journal) is None
    assert prove(recorded).difference is None
