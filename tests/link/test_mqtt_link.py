"""The link over a broker in memory: it tells, answers, comes back for ever, and says goodbye."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from engine.inputs import Act
from engine.link.broker import RememberedBroker
from engine.link.discovery import STATUS
from engine.link.mqtt_link import MqttLink
from engine.link.publication import Topics
from engine.link.report import Reporter
from engine.link.requests import Incoming
from tests.link.rooms import QuietRoom

pytestmark = [pytest.mark.asyncio, pytest.mark.virtual_time]
TOPICS = Topics("north", "blue")


def now_s() -> float:
    return 1_790_000_000.0 + asyncio.get_running_loop().time()


def a_link(broker: RememberedBroker, said: list[str] | None = None, *, discovers: bool = False) -> MqttLink:
    tell = (said if said is not None else []).append
    reporter = Reporter(TOPICS, "5e55")
    return MqttLink(TOPICS, broker, reporter, now_s, random.Random(1), tell, "1.0", discovers)


@asynccontextmanager
async def linked(link: MqttLink, room: QuietRoom) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run(room))
    await asyncio.sleep(0.01)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def payloads(broker: RememberedBroker, name: str) -> list[dict[str, object]]:
    return [json.loads(each.body) for each in broker.told if each.topic == TOPICS.of(name)]


def ask(verb: str, name: str = "a1") -> Incoming:
    told = {"id": name, "by": "desk", "expires_at": now_s() + 4}
    return Incoming(TOPICS.of(f"cmd/{verb}"), json.dumps(told).encode())


async def test_a_request_is_done_then_recorded_and_both_are_answered() -> None:
    broker, room = RememberedBroker(), QuietRoom()
    async with linked(a_link(broker), room):
        broker.send(ask("ease"))
        await asyncio.sleep(0.01)
        assert payloads(broker, "ack/desk") == []
        room.live(1)
        room.record()
        await asyncio.sleep(0.01)
    assert [(stamped.input.act, stamped.input.by) for stamped in room.asked] == [(Act.EASE, "link")]  # type: ignore[union-attr]
    answers = payloads(broker, "ack/desk")
    assert [(each["id"], each["ok"], each["state"]) for each in answers] == [
        ("a1", True, "done"),
        ("a1", True, "recorded"),
    ]


async def test_a_request_that_is_repeated_is_answered_and_done_once() -> None:
    broker, room = RememberedBroker(), QuietRoom()
    async with linked(a_link(broker), room):
        broker.send(ask("silence"))
        broker.send(ask("silence"))
        await asyncio.sleep(0.01)
        room.live(1)
        await asyncio.sleep(0.01)
    assert len(room.asked) == 1
    assert [each["state"] for each in payloads(broker, "ack/desk")] == ["repeated", "done"]


async def test_a_refusal_is_answered_in_words_and_told_as_an_event() -> None:
    broker, room = RememberedBroker(), QuietRoom()
    async with linked(a_link(broker), room):
        broker.send(ask("next_phase"))
        broker.send(Incoming(TOPICS.of("cmd/ease"), b"canary"))
        await asyncio.sleep(0.01)
    assert room.asked == []
    (answer,) = payloads(broker, "ack/desk")
    assert (answer["ok"], answer["error"]) == (False, "over the link a room can be asked for ease, stay, silence alone")
    assert [event["what"] for event in payloads(broker, "event")] == ["refused", "refused"]
    assert not any(b"canary" in each.body for each in broker.told)


async def test_after_an_outage_the_last_of_every_topic_is_told_again() -> None:
    broker, room, said = RememberedBroker(), QuietRoom(), list[str]()
    async with linked(a_link(broker, said), room):
        room.live()
        await asyncio.sleep(0.01)
        broker.fall()
        for _ in range(60):
            room.live()
            await asyncio.sleep(1.0)
        broker.told.clear()
        broker.up = True
        await asyncio.sleep(5.0)
        last = {each.topic.removeprefix(TOPICS.root + "/") for each in broker.told}
        assert last >= {"$state", "$info", "hr", "arousal", "music", "session"}
        assert payloads(broker, "$state")[-1]["state"] == "ready"
        assert len(payloads(broker, "hr")) == 1
    assert said[0].startswith("The broker is lost.")
    assert said[-1] == "The link to the house is back."
    assert len(said) <= 3


async def test_a_room_that_ends_says_so_and_leaves_a_will_for_when_it_cannot() -> None:
    broker, room = RememberedBroker(), QuietRoom()
    async with linked(a_link(broker), room):
        room.live()
    assert payloads(broker, "$state")[-1]["state"] == "disconnected"
    assert broker.told[-1].retain
    (will,) = broker.wills
    assert (will.topic, will.payload["state"], will.retain) == (TOPICS.of("$state"), "lost", True)
    assert room._listeners == []


async def test_home_assistant_is_told_at_each_start_of_its_own_where_it_was_asked_for() -> None:
    broker, room = RememberedBroker(), QuietRoom()
    async with linked(a_link(broker, discovers=True), room):
        broker.send(Incoming(STATUS, b"online"))
        await asyncio.sleep(0.01)
    assert sum(each.topic.startswith("homeassistant/device/") for each in broker.told) >= 1
    plain = RememberedBroker()
    async with linked(a_link(plain), QuietRoom()):
        pass
    assert not any(each.topic.startswith("homeassistant") for each in plain.told)
