"""The bench is a stand-in that can be trusted: alone on its bus, gone afterwards, and able to carry any heart."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from sensors.bench import Bench, worn
from sensors.bench.__main__ import main
from sensors.bench.bus import SYSTEM_BUS_ADDRESS
from sensors.heart import HeartPacket, Link
from sensors.link_watch import Patience
from sensors.simulated import SimulatedListener
from tests.parts import needs
from tests.sensors.strap_room import bench_strap, heard

SPEED = 10.0
QUICK = Patience(stall_s=0.5, longest_stall_s=0.5, hr_only_s=1.0)


def intervals(story: str, until_s: float) -> list[tuple[int, ...]]:
    """What the listener of a story tells on its own, packet by packet."""
    events = SimulatedListener(story, 1).pull(until_s)
    return [event.rr_ticks for event in events if isinstance(event, HeartPacket)]


@needs("dbus-daemon")
@pytest.mark.asyncio
async def test_a_listener_is_heard_through_the_air_packet_for_packet() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench, worn(bench, strap, SimulatedListener("calm", 1), speed=30.0), heard() as ear:
        await ear.until(lambda: len(ear.packets) >= 30)
    told, came = intervals("calm", 120.0), [packet.rr_ticks for packet in ear.packets[:30]]
    assert came in [told[first : first + 30] for first in range(len(told))]


@needs("dbus-daemon")
@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("story", "from_s", "links"),
    [
        ("dropout", 470.0, [Link.LOST, Link.SEARCHING, Link.CONNECTING, Link.STREAMING_RR]),
        ("stall", 530.0, [Link.STALLED, Link.LOST, Link.SEARCHING, Link.CONNECTING]),
        ("contact-loss", 530.0, [Link.NO_CONTACT, Link.STREAMING_RR]),
        ("hr-only", 100.0, []),
    ],
)
async def test_what_a_story_does_to_its_strap_happens_in_the_air(story: str, from_s: float, links: list[Link]) -> None:
    strap, listener = bench_strap(), SimulatedListener(story, 1)
    first = Link.STREAMING_HR_ONLY if story == "hr-only" else Link.STREAMING_RR
    expected = [Link.SEARCHING, Link.CONNECTING, first, *links]
    async with (
        Bench(strap) as bench,
        worn(bench, strap, listener, from_s=from_s, speed=SPEED),
        heard(patience=QUICK) as ear,
    ):
        await ear.until(lambda: len(ear.links) >= len(expected))
    assert ear.links[: len(expected)] == expected


@needs("dbus-daemon")
@pytest.mark.asyncio
async def test_a_heart_beats_on_while_the_daemon_is_dead() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench, worn(bench, strap, SimulatedListener("calm", 1), speed=SPEED), heard() as ear:
        await ear.packet()
        before = len(ear.packets)
        await bench.kill_daemon()
        await asyncio.sleep(1.0)
        await bench.start_daemon()
        await ear.packet()
    told = intervals("calm", 300.0)
    assert told.index(ear.packets[before].rr_ticks) - told.index(ear.packets[before - 1].rr_ticks) > SPEED


@needs("dbus-daemon")
@pytest.mark.asyncio
async def test_the_bench_leaves_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SYSTEM_BUS_ADDRESS, "unix:path=/elsewhere")
    async with Bench() as bench:
        folder = Path(os.environ[SYSTEM_BUS_ADDRESS].removeprefix("unix:path=")).parent
        assert folder.is_dir()
        assert bench.calls == []
    assert os.environ[SYSTEM_BUS_ADDRESS] == "unix:path=/elsewhere"
    assert not folder.exists()


FIND = "import asyncio; from sensors.strap import find; print(asyncio.run(find(None, 5.0, settle_s=0.2)).name)"


@needs("dbus-daemon")
def test_a_command_runs_beside_a_strap(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--name", "Bench 7", "--", sys.executable, "-c", FIND]) == 0
    assert capfd.readouterr().out == "Bench 7\n"


@needs("dbus-daemon")
def test_the_exit_code_is_the_command_s() -> None:
    assert main(["--", sys.executable, "-c", "raise SystemExit(3)"]) == 3


@needs("dbus-daemon")
@pytest.mark.parametrize("words", [["--story", "bliss", "--", "true"], ["--", "no-such-program"]])
def test_what_cannot_be_run_gets_one_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1
