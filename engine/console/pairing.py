"""Pairing: how a tablet in the house's network is let in, with a code that only the room's own screen shows.

The room's own screen, which speaks over loopback, never needs a code: silence must not wait for a login.
"""

import hmac
import ipaddress
import secrets
from collections import deque
from dataclasses import dataclass, field

from engine.clock import Clock
from engine.console.viewers import Role

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which people confuse."""
CODE_LENGTH = 6
TOKEN_BYTES = 32
TRIES_AN_ADDRESS, TRIES_IN_ALL, WITHIN_S = 5, 30, 60.0
"""With 32^6 codes and 30 tries a minute, a guesser needs 68 years for an even chance on either code."""
MOST_TOKENS = 64


class TooManyTriesError(Exception):
    """Wait a minute."""


def is_loopback(address: str) -> bool:
    """Whether a peer's address is this computer's own."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def new_code() -> str:
    """A code that nobody can guess in time."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


@dataclass(slots=True)
class Pairing:
    """The codes of both roles, and the tokens of those who gave one."""

    clock: Clock
    codes: dict[Role, str] = field(default_factory=lambda: {role: new_code() for role in Role})
    _tokens: dict[str, Role] = field(default_factory=dict)
    _tries: deque[tuple[float, str]] = field(default_factory=deque)

    def pair(self, address: str, code: str) -> str | None:
        """A token for a right code, None for a wrong one. Raises TooManyTriesError, for right codes too."""
        self._count(address)
        given = "".join(code.upper().split()).encode()
        for role, right in self.codes.items():
            if hmac.compare_digest(given, right.encode()):
                return self._new_token(role)
        return None

    def role_of(self, token: str) -> Role | None:
        """The role that a token was given for."""
        return next((role for known, role in self._tokens.items() if _same(known, token)), None)

    def _count(self, address: str) -> None:
        now_s = self.clock()
        while self._tries and self._tries[0][0] < now_s - WITHIN_S:
            self._tries.popleft()
        own = sum(1 for _, who in self._tries if who == address)
        if own >= TRIES_AN_ADDRESS or len(self._tries) >= TRIES_IN_ALL:
            raise TooManyTriesError
        self._tries.append((now_s, address))

    def _new_token(self, role: Role) -> str:
        if len(self._tokens) >= MOST_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._tokens[token] = role
        return token


def _same(known: str, token: str) -> bool:
    return hmac.compare_digest(known.encode(), token.encode())
