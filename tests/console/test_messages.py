"""Whatever a page sends is decoded or refused with one sentence: nothing else can come of it."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.console.messages import STAFF_ACTS, Press, SetUp, TakeBack, TellStory, UnreadableError, read_ask
from engine.inputs import Act

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=6,
)


@pytest.mark.parametrize("act", sorted(STAFF_ACTS - {Act.CEILING}))
def test_every_act_of_the_staff_can_be_pressed(act: Act) -> None:
    assert read_ask(json.dumps({"id": 3, "act": act})) == Press(3, act)


def test_values_undo_stories_and_setting_up() -> None:
    assert read_ask('{"id":1,"act":"ceiling","value":0.5}') == Press(1, Act.CEILING, 0.5)
    assert read_ask('{"id":1,"act":"extend","value":10}') == Press(1, Act.EXTEND, 10.0)
    assert read_ask('{"id":1,"undo":7}') == TakeBack(1, 7)
    assert read_ask('{"id":1,"tell":"panic"}') == TellStory(1, "panic")
    assert read_ask('{"id":1,"setup":"scan","choices":{}}') == SetUp(1, "scan", {})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        '{"id":1}',
        '{"act":"silence"}',
        '{"id":true,"act":"silence"}',
        '{"id":-1,"act":"silence"}',
        '{"id":1e3,"act":"silence"}',
        '{"id":99999999999999,"act":"silence"}',
        '{"id":1,"act":"undo"}',
        '{"id":1,"act":"undo","value":1}',
        '{"id":1,"act":"shout"}',
        '{"id":1,"act":"ease","value":1}',
        '{"id":1,"act":"ease","by":"the guardian"}',
        '{"id":1,"act":"ceiling"}',
        '{"id":1,"act":"ceiling","value":1.5}',
        '{"id":1,"act":"ceiling","value":NaN}',
        '{"id":1,"act":"ceiling","value":1' + "0" * 400 + "}",
        '{"id":1,"act":"ceiling","value":true}',
        '{"id":1,"act":"ceiling","value":"1"}',
        '{"id":1,"act":"extend","value":1e9}',
        '{"id":1,"act":"silence"}' + " " * 1100,
        '{"id":1,"undo":true}',
        '{"id":1,"setup":"scan"}',
        '{"id":1,"a":' + "[" * 900,
    ],
)
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_ask(text)


@given(st.text(max_size=60) | ANYTHING.map(json.dumps))
def test_nothing_but_a_refusal_can_come_of_garbage(text: str) -> None:
    with contextlib.suppress(UnreadableError):
        read_ask(text)


@given(st.fixed_dictionaries({"id": ANYTHING, "act": ANYTHING}, optional={"value": ANYTHING, "more": ANYTHING}))
def test_of_anything_shaped_like_a_command_only_an_act_of_the_staff_comes(message: dict[str, object]) -> None:
    try:
        ask = read_ask(json.dumps(message))
    except UnreadableError:
        return
    assert isinstance(ask, Press)
    assert ask.act in STAFF_ACTS
