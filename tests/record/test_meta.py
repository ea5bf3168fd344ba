"""A journal's head gives its setup back, or one sentence: whatever another version, or a bad disk, made of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.record.database import JournalError
from engine.record.meta import meta_of, setup_of
from engine.session import Setup
from tests.session.sessions import a_setup

META: dict[str, object] = json.loads(json.dumps(meta_of(a_setup(), version="9", started="2026-03-01T12:00")))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def is_setup_or_sentence(meta: dict[str, object]) -> bool:
    try:
        return isinstance(setup_of(meta), Setup)
    except JournalError as error:
        return "\n" not in str(error)


def test_it_gives_the_setup_back() -> None:
    assert setup_of(META) == a_setup()


@given(key=st.sampled_from(sorted(META)), value=ANYTHING)
def test_whatever_stands_there_is_a_setup_or_one_sentence(key: str, value: object) -> None:
    assert is_setup_or_sentence({**META, key: value})


@given(key=st.sampled_from(sorted(META)))
def test_whatever_is_missing_is_a_setup_or_one_sentence(key: str) -> None:
    assert is_setup_or_sentence({name: value for name, value in META.items() if name != key})


def test_a_key_of_a_later_profile_is_named_with_the_version_that_knows_it() -> None:
    profile = META["profile"]
    assert isinstance(profile, dict)
    with pytest.raises(JournalError, match=r"a_later_key: .*kept by calando 9\.$"):
        setup_of({**META, "profile": {**profile, "a_later_key": 1}})


def test_a_prior_of_another_version_is_one_sentence() -> None:
    with pytest.raises(JournalError, match="TypeError"):
        setup_of({**META, "prior": {"a_later_key": 1}})
