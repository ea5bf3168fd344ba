"""``run`` and ``demo`` serve their page: real commands, a page's own socket, and a clean end."""

import asyncio
import json
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import pytest
from websockets.asyncio.client import ClientConnection, connect

from engine.record.folder import new_folder
from engine.record.recorded import read_inputs

pytestmark = pytest.mark.asyncio

CALANDO = str(Path(sys.executable).with_name("calando"))
UNIT = Path(__file__).resolve().parents[2] / "configs" / "calando.service"


@asynccontextmanager
async def started(
    home: Path, *words: str, env: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A calando command, remembering its rooms in ``home``, and the address of its page."""
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    here = {**os.environ, "XDG_CONFIG_HOME": str(home), **env}
    process = await asyncio.create_subprocess_exec(CALANDO, *words, stdout=pipe, stdin=nothing, env=here)
    assert process.stdout
    said = b""
    try:
        while not (found := re.search(rb"Page: (http://127\.0\.0\.1:\d+)/", said)):
            line = await asyncio.wait_for(process.stdout.readline(), 60)
            assert line, f"it ended before it had a page: {said!r}"
            said += line
        yield process, found[1].decode()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def page_of(url: str) -> ClientConnection:
    """A page's socket; the server may need a moment to come up, or to come back."""
    for _ in range(200):
        try:
            return await connect(f"ws{url.removeprefix('http')}/room", origin=url)  # type: ignore[arg-type]
        except OSError:
            await asyncio.sleep(0.1)
    raise AssertionError(f"no page at {url}")


async def told(socket: ClientConnection, key: str, **wanted: object) -> dict[str, object]:
    """The next message of that kind with those values."""
    async with asyncio.timeout(30):
        async for text in socket:
            found = json.loads(text).get(key)
            if isinstance(found, dict) and all(found.get(name) == value for name, value in wanted.items()):
                return found
    raise AssertionError("the page was closed")


async def test_a_run_is_shown_steered_and_ended_from_its_page(tmp_path: Path) -> None:
    words = ("run", "--heart", "sim:calm", "--out", "none", "--record", str(tmp_path), "--room", "t-page")
    async with started(tmp_path / "config", *words, "--web", "127.0.0.1:0", "--shadow") as (process, url):
        socket = await page_of(url)
        hello = await told(socket, "hello")
        assert (hello["story"], hello["shadow"], hello["room"]) == ("calm", True, "t-page")
        await told(socket, "now", playing="playing")
        await socket.send('{"id":1,"tell":"panic"}')
        await told(socket, "answer", id=1, state="done")
        await socket.send('{"id":2,"act":"tears"}')
        await told(socket, "answer", id=2, state="recorded")
        await socket.send('{"id":3,"act":"silence"}')
        await socket.send('{"id":4,"act":"end"}')
        await told(socket, "answer", id=4, state="done")
        assert await asyncio.wait_for(process.wait(), 30) == 0
    journal = next(tmp_path.glob("*/session.sqlite"))
    acts = [getattr(each.input, "act", None) for each in read_inputs(journal).inputs]
    assert {"tears", "silence", "end"} <= set(acts)


async def test_setting_up_goes_on_into_the_room_whose_music_waits(tmp_path: Path) -> None:
    words = ("run", "--setup", "--record", str(tmp_path), "--room", "t-setup", "--web", "127.0.0.1:0")
    async with started(tmp_path / "config", *words) as (process, url):
        socket = await page_of(url)
        assert (await told(socket, "hello"))["setup"]
        choices = {"heart": "sim:calm", "out": "none", "profile": "default", "route": "none", "flags": []}
        await socket.send(json.dumps({"id": 1, "setup": "begin", "choices": choices}))
        await told(socket, "answer", id=1, state="done")
        await socket.wait_closed()
        socket = await page_of(url)
        hello = await told(socket, "hello")
        assert "setup" not in hello
        assert hello["waits"]
        await told(socket, "now", playing="waiting")
        await socket.send('{"id":2,"act":"play_on"}')
        await told(socket, "now", playing="playing")
        await socket.send('{"id":3,"act":"silence"}')
        await socket.send('{"id":4,"act":"end"}')
        assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_a_service_is_ready_and_alive_while_staff_set_it_up_and_while_it_plays(tmp_path: Path) -> None:
    """The unit's own words: no strap, no synth and nobody there."""
    (line,) = [line for line in UNIT.read_text().splitlines() if line.startswith("ExecStart=")]
    words = line.replace("/var/lib/calando/sessions", str(tmp_path)).replace(":8437", ":0").split()[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        env = {"INVOCATION_ID": "systemd's", "NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": "10000000"}
        async with started(tmp_path / "config", *words, env=env) as (process, url):
            assert await word(systemd) == "READY=1"
            assert await word(systemd) == "WATCHDOG=1"
            page = await page_of(url)
            choices = {"heart": "sim:calm", "out": "none", "profile": "default", "route": "none", "flags": []}
            await page.send(json.dumps({"id": 1, "setup": "begin", "choices": choices}))
            await page.wait_closed()
            page = await page_of(url)
            await told(page, "now", playing="waiting")
            words_said = [await word(systemd) for _ in range(3)]
            assert {"READY=1", "WATCHDOG=1"} == set(words_said)
            await page.send('{"id":2,"act":"end"}')
            assert await asyncio.wait_for(process.wait(), 30) == 0


async def word(systemd: socket.socket) -> str:
    """What systemd is told next, before its watchdog would bite."""
    heard = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(systemd, 100), 10)
    return heard.decode()


async def test_the_demo_shows_its_story_and_can_be_ended_from_the_page(tmp_path: Path) -> None:
    words = ("demo", "--seconds", "60", "--out", "none", "--no-browser", "--record", str(tmp_path))
    async with started(tmp_path / "config", *words, "--web", "127.0.0.1:0") as (process, url):
        socket = await page_of(url)
        hello = await told(socket, "hello")
        assert (hello["demo"], hello["story"], hello["acts"]) == (True, "distress", ["end", "silence"])
        history = await told(socket, "history")
        assert isinstance(history["points"], list)
        assert len(history["points"]) > 300
        now = await told(socket, "now", playing="playing")
        assert isinstance(now["heart"], dict)
        assert now["heart"]["hr_bpm"]
        await socket.send('{"id":1,"act":"ease"}')
        await told(socket, "answer", id=1, state="refused")
        await socket.send('{"id":2,"act":"silence"}')
        await told(socket, "answer", id=2, state="done")
        assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_where_the_strap_cannot_be_had_the_set_up_page_comes_back_and_says_so(tmp_path: Path) -> None:
    rooms = tmp_path / "config" / "calando" / "rooms"
    rooms.mkdir(parents=True)
    (rooms / "t-strap.json").write_text('{"strap": "Polar H10 00000000"}')
    words = ("run", "--setup", "--record", str(tmp_path), "--room", "t-strap", "--web", "127.0.0.1:0")
    async with started(tmp_path / "config", *words) as (_, url):
        socket = await page_of(url)
        choices = {"heart": "ble:Polar H10 00000000", "out": "none", "profile": "default", "route": "none", "flags": []}
        await socket.send(json.dumps({"id": 1, "setup": "begin", "choices": choices}))
        await told(socket, "answer", id=1, state="done")
        await socket.wait_closed()
        hello = await told(await page_of(url), "hello")
        assert isinstance(hello["setup"], dict)
        assert str(hello["setup"]["trouble"]).startswith("The room did not open: ")
        assert "Bluetooth" in str(hello["setup"]["trouble"]) or "strap" in str(hello["setup"]["trouble"])


async def test_the_set_up_page_says_that_a_session_could_not_be_taken_up(tmp_path: Path) -> None:
    new_folder(tmp_path, "t-cut").journal.write_bytes(b"no database" * 400)
    words = ("run", "--setup", "--record", str(tmp_path), "--room", "t-cut", "--web", "127.0.0.1:0")
    async with started(tmp_path / "config", *words) as (_, url):
        setup = (await told(await page_of(url), "hello"))["setup"]
        assert isinstance(setup, dict)
        assert str(setup["trouble"]).endswith("Nothing is taken up; a new session begins.")
