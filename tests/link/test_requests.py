"""Three verbs, fresh, once, for this room: whatever else comes over the link does nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inputs import Act
from engine.link.publication import Topics
from engine.link.requests import LONGEST_BYTES, Doorkeeper, Incoming, Refusal, Repeated, Request

TOPICS = Topics("north", "blue")
NOW_S = 1_790_000_000.0


def asked(verb: str = "ease", *, retained: bool = False, room: str = "blue", **changed: object) -> Incoming:
    told = {"id": "a1", "by": "desk", "expires_at": NOW_S + 4, **changed}
    return Incoming(f"calando/v1/north/{room}/cmd/{verb}", json.dumps(told).encode(), retained)


def judged(incoming: Incoming) -> Request | Refusal | Repeated:
    return Doorkeeper(TOPICS).judge(incoming, NOW_S)


@pytest.mark.parametrize(("verb", "act"), [("ease", Act.EASE), ("stay", Act.STAY), ("silence", Act.SILENCE)])
def test_what_only_calms_is_done(verb: str, act: Act) -> None:
    assert judged(asked(verb, reply_to="calando/v1/north/blue/ack/desk")) == Request("a1", "desk", act)


@pytest.mark.parametrize("act", [act for act in Act if act not in {Act.EASE, Act.STAY, Act.SILENCE}])
def test_nothing_else_can_be_asked_over_the_link(act: Act) -> None:
    assert isinstance(judged(asked(str(act))), Refusal)


@pytest.mark.parametrize(
    ("incoming", "why"),
    [
        (asked(retained=True), "retained"),
        (asked(room="red"), "this room"),
        (asked(expires_at=NOW_S), "expired"),
        (asked(expires_at=NOW_S - 60), "expired"),
        (asked(expires_at=NOW_S + 60), "longer than 10 s"),
        (asked(reply_to="calando/v1/north/red/ack/desk"), "ack topic"),
        (asked(reply_to="homeassistant/light/set"), "ack topic"),
        (asked(id=""), "JSON object"),
        (asked(id="a b"), "JSON object"),
        (asked(id=7), "JSON object"),
        (asked(by="Mrs Smith"), "JSON object"),
        (asked(expires_at=True), "JSON object"),
        (asked(expires_at="soon"), "JSON object"),
        (asked(expires_at=10**400), "JSON object"),
        (asked(more="x" * LONGEST_BYTES), "JSON object"),
        (Incoming("calando/v1/north/blue/cmd/ease", b"\xff\xfe"), "JSON object"),
        (Incoming("calando/v1/north/blue/cmd/ease", b"NaN"), "JSON object"),
        (Incoming("calando/v1/north/blue/cmd/ease", b"[" * 1000), "JSON object"),
        (Incoming("calando/v1/north/blue/cmd/ease", b'{"id":"a","by":"desk","expires_at":NaN}'), "JSON object"),
        (Incoming("calando/v1/north/blue/cmd/ease/more", b"{}"), "this room"),
        (Incoming("calando/v1/north/blue/cmd/", b"{}"), "this room"),
    ],
)
def test_the_stale_the_kept_the_foreign_and_the_broken_are_refused(incoming: Incoming, why: str) -> None:
    verdict = judged(incoming)
    assert isinstance(verdict, Refusal)
    assert why in verdict.why


def test_a_request_that_comes_twice_is_done_once() -> None:
    keeper = Doorkeeper(TOPICS)
    assert isinstance(keeper.judge(asked(), NOW_S), Request)
    assert keeper.judge(asked(), NOW_S + 1) == Repeated("a1", "desk")
    assert isinstance(keeper.judge(asked(id="a2"), NOW_S + 1), Request)
    assert isinstance(keeper.judge(asked(by="nurse-desk"), NOW_S + 1), Request)


def test_a_request_replayed_after_it_was_forgotten_is_stale() -> None:
    keeper = Doorkeeper(TOPICS)
    keeper.judge(asked(), NOW_S)
    keeper.judge(asked(id="later", expires_at=NOW_S + 604), NOW_S + 600)
    assert isinstance(keeper.judge(asked(), NOW_S + 600), Refusal)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
hostile = st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode())


@given(hostile, st.sampled_from(["ease", "silence", "next_phase", "#", "é"]), st.booleans())
def test_no_stranger_gets_anything_done_and_none_is_repeated(payload: bytes, verb: str, retained: bool) -> None:
    verdict = judged(Incoming(f"calando/v1/north/blue/cmd/{verb}", payload, retained))
    assert isinstance(verdict, Refusal)
    assert verdict.id is None
    assert verdict.why in {
        "a retained request is never done",
        "not a request: a JSON object with id, by and expires_at",
    }
