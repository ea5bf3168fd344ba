"""Canaries: names put through every way in come out by none. A pseudonym, rooms, profiles, straps, ports and paths may.

One live room hears a recording, a page and a broker that carry them; a strap carries them in the fields that calando
reads and does not need; and what fails on them says so without them.
"""

import asyncio
import contextlib
import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import aiomqtt
import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from engine.attachment import RoomAccess
from engine.hearts import parse_heart
from engine.inputs import Act, Command
from engine.live import LivePlan, LiveSession
from engine.record.folder import new_folder, wall_time
from sensors.bench import Bench, FakeStrap
from tests.calls import ROOT, call, command, home
from tests.link.mosquitto import Mosquitto, free_port, mosquitto
from tests.output.live import wait_until
from tests.parts import needs
from tests.session.sessions import a_setup

CANARY = "Kanarienvogel"
"""Every one begins with it; where it went in follows."""


def canary(where: str) -> str:
    return f"{CANARY}-{where}"


def a_recording(folder: Path) -> Path:
    """Beats with a column for a name and one for a remark, as an export may have them."""
    path = folder / "beats.csv"
    rows = [f"{second},{830 + second % 7},{canary('column')},{canary('remark')}" for second in range(600)]
    path.write_text("\n".join(["time_s,rr_ms,name,remark", *rows]))
    return path


def a_profile(folder: Path) -> Path:
    """A profile whose comments say for whom it was made."""
    path = folder / "mine.toml"
    text = (ROOT / "configs" / "default.toml").read_text()
    path.write_text(f"# for {canary('comment')}\n{text}")
    return path


ENVIRONMENT = {name: canary("environment") for name in ("USER", "LOGNAME", "HOSTNAME", "PATIENT", "CALANDO_PATIENT")}


@contextlib.contextmanager
def a_room(folder: Path, broker: Mosquitto) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """``calando run`` with all of it; and its page's port."""
    port = free_port()
    words = [
        "run",
        a_profile(folder),
        "--heart",
        f"replay:{a_recording(folder)}",
        "--out",
        f"record:{folder / 'heard'}",
    ]
    words += ["--record", folder / "records", "--web", f"127.0.0.1:{port}", "--no-browser", "--room", "den"]
    words += ["--mqtt", f"mqtt://127.0.0.1:{broker.port}", "--pseudonym", "K7"]
    with (folder / "said").open("w") as said:
        child = subprocess.Popen(
            command(*words),
            env={**home(folder), **ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        wait_until(lambda: _reached(port), "the page")
        yield child, port
    finally:
        child.kill()
        child.wait()


def _reached(port: int) -> bool:
    with contextlib.suppress(OSError, WebSocketException), page_of(port):
        return True
    return False


def page_of(port: int) -> ClientConnection:
    """As the room's own screen looks at it, in a browser with a telling name."""
    origin = Origin(f"http://127.0.0.1:{port}")
    return connect(f"ws://127.0.0.1:{port}/room", origin=origin, additional_headers={"User-Agent": canary("agent")})


def press(port: int) -> str:
    """Messages with canaries in every field that a page might fill; what the page is told meanwhile."""
    told: list[str] = []
    for message in (
        {"act": "cuff", "note": canary("page")},
        {"act": canary("act")},
        {"command": "ease", "by": canary("by"), "id": canary("id")},
        {"act": "note", "words": canary("words")},
        {canary("key"): 1},
    ):
        with contextlib.suppress(OSError, WebSocketException), page_of(port) as page:
            page.send(json.dumps(message))
            told.extend(str(page.recv(timeout=2.0)) for _ in range(4))
    return "\n".join(told)


async def ask(broker: Mosquitto) -> list[bytes]:
    """Requests with canaries in every field but the id, which is whoever asks's own; what the room then tells."""
    soon = {"id": "7f3a", "by": "desk", "expires_at": wall_time().timestamp() + 5.0}
    asked = [soon | {"name": canary("name")}, soon | {"by": canary("by")}, {"note": canary("note")}, canary("text")]
    payloads = [json.dumps(each).encode() for each in asked]
    heard: list[bytes] = []
    async with aiomqtt.Client("127.0.0.1", broker.port) as desk:
        await desk.subscribe("calando/#")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5.0):
                async for message in desk.messages:
                    if not heard:
                        base = "/".join(str(message.topic).split("/")[:4])
                        for payload in payloads:
                            await desk.publish(f"{base}/cmd/ease", payload)
                            await desk.publish(f"{base}/cmd/{canary('verb')}", payload)
                    if "/cmd/" not in str(message.topic):
                        heard.append(str(message.topic).encode() + b" " + bytes(message.payload))
    return heard


def left_in(folder: Path) -> list[str]:
    """Every file that holds a canary, but those that the test itself put there."""
    given = {"beats.csv", "mine.toml", "mosquitto.log"}
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in given]
    assert any(path.name == "session.sqlite" for path in files)
    return [f"{path}" for path in files if CANARY.encode() in path.read_bytes()]


@needs("mosquitto")
def test_no_canary_leaves_by_any_way(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    with mosquitto(tmp_path / "broker") as broker, a_room(tmp_path, broker) as (child, port):
        told = press(port)
        heard = asyncio.run(ask(broker))
        child.send_signal(signal.SIGTERM)
        child.wait(40)
    assert len(told) > 100
    assert any(b"/ack/desk" in message for message in heard)
    assert CANARY not in told
    assert not [message for message in heard if CANARY.encode() in message]
    assert left_in(tmp_path) == []


@needs("dbus-daemon")
@pytest.mark.asyncio
async def test_what_a_strap_tells_of_itself_is_shown_to_the_room_and_kept_nowhere(tmp_path: Path) -> None:
    strap = FakeStrap(
        "Polar H10 1A2B3C4D",
        "AA:BB:CC:DD:EE:01",
        packet_every_s=0.5,
        maker=canary("maker"),
        model=canary("model"),
        firmware=canary("firmware"),
    )
    told = list[str]()

    @contextlib.contextmanager
    def ends_soon(room: RoomAccess, _: Callable[[str], None]) -> Iterator[None]:
        asyncio.get_running_loop().call_later(4.0, room.submit, Command(Act.END, "key"))
        yield

    plan = LivePlan(a_setup(), parse_heart("ble:1A2B3C4D"), None, (f"record:{tmp_path / 'heard'}",), "straps", (), None)
    async with Bench(strap):
        await LiveSession(
            plan, lambda: new_folder(tmp_path, "strap"), told.append, lambda each: told.append(repr(each)), ends_soon
        ).run()
    assert told
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("row", [f"1,{CANARY}", f"{CANARY},800", f"1,800,{CANARY},{CANARY}"])
def test_a_recording_that_cannot_be_read_is_named_by_its_line_alone(tmp_path: Path, row: str) -> None:
    path = tmp_path / "beats.csv"
    path.write_text(f"time_s,rr_ms\n0,800\n{row}\n")
    answer = call("render", "--heart", f"replay:{path}", "-o", tmp_path / "out.mid", folder=tmp_path)
    assert CANARY not in answer.out + answer.err


def test_a_crash_says_what_failed_and_not_on_what(tmp_path: Path) -> None:
    """The last resort: an error nobody foresaw, whose text may hold anything."""
    program = f"import engine.cli as c; c.cli.main = lambda **_: int({canary('crash')!r}); c.main()"
    done = subprocess.run(
        [*command()[:1], "-c", program], env=home(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert CANARY not in done.stdout + done.stderr
    assert "ValueError" in done.stderr
