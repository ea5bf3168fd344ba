"""``--mqtt`` says where; what is wrong is one sentence that never repeats a secret."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.link.place import PASSWORD, Version, parse_broker


def test_a_whole_place_is_read() -> None:
    place = parse_broker(
        "mqtts://room1@broker.clinic:8884/north?ca=ca.crt&version=3.1.1&discovery=yes", {PASSWORD: "hush"}
    )
    assert (place.name, place.secure, place.user, place.password) == ("broker.clinic:8884", True, "room1", "hush")
    assert (place.site, str(place.authority), place.version, place.discovery) == (
        "north",
        "ca.crt",
        Version.THREE,
        True,
    )
    assert "hush" not in repr(place)


def test_what_is_left_out_is_the_usual() -> None:
    plain, secure = parse_broker("mqtt://localhost", {}), parse_broker("mqtts://localhost", {})
    assert (plain.port, secure.port) == (1883, 8883)
    assert (plain.site, plain.user, plain.password, plain.version, plain.discovery) == (
        "site",
        None,
        None,
        Version.AUTO,
        False,
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("broker:1883", "names no broker"),
        ("http://broker", "names no broker"),
        ("mqtt://", "names no broker"),
        ("mqtt://a..b/", "names no broker"),
        ("mqtt://.broker", "names no broker"),
        ("mqtt://room:s3cret@broker", PASSWORD),
        ("mqtt://broker:99999", "1 to 65535"),
        ("mqtt://broker:port", "1 to 65535"),
        ("mqtt://broker/a/b", "site's name"),
        ("mqtt://broker?verson=5", "did you mean 'version'"),
        ("mqtt://broker?version=4", "auto, 5 or 3.1.1"),
        ("mqtt://broker?discovery=maybe", "yes or no"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(url: str, words: str) -> None:
    with pytest.raises(UsageError) as wrong:
        parse_broker(url, {})
    assert words in str(wrong.value)
    assert "s3cret" not in str(wrong.value)


@given(st.text())
def test_any_text_is_a_place_or_one_sentence(text: str) -> None:
    with suppress(UsageError):
        assert parse_broker(f"mqtt://{text}", {}).host
