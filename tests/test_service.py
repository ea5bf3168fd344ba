"""As a service the room tells systemd that it is ready, that it folds, and that it stops; and the unit is a unit."""

import asyncio
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.inputs import Input, Stamped
from engine.news import Hear
from engine.output.places import SERVICE_FOLDER
from engine.service import ServiceWatch, Systemd, service_watch, standing_by
from engine.session import Folded
from tests.parts import needs

UNIT = Path(__file__).resolve().parents[1] / "configs" / "calando.service"
TICK = Folded(tick=0, epoch=0, events=(), cues=(), decision=None, tempo_bpm=57.0, beat=0.0)


class QuietRoom:
    """A room that folds when the test says so."""

    def __init__(self) -> None:
        self.hear: Hear = lambda _: None

    def now_s(self) -> float:
        return 0.0

    def submit(self, given: Input) -> Stamped:
        return Stamped(0, 0, given)

    def subscribe(self, hear: Hear) -> Callable[[], None]:
        self.hear = hear
        return lambda: None


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket that systemd would listen on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def said(listener: socket.socket) -> list[str]:
    words = []
    try:
        while True:
            words.append(listener.recv(100).decode())
    except BlockingIOError:
        return words


@pytest.mark.asyncio
@pytest.mark.virtual_time
async def test_a_room_that_folds_feeds_the_watchdog_and_a_stuck_one_starves_it(systemd: socket.socket) -> None:
    room, watch = QuietRoom(), ServiceWatch(Systemd(systemd.getsockname(), every_s=3.0))
    serving = asyncio.create_task(watch.run(room))
    await asyncio.sleep(0.1)
    assert said(systemd) == ["READY=1"]
    room.hear(TICK)
    await asyncio.sleep(3.0)
    assert said(systemd) == ["WATCHDOG=1"]
    await asyncio.sleep(30.0)
    assert said(systemd) == []
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    assert said(systemd) == ["STOPPING=1"]


@pytest.mark.asyncio
@pytest.mark.virtual_time
async def test_a_systemd_that_is_gone_harms_nobody(tmp_path: Path) -> None:
    serving = asyncio.create_task(ServiceWatch(Systemd(str(tmp_path / "nobody"), every_s=1.0)).run(QuietRoom()))
    await asyncio.sleep(5.0)
    assert not serving.done()
    serving.cancel()


def test_only_where_systemd_asks_is_it_told() -> None:
    assert service_watch({}) == ()
    (watch,) = service_watch({"NOTIFY_SOCKET": "@abstract", "WATCHDOG_USEC": "9000000"})
    assert isinstance(watch, ServiceWatch)
    assert watch._systemd == Systemd("@abstract", 3.0)


def test_an_abstract_socket_is_told_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(b"\0calando-test-%d" % os.getpid())
        listener.setblocking(False)
        Systemd(f"@calando-test-{os.getpid()}", 1.0).tell("READY=1")
        assert said(listener) == ["READY=1"]


@pytest.mark.asyncio
@pytest.mark.virtual_time
@pytest.mark.parametrize(("ready", "first"), [(True, ["READY=1"]), (False, [])])
async def test_while_staff_or_a_strap_are_awaited_the_watchdog_is_fed(
    systemd: socket.socket, ready: bool, first: list[str]
) -> None:
    environment = {"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": "9000000"}
    async with standing_by(ready=ready, environment=environment):
        await asyncio.sleep(0.1)
        assert said(systemd) == [*first, "WATCHDOG=1"]
        await asyncio.sleep(6.0)
        assert said(systemd) == ["WATCHDOG=1"] * 2
    await asyncio.sleep(30.0)
    assert said(systemd) == []


@pytest.mark.asyncio
@pytest.mark.virtual_time
async def test_where_no_systemd_asks_a_wait_is_just_a_wait() -> None:
    async with standing_by(ready=True, environment={}):
        assert len(asyncio.all_tasks()) == 1


@needs("systemd-analyze")
def test_the_unit_is_one(tmp_path: Path) -> None:
    here = tmp_path / "calando.service"
    here.write_text(UNIT.read_text().replace("/opt/calando/bin/calando", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(here)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_lets_the_guardian_fade_before_anything_is_killed() -> None:
    unit = UNIT.read_text()
    assert "KillMode=mixed" in unit
    assert 'kill -s TERM "$MAINPID"' in unit
    assert "sleep 3" in unit.split("ExecStop=")[1].splitlines()[0]


def test_the_unit_awaits_staff_on_a_page_that_stays_where_it_is_and_comes_back() -> None:
    unit = UNIT.read_text()
    assert " run --setup --web 127.0.0.1:8437 " in unit
    assert "Restart=always" in unit.splitlines()


def test_the_unit_lets_its_group_silence_the_room_and_read_nothing() -> None:
    unit = UNIT.read_text().splitlines()
    assert {"Group=calando", "RuntimeDirectoryMode=0750", "StateDirectoryMode=0700"} <= set(unit)
    (environment,) = [line for line in unit if line.startswith("Environment=")]
    assert f"XDG_RUNTIME_DIR={SERVICE_FOLDER.parent}" in environment
