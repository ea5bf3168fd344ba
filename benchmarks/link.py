"""What a broker can do to a room: its fold's lateness while mosquitto is killed, frozen and absent, and what arrives.

``python -m benchmarks.link [--json] [--kills N] [--seconds S]``. The room folds a simulated listener on the real clock
into a rehearsed output; lateness is how long after its time each tick was folded (the guardian sends 500 ms after it).
"""

import argparse
import asyncio
import json
import random
import signal
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import aiomqtt

from benchmarks.report import OURS, Condition, Results, print_report
from engine import clock
from engine.config import load
from engine.inputs import Act, Command
from engine.link.mqtt import MqttBroker
from engine.link.mqtt_link import MqttLink
from engine.link.place import BrokerPlace
from engine.link.publication import Topics
from engine.link.report import Reporter
from engine.midi import TICK_S
from engine.news import News
from engine.output.rehearsal import RehearsedOutput
from engine.record.folder import wall_time
from engine.room import LOOK_AHEAD_TICKS, Room
from engine.session import Folded, Session, Setup
from sensors.played import PlayedRecording
from sensors.simulated import SimulatedListener
from tests.link.mosquitto import Mosquitto, mosquitto

TOPICS = Topics("site", "bench")
TOLD = ("$state", "$info", "session", "hr", "arousal", "music")
Happening = Callable[[Mosquitto], Awaitable[Results]]


@dataclass(slots=True)
class Watched:
    """A live room and how late each of its ticks was folded."""

    room: Room
    late_ms: list[float] = field(default_factory=list)

    def hear(self, news: News) -> None:
        """One more tick."""
        if isinstance(news, Folded):
            due_s = (news.tick - LOOK_AHEAD_TICKS + 1) * TICK_S
            self.late_ms.append(1000 * max(0.0, self.room.now_s() - due_s))

    @property
    def results(self) -> Results:
        """Without the first second, which folds the look-ahead at once."""
        late = self.late_ms[2 * LOOK_AHEAD_TICKS :]
        return {
            "late_median_ms": median(late),
            "late_p99_ms": quantiles(late, n=100)[98],
            "late_most_ms": max(late),
            "ticks": len(late),
        }


def a_room(port: int | None) -> Watched:
    """A room that plays, linked to a broker at this port where there is one."""
    link = None
    if port is not None:
        broker = MqttBroker(BrokerPlace("127.0.0.1", port), TOPICS)
        reporter, unix_s = Reporter(TOPICS, "bench"), lambda: wall_time().timestamp()
        link = MqttLink(TOPICS, broker, reporter, unix_s, random.Random(1), lambda _: None, "bench")
    room = Room(
        Session(Setup(load("default"), 1)),
        RehearsedOutput(clock.now_s),
        clock.now_s,
        PlayedRecording(SimulatedListener("distress", 1)),
        attached=(link,) if link else (),
    )
    watched = Watched(room)
    room.subscribe(watched.hear)
    room.submit(Command(Act.PLAY_ON, "start"))
    return watched


async def condition(happening: Happening | None, seconds: float) -> Results:
    """Let a room live while something happens to its broker, or for so long."""
    with tempfile.TemporaryDirectory() as folder, mosquitto(Path(folder)) as broker:
        watched = a_room(broker.port if happening else None)
        living = asyncio.create_task(watched.room.run())
        if happening:
            await asyncio.sleep(1.5)
            told = await happening(broker)
        else:
            await asyncio.sleep(seconds)
            told = {}
        living.cancel()
        with suppress(asyncio.CancelledError):
            await living
    return {**watched.results, **told}


async def told_again(port: int, patience_s: float = 15.0) -> set[str]:
    """Which topics a newcomer is told within the time."""
    heard: set[str] = set()
    with suppress(TimeoutError, aiomqtt.MqttError):
        async with asyncio.timeout(patience_s), aiomqtt.Client("127.0.0.1", port) as client:
            await client.subscribe(f"{TOPICS.root}/#", qos=1)
            async for message in client.messages:
                json.loads(message.payload if isinstance(message.payload, bytes) else b"")
                heard.add(str(message.topic).removeprefix(f"{TOPICS.root}/"))
                if heard >= set(TOLD):
                    break
    return heard


def killed(times: int) -> Happening:
    """Killed and started again so often; after each return every topic must be told."""

    async def happen(broker: Mosquitto) -> Results:
        complete = 0
        for _ in range(times):
            broker.signal(signal.SIGKILL)
            await asyncio.to_thread(broker.kill)
            await asyncio.to_thread(broker.start)
            complete += await told_again(broker.port) >= set(TOLD)
        return {"kills": times, "returns_with_every_topic": complete}

    return happen


def frozen(seconds: float) -> Happening:
    """Stopped, with its sockets open."""

    async def happen(broker: Mosquitto) -> Results:
        broker.signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        broker.signal(signal.SIGCONT)
        return {"back_with_every_topic": await told_again(broker.port) >= set(TOLD)}

    return happen


def asked(seconds: float) -> Happening:
    """Up, and asked for something twice a second: how long until the answer *done*."""

    async def happen(broker: Mosquitto) -> Results:
        took_ms: list[float] = []
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe(TOPICS.of("ack/desk"), qos=1)
            for number in range(int(2 * seconds)):
                told = {"id": f"n{number}", "by": "desk", "expires_at": wall_time().timestamp() + 4}
                start_s = clock.now_s()
                await client.publish(TOPICS.of("cmd/ease"), json.dumps(told), qos=1)
                async with asyncio.timeout(5.0):
                    await anext(aiter(client.messages))
                took_ms.append(1000 * (clock.now_s() - start_s))
                await asyncio.sleep(0.5)
        return {"done_median_ms": median(took_ms), "done_most_ms": max(took_ms)}

    return happen


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=15.0)
    options = parser.parse_args()
    happenings: dict[str, Happening | None] = {
        "no link": None,
        "broker up, a request twice a second": asked(options.seconds),
        f"broker killed {options.kills} times": killed(options.kills),
        "broker frozen": frozen(options.seconds),
    }
    conditions = [
        Condition(name, {OURS: asyncio.run(condition(happening, options.seconds))})
        for name, happening in happenings.items()
    ]
    print_report("link", conditions, as_json=options.json)


if __name__ == "__main__":
    main()
