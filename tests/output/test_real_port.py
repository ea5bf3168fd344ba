"""A real port: its synth goes away and comes back, another calando wants it, and the watch leaks nothing."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from engine.clock import now_s
from engine.errors import LinkFailedError
from engine.inputs import OutputKind, OutputState
from engine.midi import control, is_note_on, note_off, note_on
from engine.output.cues import Cue
from engine.output.guardian_link import GuardianLink
from engine.output.ports import read_recording
from tests.output.live import Wire, jack_server, receiver
from tests.parts import needs

pytestmark = [pytest.mark.asyncio, needs("jackd")]

CHORD = (48, 55)
LOST_WITHIN_S = 3.0


@pytest.fixture(scope="module")
def jack() -> Iterator[None]:
    with jack_server() as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("JACK_DEFAULT_SERVER", name)
        yield


class Synth:
    """A synth in another process, whose cable can be pulled; what it hears outlives it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._plugged = ExitStack()

    def plug_in(self) -> None:
        self._plugged.enter_context(receiver(self.path))

    def pull_out(self) -> None:
        self._plugged.close()

    def wire(self) -> Wire:
        return read_recording(self.path) if self.path.exists() else []


@pytest.fixture
def synth(jack: None, tmp_path: Path) -> Iterator[Synth]:
    synth = Synth(tmp_path / "heard")
    synth.plug_in()
    yield synth
    synth.pull_out()


@asynccontextmanager
async def room(states: list[OutputState]) -> AsyncIterator[GuardianLink]:
    link = GuardianLink(["midi:recv"], "real-port", on_state=states.append, channels=(0,))
    await link.start()
    try:
        yield link
    finally:
        await link.close()


async def until(link: GuardianLink, holds: Callable[[], bool], what: str) -> None:
    for _ in range(1000):
        if holds():
            return
        link.beat()
        await asyncio.sleep(0.02)
    pytest.fail(f"waited in vain for {what}")


async def play(link: GuardianLink, synth: Synth, epoch: int) -> None:
    heard = len(synth.wire())
    link.cue(Cue(0, epoch, None))
    start_s = now_s() + 0.05
    notes = [(start_s, note_on(0, pitch, 48)) for pitch in CHORD]
    link.send(epoch, [(start_s, control(0, 11, 20)), *notes])
    await until(link, lambda: sum(is_note_on(data) for _, data in synth.wire()[heard:]) == 2, "the chord")


async def test_a_synth_that_went_away_and_came_back_is_told_to_end_its_notes_and_waits(synth: Synth) -> None:
    states: list[OutputState] = []
    async with room(states) as link:
        await play(link, synth, 1)
        synth.pull_out()
        pulled_s, heard = now_s(), len(synth.wire())
        await until(link, lambda: states[-1].kind is OutputKind.PORT_LOST, "the loss")
        assert now_s() - pulled_s <= LOST_WITHIN_S
        assert "plug it in again" in states[-1].why
        link.send(1, [(now_s(), note_on(0, 60, 48))])
        synth.plug_in()
        await until(link, lambda: states[-1].kind is OutputKind.SILENCED, "the return")
        assert "play on when you are ready" in states[-1].why
        await until(link, lambda: synth.wire()[heard:][-1:] != [] and _is_off(synth.wire()), "all off")
        told = [data for _, data in synth.wire()[heard:]]
        assert told[:2] == [note_off(0, pitch) for pitch in CHORD]
        assert not any(is_note_on(data) for data in told), "nothing that was missed is caught up with"
        await play(link, synth, 2)


def _is_off(wire: Wire) -> bool:
    return wire[-1][1] == control(0, 11, 0)


async def test_a_second_engine_is_refused_a_port_and_the_first_plays_on(synth: Synth) -> None:
    states: list[OutputState] = []
    async with room(states) as link:
        await play(link, synth, 1)
        heard = len(synth.wire())
        second = asyncio.create_task(GuardianLink(["midi:recv"], "another room").start())
        await until(link, second.done, "the refusal")
        with pytest.raises(LinkFailedError, match="in use by another calando"):
            await second
        assert synth.wire()[heard:] == [], "the refused one sent nothing"
        assert [state.kind for state in states] == [OutputKind.READY]


async def test_watching_a_port_opens_no_client_after_the_first(synth: Synth) -> None:
    states: list[OutputState] = []
    async with room(states) as link:
        await play(link, synth, 1)
        before = _clients()
        looked_s = now_s() + 5.0
        await until(link, lambda: now_s() > looked_s, "five looks")
        assert _clients() == before


def _clients() -> set[str]:
    listed = subprocess.run(("jack_lsp",), capture_output=True, text=True, check=True).stdout
    return {line.split(":")[0] for line in listed.splitlines()}


async def test_a_killed_guardian_leaves_no_note_on_the_synth(synth: Synth) -> None:
    states: list[OutputState] = []
    async with room(states) as link:
        await play(link, synth, 1)
        assert link.pid is not None
        heard, killed_s = len(synth.wire()), now_s()
        os.kill(link.pid, signal.SIGKILL)
        await until(link, lambda: len(synth.wire()) >= heard + 2, "the note-offs")
        assert {data for _, data in synth.wire()[heard : heard + 2]} == {note_off(0, pitch) for pitch in CHORD}
        assert synth.wire()[heard + 1][0] - killed_s <= 1.5
