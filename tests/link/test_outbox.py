"""What waits while the link is down: the newest of each value, the last events, and never more than a bound."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.link.outbox import MOST_EVENTS, Outbox
from engine.link.publication import Keeps, Publication


def value(topic: str, number: int) -> Publication:
    return Publication(topic, {"n": number})


def event(number: int) -> Publication:
    return Publication("event", {"n": number}, Keeps.EVENT)


def drained(outbox: Outbox) -> list[Publication]:
    taken = []
    while (publication := outbox.take_now()) is not None:
        taken.append(publication)
    return taken


def test_of_a_value_only_the_newest_is_told() -> None:
    outbox = Outbox()
    for number in range(5):
        outbox.put(value("hr", number))
    assert drained(outbox) == [value("hr", 4)]


def test_the_oldest_events_give_way_and_are_counted() -> None:
    outbox = Outbox()
    for number in range(MOST_EVENTS + 3):
        outbox.put(event(number))
    assert drained(outbox) == [event(number) for number in range(3, MOST_EVENTS + 3)]
    assert outbox.dropped == 3


def test_a_new_link_is_told_every_topic_again() -> None:
    outbox = Outbox()
    outbox.put(value("hr", 1))
    outbox.put(value("session", 2))
    drained(outbox)
    outbox.renew()
    assert drained(outbox) == [value("hr", 1), value("session", 2)]


def test_what_could_not_be_sent_goes_next_unless_something_newer_came() -> None:
    outbox = Outbox()
    outbox.put(event(2))
    outbox.put_back(event(1))
    outbox.put(value("hr", 2))
    outbox.put_back(value("hr", 1))
    assert drained(outbox) == [event(1), event(2), value("hr", 2)]


@given(st.lists(st.tuples(st.sampled_from("abe"), st.booleans()), max_size=60))
def test_after_any_failures_the_last_of_every_topic_arrives(turns: list[tuple[str, bool]]) -> None:
    outbox, heard = Outbox(), dict[str, Publication]()
    for number, (topic, sends) in enumerate(turns):
        outbox.put(value(topic, number))
        publication = outbox.take_now()
        if publication is not None and sends:
            heard[publication.topic] = publication
        elif publication is not None:
            outbox.put_back(publication)
    heard |= {publication.topic: publication for publication in drained(outbox)}
    last = {topic: number for number, (topic, _) in enumerate(turns)}
    assert {topic: publication.payload["n"] for topic, publication in heard.items()} == last


@pytest.mark.asyncio
@pytest.mark.virtual_time
async def test_taking_waits_for_something_to_send() -> None:
    outbox = Outbox()
    asyncio.get_running_loop().call_later(5.0, outbox.put, event(1))
    assert await outbox.take() == event(1)
    assert asyncio.get_running_loop().time() == pytest.approx(5.0)


def test_what_is_not_known_yet_is_null() -> None:
    told = Publication("hr", {"age_s": float("inf"), "rr_ms": (800.00049,), "more": {"x": float("nan")}})
    assert told.body == b'{"age_s":null,"rr_ms":[800.0],"more":{"x":null}}'
