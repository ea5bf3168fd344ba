"""The link over a real broker, as it ships: TLS, users and ACL, deaths and freezes, and strangers of every kind."""

import asyncio
import gc
import itertools
import json
import random
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest

from engine.background import tell_what_fails
from engine.inputs import Act, Command
from engine.link.mqtt import MqttBroker
from engine.link.mqtt_link import MqttLink
from engine.link.place import BrokerPlace, Version
from engine.link.publication import Topics
from engine.link.report import Reporter
from engine.record.folder import wall_time
from tests.link.mosquitto import USERS, Mosquitto, mosquitto
from tests.link.rooms import QuietRoom
from tests.parts import needs

pytestmark = [pytest.mark.asyncio, needs("mosquitto")]
OFF_SENTENCE = "The music does not need it; it is tried again."


def unix_s() -> float:
    return wall_time().timestamp()


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path, secure=True) as broker:
        yield broker


def place(broker: Mosquitto, user: str = "room1") -> BrokerPlace:
    if not broker.secure:
        return BrokerPlace("127.0.0.1", broker.port)
    return BrokerPlace("localhost", broker.port, True, user, USERS[user], authority=broker.authority)


def a_link(where: BrokerPlace, room: str, said: list[str]) -> MqttLink:
    topics = Topics(where.site, room)
    return MqttLink(
        topics, MqttBroker(where, topics), Reporter(topics, "5e55"), unix_s, random.Random(1), said.append, "1"
    )


@asynccontextmanager
async def linked(where: BrokerPlace, room: QuietRoom, name: str = "room1") -> AsyncIterator[list[str]]:
    """A room on the broker; what is said of its link."""
    said: list[str] = []
    task = asyncio.create_task(a_link(where, name, said).run(room))
    try:
        yield said
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Outsider:
    """Somebody else on the broker, who keeps the last payload of each topic that is heard."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.last: dict[str, dict[str, object]] = {}
        self.answers: list[dict[str, object]] = []

    async def listen(self) -> None:
        async for message in self.client.messages:
            topic = str(message.topic)
            if "/cmd/" in topic:
                continue
            assert isinstance(message.payload, bytes)
            told = json.loads(message.payload)
            if "/ack/" in topic:
                self.answers.append(told)
            else:
                self.last[topic] = told

    async def ask(self, room: str, verb: str, name: str, *, retain: bool = False, **changed: object) -> None:
        told = {"id": name, "by": "desk", "expires_at": unix_s() + 4, **changed}
        await self.client.publish(f"calando/v1/site/{room}/cmd/{verb}", json.dumps(told), qos=1, retain=retain)


@asynccontextmanager
async def outside(broker: Mosquitto, user: str = "desk") -> AsyncIterator[Outsider]:
    where = place(broker, user)
    tls = ssl.create_default_context(cafile=where.authority) if where.secure else None
    async with aiomqtt.Client(
        where.host,
        where.port,
        username=where.user,
        password=where.password,
        tls_context=tls,
        protocol=aiomqtt.ProtocolVersion.V5,
        timeout=3.0,
    ) as client:
        await client.subscribe("calando/#", qos=1)
        outsider = Outsider(client)
        listening = asyncio.create_task(outsider.listen())
        try:
            yield outsider
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, aiomqtt.MqttError):
                await listening


async def until(holds: Callable[[], bool], what: str, patience_s: float = 15.0) -> None:
    async with asyncio.timeout(patience_s):
        while not holds():
            await asyncio.sleep(0.01)
    assert holds(), what


def state(outsider: Outsider, room: str = "room1") -> object:
    return outsider.last.get(f"calando/v1/site/{room}/$state", {}).get("state")


def acts(room: QuietRoom) -> list[Act]:
    return [stamped.input.act for stamped in room.asked if isinstance(stamped.input, Command)]


@pytest.mark.parametrize("version", list(Version))
async def test_a_room_is_seen_and_asked_in_either_version(plain: Mosquitto, version: Version) -> None:
    room = QuietRoom()
    async with outside(plain) as desk:
        async with linked(replace(place(plain), version=version), room):
            await until(lambda: state(desk) == "ready", "the room is there")
            room.live()
            await until(lambda: "calando/v1/site/room1/music" in desk.last, "music is told")
            await desk.ask("room1", "ease", "a1")
            await until(lambda: acts(room) == [Act.EASE], "it is done")
            room.live()
            room.record()
            await until(lambda: len(desk.answers) == 2, "answered twice")
        await until(lambda: state(desk) == "disconnected", "goodbye")
    assert [each["state"] for each in desk.answers] == ["done", "recorded"]


async def test_rooms_behind_tls_users_and_acl_hear_what_is_asked_of_them_alone(secure: Mosquitto) -> None:
    rooms = {name: QuietRoom() for name in ("room1", "room2")}
    async with (
        outside(secure) as desk,
        linked(place(secure, "room1"), rooms["room1"], "room1"),
        linked(place(secure, "room2"), rooms["room2"], "room2"),
    ):
        for name in rooms:
            await until(lambda name=name: state(desk, name) == "ready", name)  # type: ignore[misc]
        await desk.ask("room1", "ease", "a1")
        await desk.ask("room2", "silence", "a2")
        await desk.ask("room2", "next_phase", "a3")
        await until(lambda: acts(rooms["room1"]) == [Act.EASE], "room 1")
        await until(lambda: acts(rooms["room2"]) == [Act.SILENCE], "room 2")
        async with outside(secure, "viewer") as viewer, outside(secure, "room1") as intruder:
            for stranger, verb in itertools.product((viewer, intruder), ("ease", "stay", "silence", "next_phase")):
                for target in rooms:
                    await stranger.ask(target, verb, f"x-{verb}")
            await asyncio.sleep(0.3)
    assert acts(rooms["room1"]) == [Act.EASE]
    assert acts(rooms["room2"]) == [Act.SILENCE]


async def test_four_rooms_and_four_desks_never_cross(plain: Mosquitto) -> None:
    rooms = {f"room{number}": QuietRoom() for number in range(1, 5)}
    async with outside(plain) as desk:
        tasks = [asyncio.create_task(a_link(place(plain), name, []).run(room)) for name, room in rooms.items()]
        for name in rooms:
            await until(lambda name=name: state(desk, name) == "ready", name)  # type: ignore[misc]
        for sender, name in itertools.product(rooms, rooms):
            await desk.ask(name, "ease", f"for-{name}-of-{sender}", reply_to=f"calando/v1/site/{sender}/ack/desk")
        await until(lambda: sum(len(acts(room)) for room in rooms.values()) == 4, "each was asked by its own")
        await asyncio.sleep(0.3)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert [acts(room) for room in rooms.values()] == [[Act.EASE]] * 4


async def test_a_kept_request_is_never_done_not_even_by_a_room_that_comes_later(plain: Mosquitto) -> None:
    room = QuietRoom()
    async with outside(plain) as desk:
        await desk.ask("room1", "silence", "kept", retain=True)
        async with linked(place(plain), room):
            await until(lambda: state(desk) == "ready", "the room is there")
            await desk.ask("room1", "ease", "kept-now", retain=True)
            await desk.ask("room1", "stay", "fresh")
            await until(lambda: Act.STAY in acts(room), "the fresh one")
    assert acts(room) == [Act.STAY]


async def test_a_room_that_was_away_does_nothing_of_what_was_asked_meanwhile(plain: Mosquitto) -> None:
    room = QuietRoom()
    async with outside(plain) as desk:
        for turn in range(2):
            async with linked(place(plain), room):
                await until(lambda: state(desk) == "ready", "the room is there")
            await until(lambda: state(desk) == "disconnected", "the room is away")
            if turn == 0:
                await desk.ask("room1", "silence", "while-away")
    assert acts(room) == []


async def test_a_broker_that_dies_and_returns_is_told_the_last_of_every_topic(
    plain: Mosquitto,
) -> None:
    room, troubles = QuietRoom(), list[str]()
    tell_what_fails(asyncio.get_running_loop(), troubles.append)
    room.live()
    async with linked(place(plain), room) as said:
        for _ in range(4):
            async with outside(plain) as desk:
                await until(lambda desk=desk: state(desk) == "ready", "the room is there")  # type: ignore[misc]
            plain.signal(signal.SIGKILL)
            room.live()
            plain.kill()
            plain.start()
            async with outside(plain) as desk:
                topics = {f"calando/v1/site/room1/{name}" for name in ("$state", "$info", "hr", "arousal", "music")}
                await until(lambda desk=desk, topics=topics: topics <= set(desk.last), "every topic")  # type: ignore[misc]
    gc.collect()
    assert troubles == []
    assert any(sentence.endswith(OFF_SENTENCE) for sentence in said)
    assert said.count("The link to the house is back.") == 4


async def test_a_frozen_broker_keeps_nobody_waiting(plain: Mosquitto) -> None:
    room = QuietRoom()
    loop = asyncio.get_running_loop()
    async with outside(plain) as desk, linked(place(plain), room) as said:
        await until(lambda: state(desk) == "ready", "the room is there")
        plain.signal(signal.SIGSTOP)
        slowest_s, until_s = 0.0, loop.time() + 4.0
        while loop.time() < until_s:
            start_s = loop.time()
            room.live(1)
            room.submit(Command(Act.CUFF, "key"))
            await asyncio.sleep(0.05)
            slowest_s = max(slowest_s, loop.time() - start_s)
        plain.signal(signal.SIGCONT)
    assert slowest_s < 0.5
    assert any("lost" in sentence or "answer" in sentence for sentence in said)


# paho leaves the socket of a handshake that failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_wrong_password_and_an_unknown_authority_are_one_sentence_each(
    secure: Mosquitto, tmp_path: Path
) -> None:
    wrong = replace(place(secure), password="canary")
    strange = replace(place(secure), authority=None)
    for where, words in ((wrong, "refuses this user or password"), (strange, "not signed by an authority")):
        async with linked(where, QuietRoom()) as said:
            await until(lambda said=said: bool(said), words)  # type: ignore[misc]
            await asyncio.sleep(0.6)
        assert words in said[0]
        assert len(said) == 1
        assert "canary" not in said[0]


async def test_a_thousand_hostile_payloads_do_nothing(plain: Mosquitto) -> None:
    draw, room = random.Random(7), QuietRoom()
    async with outside(plain) as stranger, linked(place(plain), room):
        await until(lambda: state(stranger) == "ready", "the room is there")
        for number in range(1000):
            verb = draw.choice(["ease", "stay", "silence", "next_phase", "dose", "%00", "é"])
            await stranger.client.publish(f"calando/v1/site/room1/cmd/{verb}", _hostile(draw, number), qos=0)
        await stranger.ask("room1", "ease", "last")
        await until(lambda: bool(acts(room)), "the last, which is well")
    assert acts(room) == [Act.EASE]


def _hostile(draw: random.Random, number: int) -> bytes:
    """Bytes, broken JSON, and JSON that is nearly a request."""
    nearly = {"id": f"h{number}", "by": "desk", "expires_at": unix_s() + 4}
    spoiled = {
        "id": draw.choice(["", "a b", None, 7, "x" * 65, ["a"]]),
        "by": draw.choice(["", "Desk", "../x", None, 3, "a" * 33]),
        "expires_at": draw.choice([0, -1, 1e308, "now", None, True, 9e99, unix_s() + 3600]),
    }
    key = draw.choice(list(spoiled))
    return draw.choice(
        [
            draw.randbytes(draw.randrange(200)),
            json.dumps(nearly).encode()[: draw.randrange(40)],
            json.dumps({**nearly, key: spoiled[key]}).encode(),
            json.dumps([nearly]).encode(),
            json.dumps({**nearly, "pad": "x" * 2000}).encode(),
        ]
    )
