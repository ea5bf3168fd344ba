"""A heart from Open Sound Control messages, as Max, TouchDesigner or a phone can send.

========================  ==============================================
``/heart/rr`` numbers     RR intervals in milliseconds, oldest first
``/heart/rate`` number    heart rate in beats a minute; 0: no heart found
========================  ==============================================

Messages come as UDP datagrams, alone or in bundles; whatever else comes is passed over.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

from sensors.heart import Deliver, HeartPacket, Link, LinkState
from sensors.link_watch import Change, LinkWatch, Patience
from sensors.other_programs import MissingExtraError, RatePace, packet_of

LOOPBACK, PORT = "127.0.0.1", 9000
"""Where messages are awaited unless another place is asked for: from this computer alone."""
RR, RATE = "/heart/rr", "/heart/rate"
RETRY_S = 1.0

_BUNDLE = b"#bundle\0"
_BUNDLE_HEAD = 16
_OURS = (f"{RR}\0".encode(), f"{RATE}\0".encode())

Datagram = tuple[float, bytes, str]
"""When it came, what it holds, which computer sent it."""


class PlaceTakenError(Exception):
    """Messages cannot be awaited there; the text is one sentence for a person: where, why, and what to do."""


def load() -> Any:
    """The library's message reader; raises MissingExtraError where it is not here."""
    try:
        from pythonosc import osc_message
    except ImportError as error:
        raise MissingExtraError("Open Sound Control", "osc") from error
    return osc_message


def check_place(host: str, port: int) -> None:
    """See whether messages can be awaited there. Raises PlaceTakenError."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as trial:
            trial.bind(address)
    except OSError as error:
        raise PlaceTakenError(
            f"heart messages cannot be awaited on {host}:{port} ({error.strerror}): name another place, osc:HOST:PORT"
        ) from error


def read(datagram: bytes, arrival_s: float, osc_message: Any) -> HeartPacket | None:
    """What a datagram tells of a heart; None where it tells nothing. Any bytes can be given."""
    rr_ms: list[float] = []
    hr_bpm: float | None = None
    for message in filter(lambda each: each.startswith(_OURS), _messages(datagram)):
        numbers = _numbers(message, osc_message)
        if message.startswith(_OURS[0]):
            rr_ms += numbers
        elif numbers:
            hr_bpm = numbers[-1]
    return packet_of(arrival_s, rr_ms, hr_bpm)


def _messages(datagram: bytes) -> Iterator[bytes]:
    """The messages of a datagram, in order, out of bundles in bundles; what is cut off is left out.

    python-osc's own reader of bundles never returns from one whose size is negative.
    """
    waiting = [datagram]
    while waiting:
        each = waiting.pop()
        if each.startswith(_BUNDLE):
            waiting += reversed(list(_elements(each)))
        else:
            yield each


def _elements(bundle: bytes) -> Iterator[bytes]:
    at = _BUNDLE_HEAD
    while at + 4 <= len(bundle):
        size = int.from_bytes(bundle[at : at + 4], "big")
        at += 4
        if at + size > len(bundle):
            return
        yield bundle[at : at + size]
        at += size


def _numbers(message: bytes, osc_message: Any) -> list[float]:
    """The numbers that a message holds, in lists or not; none where it cannot be read."""
    try:
        values = osc_message.OscMessage(message).params
    except (osc_message.ParseError, ValueError):
        return []
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return [float(each) for each in flat if isinstance(each, int | float) and not isinstance(each, bool)]


class _Inbox(asyncio.DatagramProtocol):
    """Takes note of each datagram, when it came and which computer sent it; None is the end of the socket."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.queue: asyncio.Queue[Datagram | None] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self.queue.put_nowait((self._clock(), data, str(addr[0])))

    def connection_lost(self, exc: Exception | None) -> None:
        self.queue.put_nowait(None)


class OpenSoundHeart:
    """A heart source: awaits messages until cancelled. From its first beat on it hears one computer alone.

    ``clock`` gives the seconds that packets are stamped with. Raises MissingExtraError where it is made and python-osc
    is not here.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        host: str = LOOPBACK,
        port: int = PORT,
        *,
        patience: Patience | None = None,
        retry_s: float = RETRY_S,
    ) -> None:
        self._osc_message = load()
        self._clock = clock
        self._place = (host, port)
        self._patience = patience or Patience()
        self._retry_s = retry_s
        self._sender: str | None = None
        self._pace = RatePace()
        self._state: Change | None = None
        self._deliver: Deliver = lambda _: None

    async def run(self, deliver: Deliver) -> None:
        """Deliver packets, and each change of the link with its reason, until cancelled."""
        self._deliver = deliver
        loop = asyncio.get_running_loop()
        while True:
            try:
                transport, inbox = await loop.create_datagram_endpoint(lambda: _Inbox(self._clock), self._place)
            except OSError as error:
                self._say(Link.SEARCHING, f"messages cannot be awaited: {error.strerror}")
                await asyncio.sleep(self._retry_s)
                continue
            with contextlib.closing(transport):
                await self._listen(inbox.queue)

    def _say(self, link: Link, why: str) -> None:
        if self._state != (link, why):
            self._state = link, why
            self._deliver(LinkState(self._clock(), link, why))

    async def _listen(self, inbox: asyncio.Queue[Datagram | None]) -> None:
        """Deliver what comes until the socket is closed."""
        self._say(Link.SEARCHING, f"{RR} or {RATE} is awaited on port {self._place[1]}")
        loop = asyncio.get_running_loop()
        watch = LinkWatch(self._patience, self._clock())
        lost_s: float | None = None
        while True:
            try:
                async with asyncio.timeout_at(lost_s):
                    arrived = await inbox.get()
            except TimeoutError:
                self._say(Link.LOST, "no heart message comes any more")
                lost_s = None
                continue
            if arrived is None:
                return
            if self._take(watch, *arrived):
                lost_s = loop.time() + watch.stall_s

    def _take(self, watch: LinkWatch, arrival_s: float, datagram: bytes, sender: str) -> bool:
        """Deliver a datagram's packet and what it says of the link; False where it is none, or another computer's."""
        packet = read(datagram, arrival_s, self._osc_message)
        if packet is None or self._sender not in {None, sender}:
            return False
        self._sender = sender
        if self._pace.wants(packet):
            if change := watch.hear(packet):
                self._say(*change)
            self._deliver(packet)
        return True
