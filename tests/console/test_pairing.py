"""Codes that people can read out, tokens that nobody guesses, and tries that are counted."""

import pytest

from engine.console.address import EVERYWHERE, LOOPBACK, Address, listen, names_in_the_house, parse_address
from engine.console.pairing import (
    ALPHABET,
    CODE_LENGTH,
    MOST_TOKENS,
    TRIES_AN_ADDRESS,
    TRIES_IN_ALL,
    WITHIN_S,
    Pairing,
    TooManyTriesError,
    is_loopback,
)
from engine.console.viewers import Role
from engine.errors import LinkFailedError, UsageError

TABLET = "192.0.2.7"


class Minute:
    """A clock that a test turns."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_each_role_has_a_code_and_a_code_gives_its_role() -> None:
    pairing = Pairing(Minute())
    assert set(pairing.codes) == set(Role)
    for role, code in pairing.codes.items():
        assert len(code) == CODE_LENGTH
        assert set(code) <= set(ALPHABET)
        token = pairing.pair(TABLET, f" {code[:3].lower()} {code[3:]} ")
        assert token is not None
        assert len(token) >= 43
        assert pairing.role_of(token) is role


def test_wrong_codes_and_made_up_tokens_give_nothing() -> None:
    pairing = Pairing(Minute())
    assert pairing.pair(TABLET, "") is None
    assert pairing.pair(TABLET, "ÄÖÜ€") is None
    assert pairing.role_of("") is None
    assert pairing.role_of("x" * 43) is None


def test_an_address_has_five_tries_a_minute_and_all_together_thirty() -> None:
    minute = Minute()
    pairing = Pairing(minute)
    for _ in range(TRIES_AN_ADDRESS):
        pairing.pair(TABLET, "WRONG1")
    with pytest.raises(TooManyTriesError):
        pairing.pair(TABLET, pairing.codes[Role.CONTROL])
    for number in range(TRIES_IN_ALL - TRIES_AN_ADDRESS):
        pairing.pair(f"198.51.100.{number}", "WRONG1")
    with pytest.raises(TooManyTriesError):
        pairing.pair("203.0.113.1", pairing.codes[Role.CONTROL])
    minute.now_s = WITHIN_S + 1
    assert pairing.pair(TABLET, pairing.codes[Role.CONTROL]) is not None


def test_the_oldest_of_too_many_tablets_is_forgotten() -> None:
    minute = Minute()
    pairing = Pairing(minute)
    tokens = []
    for number in range(MOST_TOKENS + 1):
        minute.now_s += WITHIN_S
        tokens.append(pairing.pair(f"h{number}", pairing.codes[Role.VIEW]) or "")
    assert pairing.role_of(tokens[0]) is None
    assert pairing.role_of(tokens[-1]) is Role.VIEW


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_the_rooms_own_screen(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["192.0.2.1", "fe80::1%eth0", "", "localhost.evil.example", "::ffff:192.0.2.1"])
def test_all_else_is_not(address: str) -> None:
    assert not is_loopback(address)


def test_the_page_stays_on_loopback_unless_the_network_is_asked_for() -> None:
    assert parse_address(None, lan=False) == Address(LOOPBACK)
    assert parse_address(None, lan=True).host == EVERYWHERE
    assert parse_address("localhost:80", lan=False).is_loopback
    assert parse_address("[::1]:80", lan=False).is_loopback
    assert parse_address("192.0.2.1:80", lan=True).host == "192.0.2.1"
    assert names_in_the_house(Address()) == ()
    for text in ("192.0.2.1:80", "0.0.0.0:80", "nonsense", "127.0.0.1:x", ":80", "127.0.0.1:99999"):
        with pytest.raises(UsageError, match="--web"):
            parse_address(text, lan=False)


def test_two_rooms_never_share_a_page_and_a_port_that_was_asked_for_is_told_to_be_in_use() -> None:
    with listen(Address(LOOPBACK, 0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(LinkFailedError, match=f"{LOOPBACK}:{port}"):
            listen(Address(LOOPBACK, port, may_move=False))
        with listen(Address(LOOPBACK, port)) as second:
            assert second.getsockname()[1] != port
