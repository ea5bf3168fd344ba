"""A pedal pressed in a dim room: learned once, heard at once, and never twice for one foot."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from engine.cli import cli
from engine.commands.pads import learned
from engine.errors import DeviceNotFoundError
from engine.inputs import Act, Command, Input, Stamped
from engine.midi import control, note_off, note_on
from engine.news import Hear
from engine.pads import ASKED, Pads, Press, Presses, pressed, recall_pads, remember_pads
from engine.pads_attached import AttachedPads
from tests.output.live import first_line, jack_server, running
from tests.parts import needs

PEDAL, PAD = Press(0xB0, 80), Press(0x99, 36)


@pytest.fixture(autouse=True)
def own_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda _: str(tmp_path / "config"))


def test_a_press_is_a_note_that_begins_a_controller_that_goes_down_or_a_program() -> None:
    assert pressed(note_on(9, 36, 5)) == PAD
    assert pressed(control(0, 80, 127)) == PEDAL
    assert pressed(b"\xc0\x05") == Press(0xC0, 5)
    for nothing in (note_off(9, 36), note_on(9, 36, 0), control(0, 80, 10), control(0, 123, 127), b"\xf8", b""):
        assert pressed(nothing) is None


def test_a_bouncing_contact_is_one_press_and_a_held_pedal_that_repeats_itself_too() -> None:
    presses = Presses()
    assert presses.hear(0.0, control(0, 80, 127)) == PEDAL
    assert presses.hear(0.01, control(0, 80, 0)) is None
    assert presses.hear(0.02, control(0, 80, 127)) is None
    assert presses.hear(5.0, control(0, 80, 127)) is None
    assert presses.hear(5.1, control(0, 80, 0)) is None
    assert presses.hear(6.0, control(0, 80, 127)) == PEDAL


@given(st.lists(st.tuples(st.floats(0, 3), st.binary(max_size=4)), max_size=40))
def test_whatever_comes_in_no_two_presses_of_a_pad_are_close(stream: list[tuple[float, bytes]]) -> None:
    presses, now_s, last_s = Presses(), 0.0, dict[Press, float]()
    for gap_s, data in stream:
        now_s += gap_s
        press = presses.hear(now_s, data)
        if press is not None:
            assert now_s - last_s.get(press, -1.0) >= 0.3
            last_s[press] = now_s


def test_pads_are_remembered_for_their_room_alone() -> None:
    pads = Pads("Foot", {PEDAL: Act.SILENCE, PAD: Act.EASE})
    remember_pads("blue", pads)
    assert recall_pads("blue") == pads
    assert recall_pads("green") is None


def test_each_act_is_learned_by_a_press_and_no_press_asks_for_two_things() -> None:
    pressing = iter([PEDAL, PEDAL, PAD, None, None, None])
    said: list[str] = []
    assert learned(lambda: next(pressing), said.append) == {PEDAL: Act.SILENCE, PAD: Act.EASE}
    assert "Controller 80 on channel 1: silence." in said
    assert any("already asks for silence" in sentence for sentence in said)


@dataclass
class Foot:
    """A fake pedal board that may be unplugged."""

    plugged: bool = True
    hear: Callable[[bytes], None] = lambda _: None
    opened: int = 0

    def open(self, _port: str, hear: Callable[[bytes], None]) -> "Foot":
        if not self.plugged:
            raise DeviceNotFoundError("not there")
        self.hear = hear
        self.opened += 1
        return self

    def is_there(self) -> bool:
        return self.plugged

    def close(self) -> None:
        pass


@dataclass
class FakeRoom:
    """Takes commands as a room does."""

    now: Callable[[], float]
    acts: list[tuple[Act, str]] = field(default_factory=list)
    hears: list[Hear] = field(default_factory=list)

    def now_s(self) -> float:
        return self.now()

    def submit(self, given: Input) -> Stamped:
        stamped = Stamped(0, len(self.acts), given)
        if isinstance(given, Command):
            self.acts.append((given.act, given.by))
        for hear in self.hears:
            hear(stamped)
        return stamped

    def subscribe(self, hear: Hear) -> Callable[[], None]:
        self.hears.append(hear)
        return lambda: self.hears.remove(hear)


@pytest.mark.asyncio
@pytest.mark.virtual_time
async def test_a_pedal_holds_lets_go_survives_its_cable_and_is_told_of_once() -> None:
    foot, said = Foot(), list[str]()
    room = FakeRoom(asyncio.get_running_loop().time)
    pads = Pads("Foot", {PEDAL: Act.STAY, PAD: Act.SILENCE})
    task = asyncio.create_task(AttachedPads(pads, foot.open, said.append).run(room))

    async def press(data: bytes, release: bytes) -> None:
        foot.hear(data)
        foot.hear(release)
        await asyncio.sleep(1.5)

    await asyncio.sleep(0.1)
    await press(control(0, 80, 127), control(0, 80, 0))
    await press(control(0, 80, 127), control(0, 80, 0))
    foot.plugged = False
    await asyncio.sleep(10)
    foot.plugged = True
    await asyncio.sleep(2)
    await press(note_on(9, 36, 90), note_off(9, 36))
    await press(note_on(9, 37, 90), note_off(9, 37))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert room.acts == [(Act.STAY, "pad"), (Act.MOVE_ON, "pad"), (Act.SILENCE, "pad")]
    assert said == [
        "The pads on Foot are listened to.",
        "The pads on Foot are not there; plug them in again.",
        "The pads on Foot are listened to.",
    ]
    assert room.hears == []


def test_the_command_line_tells_what_a_room_has_and_forgets_it() -> None:
    runner = CliRunner()
    assert "has no pads" in runner.invoke(cli, ["pads"]).output
    remember_pads("room", Pads("Foot", {PAD: Act.EASE, PEDAL: Act.SILENCE}))
    told = runner.invoke(cli, ["pads"]).output
    assert told.index("controller 80") < told.index("note 36 on channel 10: ease")
    assert '"act": "silence"' in runner.invoke(cli, ["pads", "--json"]).output
    assert "Forgotten" in runner.invoke(cli, ["pads", "--forget"]).output
    assert recall_pads("room") is None


PEDAL_BOARD = """
import rtmidi, sys
board = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="foot")
board.open_virtual_port("out")
print("open", flush=True)
for line in sys.stdin:
    board.send_message(list(bytes.fromhex(line)))
"""


@needs("jackd")
def test_presses_are_learned_from_a_real_port() -> None:
    with jack_server() as server:
        env = {"JACK_DEFAULT_SERVER": server}
        command = (sys.executable, "-c", PEDAL_BOARD)
        pipe = subprocess.PIPE
        with (
            subprocess.Popen(command, env={**os.environ, **env}, stdin=pipe, stdout=pipe, text=True) as board,
            contextlib.closing(board.stdin or sys.stdin) as foot,
        ):
            first_line(board)
            with running(sys.executable, "-m", "tests.pads_learner", env=env) as learner:
                for data, words in ((b"\xb0\x50\x7f", "silence"), (b"\x99\x24\x40", "ease")):
                    assert words in first_line(learner)
                    foot.write(data.hex() + "\n")
                    foot.flush()
                    assert words in first_line(learner)


def test_every_act_that_can_be_learned_has_its_words() -> None:
    assert list(ASKED) == [Act.SILENCE, Act.EASE, Act.STAY, Act.NEXT_PHASE, Act.PLAY_ON]
