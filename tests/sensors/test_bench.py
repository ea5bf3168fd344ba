"""The bench is a stand-in that can be trusted: alone on its bus, gone afterwards, and able to carry any heart."""

import os
import sys
from pathlib import Path

import pytest

from sensors.bench import Bench, FakeStrap, heart_of
from sensors.bench.__main__ import main
from sensors.bench.bus import SYSTEM_BUS_ADDRESS
from sensors.heart import HeartPacket
from sensors.heart_rate_service import decode
from sensors.simulated import SimulatedListener
from tests.parts import needs
from tests.sensors.strap_room import heard


def test_the_simulated_listener_speaks_as_a_strap() -> None:
    recording = SimulatedListener("calm", 1)
    told = [event for event in SimulatedListener("calm", 1).pull(60.0) if isinstance(event, HeartPacket)]
    turns = heart_of(recording)
    spoken = [payload for _ in range(60) for payload in next(turns)]
    read = [decode(payload, packet.arrival_s) for payload, packet in zip(spoken, told, strict=True)]
    assert read == told


@needs("dbus-daemon")
@pytest.mark.asyncio
async def test_a_listener_is_heard_through_the_air() -> None:
    strap = FakeStrap("Polar H10 00000001", "AA:BB:CC:DD:EE:01", heart_of(SimulatedListener("calm", 1)), 0.02)
    async with Bench(strap), heard() as ear:
        await ear.until(lambda: len(ear.packets) >= 30)
    told = [event for event in SimulatedListener("calm", 1).pull(60.0) if isinstance(event, HeartPacket)]
    assert [packet.rr_ticks for packet in ear.packets[:30]] == [packet.rr_ticks for packet in told[:30]]


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
