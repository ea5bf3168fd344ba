"""Sixty hostile requests: none is let in, none moves the room, and the page still answers its own screen."""

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from engine.console.address import EVERYWHERE, Address
from engine.console.gate import LONGEST_BODY_BYTES
from engine.console.pairing import TRIES_AN_ADDRESS
from engine.console.viewers import ASKS_AT_ONCE
from engine.inputs import Act
from tests.console.rooms import free_address, served_room

pytestmark = pytest.mark.asyncio

KEY = base64.b64encode(b"0123456789abcdef").decode()
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": KEY}
OTHERS = (
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost",
    "127.0.0.1",
    "127.0.0.1:1",
    "0.0.0.0:{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "evil.example:{port}",
    "localhost.evil.example:{port}",
    "127.0.0.1:{port}@evil.example",
    "",
)
ORIGINS = (
    "http://evil.example",
    "https://{host}",
    "null",
    "file://",
    "http://{host}.evil.example",
    "http://localhost:1",
    "http://127.0.0.1",
    "http://evil.example#{host}",
    "chrome-extension://abc",
)
SITES = ("cross-site", "same-site", "nonsense")
METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "EASE")
PATHS = (
    *("/room", "/.git/config", "/server.py", "/pair", "/../pyproject.toml", "/%2e%2e/server.py"),
    *("/vendor/../../server.py", "//etc/passwd", "/static/", "/x" * 80),
)
COOKIES = ("calando_{port}=x", "calando_{port}=" + "A" * 43, "calando_1=x", "token=x", "calando_{port}=")


@dataclass(frozen=True, slots=True)
class Request:
    """One raw request."""

    name: str
    headers: dict[str, str]
    method: str = "GET"
    path: str = "/"
    body: bytes = b""
    more: tuple[str, ...] = field(default=())

    def raw(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in self.headers.items()), *self.more]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def hostile(port: int) -> Iterator[Request]:
    """Requests that another site, another program or another person would make."""
    host = f"127.0.0.1:{port}"
    own = {"Host": host}
    upgrade = {**own, **UPGRADE}
    for other in OTHERS:
        yield Request(f"host {other}", {"Host": other.format(port=port)})
    yield Request("no host", {})
    yield Request("two hosts", own, more=(f"Host: {host}",))
    yield Request(
        "rebound websocket", {**UPGRADE, "Host": f"evil.example:{port}", "Origin": f"http://{host}"}, path="/room"
    )
    yield Request("websocket without origin", upgrade, path="/room")
    yield Request(
        "two origins", {**upgrade, "Origin": f"http://{host}"}, path="/room", more=(f"Origin: http://{host}",)
    )
    for origin in ORIGINS:
        yield Request(f"origin {origin}", {**upgrade, "Origin": origin.format(host=host)}, path="/room")
    for site in SITES:
        sent = {"Origin": f"http://{host}", "Sec-Fetch-Site": site}
        yield Request(f"site {site}, websocket", {**upgrade, **sent}, path="/room")
        yield Request(f"site {site}, page", {**own, "Sec-Fetch-Site": site})
    for method in METHODS:
        yield Request(f"method {method}", {**own, "Origin": f"http://{host}"}, method)
    for path in PATHS:
        yield Request(f"path {path[:20]}", own, path=path)
    yield from hostile_pairing(own, host)


def hostile_pairing(own: dict[str, str], host: str) -> Iterator[Request]:
    """What is posted where a code is due."""
    origin = {**own, "Origin": f"http://{host}"}
    short, long = b'{"code":"AAAAAA"}', b"x" * (LONGEST_BODY_BYTES + 1)
    bodies = {"wrong": short, "no json": b"nonsense!", "array": b"[1,2]", "null": b'{"code":null}'}
    for name, body in bodies.items():
        yield Request(f"pair, {name}", {**origin, "Content-Length": str(len(body))}, "POST", "/pair", body)
    sized = {"Content-Length": str(len(short))}
    yield Request("pair from nowhere", {**own, **sized}, "POST", "/pair", short)
    yield Request("pair from afar", {**own, **sized, "Origin": "http://evil.example"}, "POST", "/pair", short)
    yield Request("pair, too long", {**origin, "Content-Length": str(len(long))}, "POST", "/pair", long)
    yield Request("pair, no length", {**origin, "Transfer-Encoding": "chunked"}, "POST", "/pair", b"0\r\n\r\n")
    yield Request("post the page", {**origin, **sized}, "POST", "/", short)
    yield Request("post the room", {**origin, **sized}, "POST", "/room", short)
    yield Request("head too long", {**own, "X-Long": "x" * 100_000})


async def status(port: int, request: Request) -> int:
    """The status of the answer; 0 where the connection is just closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request.raw())
        line = await asyncio.wait_for(reader.readline(), 5)
    except (ConnectionError, TimeoutError):
        return 0
    finally:
        writer.close()
    return int(line.split()[1]) if line else 0


async def test_of_sixty_hostile_requests_none_is_accepted(tmp_path: Path) -> None:
    async with served_room(tmp_path) as served:
        port = served.console.port
        requests = list(hostile(port))
        assert len(requests) >= 60
        answers = {request.name: await status(port, request) for request in requests}
        accepted = {name: code for name, code in answers.items() if code == 101 or 200 <= code < 400}
        assert accepted == {}
        assert await status(port, Request("the page", {"Host": f"127.0.0.1:{port}"})) == 200
        assert served.acts() == [Act.PLAY_ON]


async def test_without_a_right_token_a_tablet_sees_nothing_and_moves_nothing(tmp_path: Path) -> None:
    async with served_room(tmp_path, address=Address(EVERYWHERE, 0, may_move=False)) as served:
        served.console.is_own_screen = lambda _: False
        port = served.console.port
        own = {"Host": f"127.0.0.1:{port}", "Origin": f"http://127.0.0.1:{port}"}
        for cookie in COOKIES:
            asked = Request(cookie, {**own, **UPGRADE, "Cookie": cookie.format(port=port)}, path="/room")
            assert await status(port, asked) == 403
        assert await status(port, Request("square", own, path="/qr/control.svg")) == 404
        assert served.acts() == [Act.PLAY_ON]


async def test_guessing_codes_is_slowed_to_nothing_and_even_the_right_one_then_waits(tmp_path: Path) -> None:
    async with served_room(tmp_path, address=Address(EVERYWHERE, 0, may_move=False)) as served:
        port = served.console.port
        right = next(iter(served.console.pairing.codes.values()))
        codes = [f'{{"code":"{index:06d}"}}'.encode() for index in range(TRIES_AN_ADDRESS)]
        answers = [await status(port, pair(port, body)) for body in codes]
        assert set(answers) == {403}
        assert await status(port, pair(port, f'{{"code":"{right}"}}'.encode())) == 429


def pair(port: int, body: bytes) -> Request:
    """A tablet's own pairing request."""
    own = {"Host": f"127.0.0.1:{port}", "Origin": f"http://127.0.0.1:{port}", "Content-Length": str(len(body))}
    return Request("pair", own, "POST", "/pair", body)


@pytest.mark.parametrize("message", ["x" * 5000, "nonsense", '{"id":1,"act":"shout"}', b"\x00binary"])
async def test_a_message_that_is_none_of_ours_closes_the_socket_and_moves_nothing(
    tmp_path: Path, message: str | bytes
) -> None:
    async with served_room(tmp_path) as served:
        port = served.console.port
        async with connect(f"ws://127.0.0.1:{port}/room", origin=f"http://127.0.0.1:{port}") as socket:  # type: ignore[arg-type]
            await socket.send(message)
            await asyncio.wait_for(socket.wait_closed(), 5)
        assert served.acts() == [Act.PLAY_ON]


async def test_a_flood_is_cut_off(tmp_path: Path) -> None:
    async with served_room(tmp_path, address=free_address()) as served:
        port = served.console.port
        async with connect(f"ws://127.0.0.1:{port}/room", origin=f"http://127.0.0.1:{port}") as socket:  # type: ignore[arg-type]
            for number in range(500):
                await socket.send(f'{{"id":{number},"act":"other"}}')
            await asyncio.wait_for(socket.wait_closed(), 5)
        assert served.acts().count(Act.OTHER) <= ASKS_AT_ONCE + 5
