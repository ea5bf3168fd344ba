"""``--mqtt``: which broker, and where in its tree this room lies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from engine.computers import is_computer
from engine.errors import UsageError
from engine.words import instead

PORT, SECURE_PORT = 1883, 8883
PASSWORD = "CALANDO_MQTT_PASSWORD"  # noqa: S105 - the variable's name
SITE = "site"
OPTIONS = ("ca", "version", "discovery")
EXAMPLE = "--mqtt mqtts://room1@broker.clinic:8883/clinic?ca=ca.crt"


class Version(StrEnum):
    """Which MQTT is spoken; ``auto`` tries 5 and falls back to 3.1.1."""

    AUTO = "auto"
    FIVE = "5"
    THREE = "3.1.1"


@dataclass(frozen=True, slots=True)
class BrokerPlace:
    """A broker, who we are there, and the site's name in the topics."""

    host: str
    port: int = PORT
    secure: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    site: str = SITE
    authority: Path | None = None
    """A file with the certificates that are trusted; None for the system's own."""
    version: Version = Version.AUTO
    discovery: bool = False
    """Whether Home Assistant is told what there is to see."""

    @property
    def name(self) -> str:
        """As a person may read it: never with the password."""
        return f"{self.host}:{self.port}"


def parse_broker(url: str, environment: Mapping[str, str]) -> BrokerPlace:
    """``mqtt[s]://[USER@]HOST[:PORT][/SITE][?ca=FILE&version=auto|5|3.1.1&discovery=yes]``; the password is in the
    environment. Raises UsageError, in words that never repeat the URL: it may hold a secret.
    """
    parts = _split(url)
    if parts.password is not None:
        raise UsageError(f"--mqtt holds a password, which everyone on this machine can read; put it into {PASSWORD}.")
    secure = parts.scheme == "mqtts"
    options = _options(parts.query)
    return BrokerPlace(
        host=parts.hostname or "",
        port=_port(url) or (SECURE_PORT if secure else PORT),
        secure=secure,
        user=unquote(parts.username) if parts.username else None,
        password=environment.get(PASSWORD),
        site=_site(parts.path.strip("/")),
        authority=Path(options["ca"]) if "ca" in options else None,
        version=_version(options.get("version", "auto")),
        discovery=_yes(options.get("discovery", "no")),
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        named = parts.scheme in {"mqtt", "mqtts"} and is_computer(parts.hostname or "")
    except ValueError:
        named = None
    if not named:
        raise UsageError(f"--mqtt names no broker; write for example {EXAMPLE}.")
    return parts


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in OPTIONS:
            raise UsageError(f"--mqtt knows no {name!r}{instead(name, OPTIONS)}")
    return options


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        raise UsageError("--mqtt: the broker's port is a number from 1 to 65535.") from None


def _site(name: str) -> str:
    if name and not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", name):
        raise UsageError("--mqtt: a site's name has 1 to 32 letters, digits, - and _.")
    return name or SITE


def _version(text: str) -> Version:
    if text not in set(Version):
        raise UsageError("--mqtt: version is auto, 5 or 3.1.1.")
    return Version(text)


def _yes(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise UsageError("--mqtt: discovery is yes or no.")
    return text == "yes"
