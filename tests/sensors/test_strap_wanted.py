"""A strap is asked for in a few words, and asked for again in the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.strap_details import StrapDetails
from sensors.strap_wanted import Pairing, StrapWordsError, WantedStrap, parse_wanted

NAMES = st.none() | st.text(min_size=1, max_size=20).filter(lambda name: "?pair=" not in name)
WANTED = st.builds(WantedStrap, NAMES, st.none() | st.sampled_from(Pairing))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", WantedStrap()),
        ("Polar H10 0A", WantedStrap("Polar H10 0A")),
        ("AA:BB:CC:DD:EE:01?pair=always", WantedStrap("AA:BB:CC:DD:EE:01", Pairing.ALWAYS)),
        ("?pair=never", WantedStrap(None, Pairing.NEVER)),
        ("What? A strap", WantedStrap("What? A strap")),
    ],
)
def test_a_strap_is_a_name_and_how_to_pair(text: str, wanted: WantedStrap) -> None:
    assert parse_wanted(text) == wanted


@pytest.mark.parametrize(
    ("word", "hint"), [("allways", "did you mean always?"), ("", "it can be auto, always, never"), ("x", "it can be")]
)
def test_a_pairing_that_is_none_is_told_with_the_nearest(word: str, hint: str) -> None:
    with pytest.raises(StrapWordsError) as told:
        parse_wanted(f"H10?pair={word}")
    assert str(told.value).startswith(f"?pair={word} is not understood: {hint}")


@given(WANTED)
def test_what_is_written_down_is_read_again(wanted: WantedStrap) -> None:
    assert parse_wanted(str(wanted)) == wanted


@given(WANTED, WANTED)
def test_what_is_asked_now_is_never_overruled_by_what_is_remembered(now: WantedStrap, remembered: WantedStrap) -> None:
    meant = now.over(remembered)
    assert meant.name == (remembered.name if now.name is None else now.name)
    if now.pairing:
        assert meant.pairing is now.pairing
    elif meant.name == remembered.name:
        assert meant.pairing is remembered.pairing
    else:
        assert meant.pairing is None


@pytest.mark.parametrize(
    ("asked", "again"),
    [
        (None, "Polar H10 0A"),
        ("0a", "Polar H10 0A"),
        ("aa:bb", "AA:BB"),
    ],
    ids=["the only one", "a part of its name", "its address"],
)
def test_a_strap_is_asked_for_again_by_address_only_where_it_was_before(asked: str | None, again: str) -> None:
    found = WantedStrap(asked, Pairing.ALWAYS).found_as("Polar H10 0A", "AA:BB")
    assert found == WantedStrap(again, Pairing.ALWAYS)


@pytest.mark.parametrize(
    ("details", "words"),
    [
        (
            StrapDetails("H10", "AA", 87, "chest", "Polar", "H10", "5.0"),
            "Polar, H10, firmware 5.0, chest, battery 87 %",
        ),
        (StrapDetails("H10", "AA", 20, None, "Polar", None, None), "Polar, battery 20 %: change it soon"),
        (StrapDetails("H10", "AA", 21, None, None, None, None), "battery 21 %"),
        (StrapDetails("H10", "AA", 0, None, None, None, None), "battery 0 %: change it soon"),
        (StrapDetails("H10", "AA", None, None, None, None, None), ""),
    ],
)
def test_what_a_strap_tells_of_itself_is_told_in_a_line_and_a_low_battery_with_what_to_do(
    details: StrapDetails, words: str
) -> None:
    assert details.words == words
