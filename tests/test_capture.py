"""``calando capture`` keeps what a strap sent and when, and the file is heard again as it was."""

import asyncio
import contextlib
import itertools
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.cli import main
from sensors.bench import Bench, FakeStrap
from sensors.heart import HeartPacket, LinkState
from sensors.heart_rate_service import decode, encode
from sensors.replay import Replay
from tests.calls import ROOT, Answer, call, command, home
from tests.parts import needs

NAME, ADDRESS = "Polar H10 1A2B3C4D", "AA:BB:CC:DD:EE:01"
GARBAGE = b"\x10"


def a_strap() -> FakeStrap:
    """It sends an interval that is longer by a tick each time, and every fifth time bytes that mean nothing."""
    turns = itertools.count(1)
    heart = (
        (GARBAGE,) if turn % 5 == 0 else (encode(HeartPacket(0.0, 70, (800 + turn, 900 + turn))),) for turn in turns
    )
    return FakeStrap(NAME, ADDRESS, heart, packet_every_s=0.1)


@asynccontextmanager
async def capturing(folder: Path, *arguments: object) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command in a process of its own, on this test's bus."""
    env = {**home(folder), "DBUS_SYSTEM_BUS_ADDRESS": os.environ["DBUS_SYSTEM_BUS_ADDRESS"], "PYTHONUNBUFFERED": "1"}
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *command("capture", *arguments), stdout=pipe, stderr=pipe, cwd=folder, env={**env, "PYTHONPATH": str(ROOT)}
    )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def answer(child: asyncio.subprocess.Process) -> Answer:
    async with asyncio.timeout(30):
        out, err = await child.communicate()
    assert child.returncode is not None
    return Answer(child.returncode, out.decode(), err.decode())


async def said(child: asyncio.subprocess.Process, words: str) -> str:
    """Wait until it has said so; everything it said."""
    assert child.stdout is not None
    heard = ""
    async with asyncio.timeout(30):
        while words not in heard:
            line = (await child.stdout.readline()).decode()
            assert line, heard
            heard += line
    return heard


def payloads(file: Path) -> list[bytes]:
    heading, *lines = file.read_text().splitlines()
    assert heading == "arrival_s,payload"
    return [bytes.fromhex(line.partition(",")[2]) for line in lines]


def captured_packets(file: Path) -> list[HeartPacket]:
    return [packet for payload in payloads(file) if isinstance(packet := decode(payload, 0.0), HeartPacket)]


@pytest.mark.asyncio
@needs("dbus-daemon")
async def test_every_payload_is_kept_told_and_heard_again_as_it_was(tmp_path: Path) -> None:
    strap, file = a_strap(), tmp_path / "bug.csv"
    async with Bench(strap), capturing(tmp_path, "1A2B3C4D", "-o", file, "--seconds", "3") as child:
        done = await answer(child)
        assert not strap.connected
    assert (done.code, done.err) == (0, "")
    packets = captured_packets(file)
    assert len(packets) >= 8
    assert payloads(file).count(GARBAGE) >= 2
    assert [packet.rr_ticks[0] for packet in packets] == [801 + turn for turn in range(200) if (turn + 1) % 5][
        : len(packets)
    ]
    for words in (NAME, "Bench strap, firmware 1.0, chest, battery 87 %", "heart 70  RR 782, 880 ms", "streaming(rr)"):
        assert words in done.out
    assert (
        f"{len(packets)} packets, {payloads(file).count(GARBAGE)} payloads that are no measurement. File: {file}"
        in (done.out)
    )

    replayed = Replay.open(file).events
    assert [each.rr_ticks for each in replayed if isinstance(each, HeartPacket)] == [each.rr_ticks for each in packets]
    assert [each.link for each in replayed if isinstance(each, LinkState)] == ["streaming(rr)"]
    rendered = call("render", "--heart", f"replay:{file}", "-o", tmp_path / "again.mid", folder=tmp_path)
    assert (rendered.code, (tmp_path / "again.mid").is_file()) == (0, True)


@pytest.mark.asyncio
@needs("dbus-daemon")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
async def test_whoever_ends_it_keeps_the_file_and_frees_the_strap(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    strap = a_strap()
    async with Bench(strap), capturing(tmp_path) as child:
        await said(child, "heart 70")
        child.send_signal(number)
        done = await answer(child)
        assert not strap.connected
    (file,) = tmp_path.glob("capture_*.csv")
    assert (done.code, done.err.strip()) == (code, "")
    assert f"File: {file.name}" in done.out
    assert captured_packets(file)


@pytest.mark.asyncio
@needs("dbus-daemon")
async def test_the_file_names_nobody(tmp_path: Path) -> None:
    file = tmp_path / "bug.csv"
    async with Bench(a_strap()), capturing(tmp_path, ADDRESS, "-o", file, "--seconds", "1") as child:
        await answer(child)
    assert not any(word in file.read_text() for word in ("Polar", "1A2B3C4D", ADDRESS))


@pytest.mark.asyncio
@needs("dbus-daemon")
async def test_a_strap_that_sends_nothing_is_told_so(tmp_path: Path) -> None:
    strap = a_strap()
    strap.silent = True
    async with Bench(strap), capturing(tmp_path, ADDRESS, "--seconds", "1.5") as child:
        done = await answer(child)
    assert done.code == 4
    assert f"{NAME} was found but sent no heartbeat" in done.sentence


@pytest.mark.asyncio
@needs("dbus-daemon")
@pytest.mark.parametrize(("place", "why"), [("/dev/full", "No space left"), ("no/such/folder/a.csv", "No such file")])
async def test_a_place_that_cannot_be_written_is_told(place: str, why: str, tmp_path: Path) -> None:
    strap = a_strap()
    async with Bench(strap), capturing(tmp_path, ADDRESS, "-o", place) as child:
        done = await answer(child)
        assert not strap.connected
    assert done.code == 1
    assert place in done.sentence
    assert why in done.sentence


@pytest.mark.asyncio
@needs("dbus-daemon")
async def test_an_earlier_capture_is_never_written_over(tmp_path: Path) -> None:
    earlier = tmp_path / "bug.csv"
    earlier.write_text("something that somebody needs")
    async with Bench(a_strap()), capturing(tmp_path, ADDRESS, "-o", earlier) as child:
        done = await answer(child)
    assert done.code == 1
    assert f"{earlier} cannot be written: File exists. Choose another place with -o." in done.sentence
    assert earlier.read_text() == "something that somebody needs"


def test_without_bluetooth_no_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["capture"])
    assert ended.value.code == 3
    assert not list(tmp_path.iterdir())
