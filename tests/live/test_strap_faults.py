"""A live session keeps its strap through lost links and a dead daemon, and finds it again the next day."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from engine.attachment import RoomAccess
from engine.hearts import awaited_strap, find_strap, parse_heart
from engine.inputs import Act, Command
from engine.live import Lived, LivePlan, LiveSession
from engine.record.folder import new_folder
from engine.record.recorded import read
from sensors.bench import Bench, FakeStrap
from sensors.heart import HeartPacket, Link, LinkState, SourceEvent
from sensors.strap import SeveralStrapsError
from sensors.strap_finding import SETTLE_S
from tests.parts import needs
from tests.session.sessions import a_setup

NAME, ADDRESS = "Polar H10 1A2B3C4D", "AA:BB:CC:DD:EE:01"

pytestmark = [needs("dbus-daemon"), pytest.mark.asyncio]


def straps() -> tuple[FakeStrap, FakeStrap]:
    """Ours, and the next room's."""
    return (
        FakeStrap(NAME, ADDRESS, packet_every_s=0.25),
        FakeStrap("Polar H10 9F8E7D6C", "AA:BB:CC:DD:EE:02", packet_every_s=0.25),
    )


class Misfortune:
    """What happens to the strap while the session plays, and then somebody who ends it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._happening: asyncio.Task[None] | None = None

    @contextmanager
    def keys(self, room: RoomAccess, _: Callable[[str], None]) -> Iterator[None]:
        self._happening = asyncio.create_task(self._happen(room))
        yield

    async def _happen(self, room: RoomAccess) -> None:
        await asyncio.sleep(2.0)
        self._bench.air.lose_link(self._bench.straps[0])
        await asyncio.sleep(2.0)
        await self._bench.kill_daemon()
        await self._bench.start_daemon()
        await asyncio.sleep(8.0)
        for act in (Act.SILENCE, Act.END):
            room.submit(Command(act, "key"))


async def lived(folder: Path) -> tuple[Lived, list[str]]:
    told, found = list[str](), list[str | None]()
    async with Bench(*straps()) as bench:
        plan = LivePlan(a_setup(), parse_heart("ble:1a2b3c4d"), None, (), "strap-faults", (), None)
        keys = Misfortune(bench).keys
        make_folder = partial(new_folder, folder, "live")
        ended = await LiveSession(plan, make_folder, told.append, lambda _: None, keys, found.append).run()
        assert found == [NAME]
        assert not bench.straps[0].connected
        assert not bench.air.scanning
    return ended, told


async def test_the_record_tells_each_loss_names_no_strap_and_the_strap_streams_again(tmp_path: Path) -> None:
    ended, told = await lived(tmp_path)
    inputs = [stamped.input for stamped in read(ended.folder.journal).inputs]
    states = [each for each in inputs if isinstance(each, LinkState)]
    again = [Link.SEARCHING, Link.CONNECTING, Link.STREAMING_RR]
    links = [each.link for each in states]
    assert links[:9] == [*again, Link.LOST, *again, Link.STALLED, Link.LOST]
    assert links[-1] is Link.STREAMING_RR
    assert states[6].at_s - states[3].at_s < 1.0
    assert states[-1].at_s - states[8].at_s < 2.0
    assert all(each.why for each in states)
    assert isinstance([each for each in inputs if isinstance(each, HeartPacket | LinkState)][-1], HeartPacket)
    assert [sentence for sentence in told if "Heart " in sentence] == [
        f"Heart {each.link.words}: {each.why}" for each in states
    ]
    assert told.count("Strap: Calando, Bench strap, firmware 1.0, chest, battery 87 %") == 1
    record = b"".join(file.read_bytes() for file in ended.folder.path.iterdir())
    assert b"streaming(rr)" in record
    assert not any(word.encode() in record for word in (NAME, "1A2B3C4D", ADDRESS))


@pytest.mark.parametrize(
    ("asked", "again"), [("1a2b3c4d?pair=never", f"{NAME}?pair=never"), (ADDRESS.lower(), ADDRESS)]
)
async def test_a_strap_chosen_once_is_the_room_s_from_then_on(asked: str, again: str) -> None:
    async with Bench(*straps()):
        with pytest.raises(SeveralStrapsError):
            await find_strap(parse_heart("auto"), None, lambda _: None)
        remembered, _ = await find_strap(parse_heart(f"ble:{asked}"), None, lambda _: None)
        assert remembered == again
        told = list[str]()
        assert (await find_strap(parse_heart("auto"), remembered, told.append))[0] == remembered
        assert told == [f"Strap: {NAME} ({ADDRESS})"]


async def test_a_strap_that_is_awaited_uses_up_no_patience_while_there_is_no_bluetooth() -> None:
    heard: asyncio.Queue[SourceEvent] = asyncio.Queue()
    async with Bench(*straps()) as bench:
        await bench.kill_daemon()
        make = awaited_strap(parse_heart("auto"), f"{NAME}?pair=never", lambda _: None)
        source = make(asyncio.get_running_loop().time)
        listening = asyncio.create_task(source.run(heard.put_nowait))
        await asyncio.sleep(4.0)
        assert not listening.done()
        await bench.start_daemon()
        async with asyncio.timeout(SETTLE_S + 3.0):
            while not isinstance(await heard.get(), HeartPacket):
                pass
        listening.cancel()
        await asyncio.wait([listening])
