"""Which computer, and which port of it: ``HOST:PORT`` as people write it."""

import re


def is_computer(host: str) -> bool:
    """Whether it can be a computer's name or address: labels of 1 to 63 characters and nothing unprintable."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return bool(re.fullmatch(r"[^\s\x00-\x1f\x7f]+", host))


def parse_computer(text: str, least_port: int = 1) -> tuple[str, int] | None:
    """The host, of an IPv6 address without its brackets, and the port, up to 65535; None where it is no such place."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if is_computer(host) and re.fullmatch(r"[0-9]{1,5}", port) and least_port <= int(port) <= 65_535:
        return host, int(port)
    return None
