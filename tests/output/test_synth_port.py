"""The built-in synth as an output that may die: what is said of it is so, and it is not started for ever."""

import select
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import DeviceNotFoundError
from engine.midi import control, note_on
from engine.output import outputs as outputs_module
from engine.output.duty import Guardian
from engine.output.guard import Guard
from engine.output.outputs import Outputs, SynthPort
from engine.output.protocol import Beat, Cued, Events, Inherit, encode_order
from tests.output.desk import Clock
from tests.output.live import wait_until

SYNTH = """
import os, sys, time
with open("starts", "a") as starts:
    starts.write("x")
if os.path.exists("no device"):
    sys.stderr.write("no device")
    sys.exit(3)
while os.path.exists("slow"):
    time.sleep(0.005)
os.write(1, b"ready\\n")
while os.read(0, 4096):
    pass
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a synth is played; a file ``no device`` takes its device, a file ``slow`` makes it wait."""
    (tmp_path / "synth.py").write_text(SYNTH)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(outputs_module, "SYNTH", (sys.executable, "-S", "synth.py"))
    return tmp_path


class Room:
    """A guardian with one synth; each look finds the last start's fate decided."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.said: list[dict[str, object]] = []
        self.outputs = Outputs(("synth",), self.clock)
        self.guardian = Guardian(Guard(channels=(0,)), self.outputs, self.clock, self.said.append)
        (feed,) = self.outputs._feeds
        assert isinstance(feed.port, SynthPort)
        self.synth = feed.port
        self.tell(Inherit(()))

    def tell(self, *orders: Beat | Cued | Events | Inherit) -> None:
        for order in orders:
            self.guardian.hear(encode_order(order))

    def play(self) -> None:
        now_s = self.clock.now_s
        self.tell(Cued(1, None, 0), Events(1, ((now_s + 0.15, control(0, 11, 20)), (now_s + 0.25, note_on(0, 60, 40)))))
        self.pass_s(1)

    def pass_s(self, seconds: int, decided: Callable[[], object] = lambda: None) -> None:
        for _ in range(seconds * 10):
            self.clock.now_s += 0.1
            self.tell(Beat())
            self.guardian.work()
            decided()

    def die(self) -> None:
        self.synth._process.kill()
        self.synth._process.wait()

    def is_decided(self) -> bool:
        """Whether the synth has said its word, or need not."""
        pipe = self.synth._process.stdout
        return not self.synth._is_starting or pipe is None or bool(select.select([pipe], [], [], 0.0)[0])

    def states(self) -> list[tuple[object, object]]:
        return [(said["state"], said["why"]) for said in self.said if "state" in said]


LOST = "The built-in synth stopped and is started again; see that a sound device is there."
BACK = "the built-in synth is back; play on when you are ready"


@pytest.mark.parametrize("playing", [True, False], ids=["while it plays", "in silence"])
def test_a_synth_whose_device_is_gone_for_good_is_told_once_and_is_never_back(folder: Path, *, playing: bool) -> None:
    room = Room()
    if playing:
        room.play()
    (folder / "no device").touch()
    room.die()
    room.pass_s(60, decided=lambda: room.synth._process.wait(20))
    assert [kind for kind, _ in room.states()] == ["ready", "port_lost"]
    assert len((folder / "starts").read_text()) <= 7, "a machine without a device has better things to do"
    room.outputs.close()


def test_a_synth_is_back_when_it_says_so_and_nothing_is_waited_for(folder: Path) -> None:
    room = Room()
    room.play()
    (folder / "slow").touch()
    room.die()
    room.pass_s(1)
    wait_until(lambda: (folder / "starts").read_text() == "xx", "another")
    room.pass_s(20)
    assert room.states()[1:] == [("port_lost", LOST)]
    assert (folder / "starts").read_text() == "xx", "one that is on its way is waited for"
    (folder / "slow").unlink()
    wait_until(room.is_decided, "its word")
    room.pass_s(5)
    assert room.states()[2:] == [("silenced", BACK)]
    room.outputs.close()


def test_a_synth_that_hangs_as_it_starts_is_given_up_for_another(folder: Path) -> None:
    room = Room()
    room.play()
    (folder / "slow").touch()
    room.die()
    room.pass_s(1)
    hangs = room.synth._process
    room.pass_s(50)
    assert hangs.poll() is not None
    (folder / "slow").unlink()
    room.pass_s(40, decided=lambda: wait_until(room.is_decided, "its word"))
    assert room.states()[-1] == ("silenced", BACK)
    room.outputs.close()


def test_a_synth_that_says_nothing_as_it_first_starts_is_not_taken_for_ready(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs_module, "SYNTH_READY_S", 0.2)
    (folder / "slow").touch()
    with pytest.raises(DeviceNotFoundError, match="There is no sound from the built-in synth"):
        SynthPort()
