"""Where the page is served: loopback unless the house's network was asked for."""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from engine.computers import parse_computer
from engine.console.pairing import is_loopback
from engine.errors import LinkFailedError, UsageError

LOOPBACK = "127.0.0.1"
PORT = 8437
EVERYWHERE = "0.0.0.0"  # noqa: S104 -- asked for by --lan, and every request is judged by its Host


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port to listen on. ``may_move``: nobody asked for this very port, so another will do."""

    host: str = LOOPBACK
    port: int = PORT
    may_move: bool = True

    @property
    def is_loopback(self) -> bool:
        """Whether nobody outside this computer can reach it."""
        return is_loopback(self.host)


def parse_address(text: str | None, *, lan: bool) -> Address:
    """``--web HOST:PORT`` and ``--lan``. Raises UsageError with one sentence."""
    if text is None:
        return Address(EVERYWHERE if lan else LOOPBACK)
    place = parse_computer(text, least_port=0)
    if place is None:
        raise UsageError(f"--web {text!r} is not HOST:PORT; write for example --web {LOOPBACK}:{PORT}.")
    host, port = place
    address = Address("127.0.0.1" if host == "localhost" else host, port, may_move=False)
    if not address.is_loopback and not lan:
        raise UsageError(f"--web {text!r} is open to the network; add --lan if that is meant.")
    return address


def listen(address: Address) -> socket.socket:
    """A socket that listens there. Raises LinkFailedError with one sentence."""
    try:
        return _bound(address.host, address.port)
    except OSError as error:
        if address.may_move:
            with contextlib.suppress(OSError):
                return _bound(address.host, 0)
        why = error.strerror or "unknown reason"
        raise LinkFailedError(
            f"The page cannot be served on {address.host}:{address.port}: {why}. Choose another --web HOST:PORT."
        ) from error


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        # Only a port that is listened to is taken: two rooms that merely bind it would both be told that it is theirs.
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound


def names_in_the_house(address: Address) -> tuple[str, ...]:
    """The names and addresses by which the house's network may call this computer; none on loopback."""
    if address.is_loopback:
        return ()
    return tuple(dict.fromkeys(_names(address)))


def _names(address: Address) -> Iterator[str]:
    if address.host not in {EVERYWHERE, "::"}:
        yield f"[{address.host}]" if ":" in address.host else address.host
    else:
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            yield probe.getsockname()[0]
    yield socket.gethostname()
    yield f"{socket.gethostname().partition('.')[0]}.local"
