"""The console: serves the page from the room's own process, as one attachment of the room."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from engine import clock
from engine.attachment import RoomAccess
from engine.console.about import About
from engine.console.address import Address, listen, names_in_the_house
from engine.console.board import Board
from engine.console.desk import Desk, Tell
from engine.console.files import load_files
from engine.console.gate import Gate, allowed_hosts
from engine.console.messages import LONGEST_MESSAGE, SetUp, UnreadableError, read_ask
from engine.console.pairing import Pairing, TooManyTriesError, is_loopback
from engine.console.setting_up import Choices, SettingUp
from engine.console.square import square
from engine.console.viewers import Role, Viewer, compact
from engine.errors import LinkFailedError
from engine.news import News

STATES_PER_S = 4
MOST_VIEWERS = 64
TOKEN_S = 7 * 24 * 3600
GRACE_S = 1
GOODBYE_S = 0.1
POLICY_BROKEN = 1008


class RoomServer(uvicorn.Server):
    """uvicorn inside the room's loop: the room alone owns the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals where they are."""
        yield


@dataclass(slots=True)
class Console:
    """Serves one room's page. ``open`` binds the port; ``run`` attaches a room and serves it until cancelled."""

    about: About
    address: Address = field(default_factory=Address)
    tell: Tell | None = None
    setting_up: SettingUp | None = None
    """While the room is set up, before there is a session."""
    now_s: clock.Clock = clock.now_s
    is_own_screen: Callable[[str], bool] = is_loopback
    """Whether a peer's address is the room's own screen, which needs no code."""
    when_up: Callable[[str], None] | None = None
    """Called once, with the page's address, when it is first answered."""
    pairing: Pairing = field(init=False)
    viewers: set[Viewer] = field(default_factory=set)
    board: Board = field(default_factory=Board)
    _desk: Desk | None = None
    _hosts: frozenset[str] = frozenset()
    _socket: socket.socket | None = None
    _lines: str = ""
    _steps: set[asyncio.Task[None]] = field(default_factory=set)
    server: RoomServer | None = None

    def __post_init__(self) -> None:
        self.pairing = Pairing(self.now_s)

    @property
    def name(self) -> str:
        """As a person would call it."""
        return "page"

    @property
    def is_up(self) -> bool:
        """True while pages are answered."""
        return self.server is not None and self.server.started and not self.server.should_exit

    @property
    def port(self) -> int:
        """The port that is bound."""
        return self.address.port

    @property
    def url(self) -> str:
        """Where the room's own screen finds the page."""
        host = "127.0.0.1" if self.address.host in {"0.0.0.0", "::"} else self.address.host  # noqa: S104
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"

    @property
    def house_url(self) -> str:
        """Where a tablet in the house's network finds the page."""
        return f"http://{next(iter(names_in_the_house(self.address)), '127.0.0.1')}:{self.port}/"

    def open(self) -> None:
        """Bind the port, so that a failure is told before anything plays. Raises LinkFailedError."""
        if self._socket is not None:
            return
        self._socket = listen(self.address)
        port = self._socket.getsockname()[1]
        self.address = Address(self.address.host, port, may_move=False)
        self._hosts = allowed_hosts(names_in_the_house(self.address), port)

    async def run(self, room: RoomAccess) -> None:
        """Serve the page of this room until cancelled. Raises LinkFailedError where the port is gone."""
        self._desk = Desk(room, self.about.acts, self.tell, lambda: self.board.undoable_seq(room.now_s()))
        unsubscribe = room.subscribe(self._hear)
        try:
            async with self.serving():
                try:
                    await self._show_on(room)
                except asyncio.CancelledError:
                    await self._say_ended()
                    raise
        finally:
            unsubscribe()
            self._desk = None

    async def set_up(self, setting_up: SettingUp) -> Choices:
        """Serve the set-up page until somebody chose."""
        self.setting_up = setting_up
        try:
            async with self.serving():
                while not setting_up.chosen.done():
                    for viewer in self.viewers:
                        viewer.show(compact({"setting_up": True}))
                    await asyncio.wait({setting_up.chosen}, timeout=1.0)
                await asyncio.sleep(GOODBYE_S)
                return setting_up.chosen.result()
        finally:
            self.setting_up = None

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """The server, up for as long as the block runs."""
        self.open()
        assert self._socket is not None
        bound, self._socket = self._socket, None
        self.server = server = RoomServer(self._config())
        serving = asyncio.create_task(server.serve(sockets=[bound]), name="page server")
        serving.add_done_callback(lambda _: bound.close())
        try:
            while not server.started and not serving.done():
                await asyncio.sleep(0.005)
            self._say_up()
            yield
        finally:
            server.should_exit = True
            self.server = None
            await _ended(serving)

    async def _say_ended(self) -> None:
        """The room is over: the page will not wait for it."""
        for viewer in self.viewers:
            viewer.tell({"ended": True})
        await asyncio.sleep(GOODBYE_S)

    def _say_up(self) -> None:
        when_up, self.when_up = self.when_up, None
        if when_up:
            when_up(self.url)

    def _config(self) -> uvicorn.Config:
        return uvicorn.Config(
            Gate(self._app(), lambda: self._hosts),
            ws="websockets-sansio",
            http="h11",
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            ws_max_size=LONGEST_MESSAGE,
            ws_per_message_deflate=False,
            limit_concurrency=2 * MOST_VIEWERS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=GRACE_S,
        )

    def _app(self) -> Starlette:
        pages = [Route(path, file.serve, methods=["GET"]) for path, file in load_files().items()]
        return Starlette(
            routes=[
                *pages,
                Route("/role", self._tell_role, methods=["GET"]),
                Route("/pair", self._pair, methods=["POST"]),
                Route("/qr/{role}.svg", self._square, methods=["GET"]),
                WebSocketRoute("/room", self._look),
            ]
        )

    def _hear(self, news: News) -> None:
        self.board.hear(news)
        if self._desk:
            self._desk.hear(news)

    async def _show_on(self, room: RoomAccess) -> None:
        while self.is_up:
            self._show(room.now_s())
            await asyncio.sleep(1 / STATES_PER_S)
        raise LinkFailedError(f"The page's server on port {self.port} ended by itself.")

    def _show(self, now_s: float) -> None:
        if not self.viewers:
            return
        lines = compact({"lines": self.board.history.lines()})
        state = compact({"now": {**self.board.shown(now_s), "point": self.board.history.latest}})
        for viewer in self.viewers:
            if lines != self._lines:
                viewer.tell({"lines": self.board.history.lines()})
            viewer.show(state)
        self._lines = lines

    def _is_own(self, connection: HTTPConnection) -> bool:
        return connection.client is not None and self.is_own_screen(connection.client.host)

    def _role(self, connection: HTTPConnection) -> Role | None:
        """Loopback is the room's own screen; all others need the token that a code gave."""
        if self._is_own(connection):
            return Role.CONTROL
        token = connection.cookies.get(self._cookie)
        return self.pairing.role_of(token) if token else None

    @property
    def _cookie(self) -> str:
        return f"calando_{self.port}"

    async def _tell_role(self, request: Request) -> Response:
        role = self._role(request)
        return JSONResponse({"role": str(role) if role else None})

    async def _pair(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        try:
            code = str(json.loads(await request.body())["code"])
            token = self.pairing.pair(address, code)
        except TooManyTriesError:
            return JSONResponse({"why": "Too many tries: wait a minute."}, 429)
        except (ValueError, KeyError, TypeError, RecursionError):
            token = None
        if token is None:
            return JSONResponse({"why": "That is not this room's code."}, 403)
        response = JSONResponse({"role": str(self.pairing.role_of(token))})
        response.set_cookie(self._cookie, token, max_age=TOKEN_S, httponly=True, samesite="strict")
        return response

    async def _square(self, request: Request) -> Response:
        """A code as a square for a camera, on the room's own screen alone. The code is in the fragment: never sent."""
        role = request.path_params["role"]
        if not self._is_own(request) or self.address.is_loopback or role not in self.pairing.codes:
            return Response(status_code=404)
        drawn = await asyncio.to_thread(square, f"{self.house_url}#{self.pairing.codes[Role(role)]}")
        return Response(drawn, media_type="image/svg+xml")

    async def _look(self, socket: WebSocket) -> None:
        role = self._role(socket)
        if role is None or len(self.viewers) >= MOST_VIEWERS:
            await socket.close(POLICY_BROKEN)
            return
        await socket.accept()
        own = self._is_own(socket)
        viewer = Viewer(role, "page" if own else "tablet")
        self._greet(viewer, own=own)
        self.viewers.add(viewer)
        sending = asyncio.create_task(_send_on(socket, viewer))
        try:
            await self._listen_to(socket, viewer)
        finally:
            self.viewers.discard(viewer)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def _greet(self, viewer: Viewer, *, own: bool) -> None:
        hello = {**self.about.shown(), "role": str(viewer.role)}
        if self.setting_up:
            hello["setup"] = self.setting_up.shown()
        if own and not self.address.is_loopback:
            hello["pairing"] = self._pairing_shown()
        viewer.tell({"hello": hello})
        viewer.tell({"history": self.board.history.whole()})

    def _pairing_shown(self) -> dict[str, object]:
        return {"url": self.house_url, "codes": {str(role): code for role, code in self.pairing.codes.items()}}

    async def _listen_to(self, socket: WebSocket, viewer: Viewer) -> None:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if not viewer.may_ask(self.now_s()) or not self._take(viewer, message.get("text")):
                await socket.close(POLICY_BROKEN)
                return

    def _take(self, viewer: Viewer, text: str | None) -> bool:
        """Pass a message on; False where it is none of ours."""
        try:
            ask = read_ask(text or "")
        except UnreadableError:
            return False
        if self.setting_up and isinstance(ask, SetUp):
            step = asyncio.create_task(self.setting_up.take(viewer, ask), name=f"set-up: {ask.step}")
            self._steps.add(step)
            step.add_done_callback(self._steps.discard)
        elif self._desk:
            self._desk.take(viewer, ask)
        else:
            viewer.answer(ask, "refused", why="No session runs.")
        return True


async def _ended(serving: asyncio.Task[None]) -> None:
    """Wait until the server has ended. It ends by itself even where this wait is cancelled once more.

    A server that is cut off leaves its listening socket with the loop, which then never hears the next one that is
    given the same number.
    """
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        await asyncio.wait({serving})
        raise


async def _send_on(socket: WebSocket, viewer: Viewer) -> None:
    while True:
        for message in await viewer.next_messages():
            await socket.send_text(message)
