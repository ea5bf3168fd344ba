"""The gate before the page: who may speak to this server at all, decided from a request's head alone.

A page of another site in the same browser, a name that is rebound to this address, and anything without an Origin
where one is due are turned away before any of the page's own code runs.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
POSTS = frozenset({"/pair"})
LONGEST_BODY_BYTES = 256
LONGEST_PATH = 100
LONGEST_HEAD = 8192

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), midi=()"),
)


@dataclass(frozen=True, slots=True)
class Head:
    """What a request says of itself before it is read: its kind, method, path and headers (names in lower case)."""

    kind: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]

    def every(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self.headers if key == name]

    def only(self, name: str) -> str | None:
        """A header's value where it comes exactly once."""
        values = self.every(name)
        return values[0] if len(values) == 1 else None

    @classmethod
    def of(cls, scope: Scope) -> "Head":
        """The head of an ASGI scope."""
        named = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])
        return cls(scope["type"], scope.get("method", "GET"), scope["path"], named)


def allowed_hosts(names: Iterable[str], port: int) -> frozenset[str]:
    """The Host headers that mean this server: loopback's names and ``names``, with the port."""
    return frozenset(f"{name}:{port}".lower() for name in (*LOOPBACK_NAMES, *names))


def refusal(head: Head, hosts: frozenset[str]) -> int | None:
    """The HTTP status that turns this request away, or None where it may pass.

    Rules after OWASP ASVS 5.0, 3.5.1-3.5.3 (forgery), 4.4.2 (a WebSocket's Origin) and 3.4.6.
    """
    host = head.only("host")
    if host is None or host.lower() not in hosts:
        return 421
    misshapen = _misshapen(head)
    if misshapen is not None:
        return misshapen
    return None if _is_own_origin(head, host) and _is_own_site(head) else 403


def _misshapen(head: Head) -> int | None:
    """What no page of ours would send: another method, a long path, head or body."""
    if head.method not in {"GET", "HEAD", "POST"} or (head.method == "POST" and head.path not in POSTS):
        return 405
    if len(head.path) > LONGEST_PATH or not head.path.isascii():
        return 404
    if sum(len(name) + len(value) for name, value in head.headers) > LONGEST_HEAD:
        return 431
    return 413 if head.method == "POST" and not _body_is_short(head) else None


def _is_own_origin(head: Head, host: str) -> bool:
    """Whatever can act must say where it comes from; whatever only reads may stay silent."""
    origins = head.every("origin")
    if not origins:
        return head.kind == "http" and head.method != "POST"
    return [origin.lower() for origin in origins] == [f"http://{host.lower()}"]


def _is_own_site(head: Head) -> bool:
    sites = head.every("sec-fetch-site")
    may_be_typed = head.kind == "http" and head.method != "POST"
    return not sites or sites == ["same-origin"] or (may_be_typed and sites == ["none"])


def _body_is_short(head: Head) -> bool:
    length = head.only("content-length")
    return length is not None and length.isdigit() and int(length) <= LONGEST_BODY_BYTES


@dataclass(frozen=True, slots=True)
class Gate:
    """Wraps the page's app: refuses by ``refusal``, and puts the strict headers on every answer."""

    app: App
    hosts: Callable[[], frozenset[str]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or one WebSocket."""
        if scope["type"] not in {"http", "websocket"}:
            return
        status = refusal(Head.of(scope), self.hosts())
        if status is not None:
            await _turn_away(scope, receive, send, status)
            return

        async def send_strictly(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        await self.app(scope, receive, send_strictly)


async def _turn_away(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain"), (b"connection", b"close"), *HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"Refused.\n"})
