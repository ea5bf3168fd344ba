"""From a strap on the air to a synth on JACK: every part real but the radio and the driver."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine import clock
from engine.attachment import RoomAccess
from engine.decision import Decision
from engine.hearts import parse_heart
from engine.inputs import Act, Command
from engine.live import Lived, LivePlan, LiveSession
from engine.midi import MidiEvent, is_note_on
from engine.offline import new_writer
from engine.output.ports import read_recording
from engine.record.folder import new_folder
from engine.record.meta import setup_of
from engine.record.recorded import read
from engine.session import Session
from sensors.bench import Bench, FakeStrap
from tests.output.live import Wire, jack_server, receiver
from tests.parts import needs
from tests.session.sessions import a_setup
from tests.stream_checker import StreamChecker

STRAP = FakeStrap("Polar H10 1A2B3C4D", "AA:BB:CC:DD:EE:01", packet_every_s=0.5)
PLAYS_S = 12.0


class Finger:
    """Somebody who presses *silence* after a while, and then *end*; ``pressed_s`` is when."""

    pressed_s = 0.0

    def press(self, room: RoomAccess) -> None:
        self.pressed_s = clock.now_s()
        room.submit(Command(Act.SILENCE, "key"))
        room.submit(Command(Act.END, "key"))

    @contextmanager
    def keys(self, room: RoomAccess, _: Callable[[str], None]) -> Iterator[None]:
        asyncio.get_running_loop().call_later(PLAYS_S, self.press, room)
        yield


async def live(folder: Path, finger: Finger, told: list[str], decisions: list[Decision]) -> Lived:
    plan = LivePlan(a_setup(), parse_heart("ble:1A2B3C4D"), None, ("midi:recv",), "live-path", (), None)
    session = LiveSession(plan, lambda: new_folder(folder, "live"), told.append, decisions.append, finger.keys)
    async with Bench(STRAP):
        return await session.run()


@pytest.mark.asyncio
@needs("dbus-daemon")
@needs("jackd")
async def test_a_strap_is_heard_and_the_synth_hears_every_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finger, told = Finger(), list[str]()
    decisions: list[Decision] = []
    with jack_server() as server:
        monkeypatch.setenv("JACK_DEFAULT_SERVER", server)
        with receiver(tmp_path / "heard"):
            lived = await live(tmp_path, finger, told, decisions)
            heard = read_recording(tmp_path / "heard")

    assert decisions[-1].estimate.hr_bpm == pytest.approx(72, abs=2)
    recorded = read(lived.folder.journal)
    _synth_heard_all(heard, recorded.events)
    _checked(heard, finger.pressed_s)
    assert _folded_again(lived) == recorded.events


def _synth_heard_all(heard: Wire, composed: tuple[MidiEvent, ...]) -> None:
    played = [event.data for event in composed if is_note_on(event.data) and event.time_s < PLAYS_S - 0.2]
    arrived = [data for _, data in heard if is_note_on(data)]
    assert len(played) >= 4
    assert arrived[: len(played)] == played


def _checked(heard: Wire, pressed_s: float) -> None:
    checker, told = StreamChecker(), False
    for time_s, data in heard:
        if not told and time_s >= pressed_s:
            checker.stop("silence", pressed_s)
            told = True
        checker.feed(time_s, data)
    checker.finish()


def _folded_again(lived: Lived) -> tuple[MidiEvent, ...]:
    recorded = read(lived.folder.journal)
    session, writer = Session(setup_of(recorded.meta)), new_writer(setup_of(recorded.meta))
    while not session.finished:
        given = [stamped for stamped in recorded.inputs if stamped.tick == session.next_tick]
        writer.take(session.fold(session.next_tick, given))
    return tuple(writer.rendering.events)
