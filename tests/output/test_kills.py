"""With a chord sounding, whatever happens to the engine: the receiver's notes are off within law 4's times."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from engine.clock import now_s
from engine.midi import control, note_off
from engine.output.control import silence_room
from engine.output.places import socket_path
from engine.output.ports import read_recording
from tests.output.live import LiveEngine, engine, jack_server, receiver, wait_until, waits
from tests.parts import needs

Start = Callable[[], AbstractContextManager[LiveEngine]]


@pytest.fixture(scope="module")
def jack() -> Iterator[None]:
    with jack_server() as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("JACK_DEFAULT_SERVER", name)
        yield


@pytest.fixture(params=["record", pytest.param("jack", marks=needs("jackd"))])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    """Starts an engine whose guardian plays into the fake port, or over JACK into another process."""
    handed, heard = tmp_path / "handed", tmp_path / "heard"

    @contextmanager
    def into_jack() -> Iterator[LiveEngine]:
        with receiver(heard), engine("kills", handed, "recv:in", heard) as live:
            yield live

    if request.param == "jack":
        request.getfixturevalue("jack")
        return into_jack
    return lambda: engine("kills", handed)


def test_a_killed_engine_fades_and_all_is_off(start: Start) -> None:
    with start() as live:
        at_s = now_s()
        live.signal(signal.SIGKILL)
        live.wait_for_silence()
        live.check("crash", at_s)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_group_passes_the_guardian_by(start: Start, number: signal.Signals) -> None:
    with start() as live:
        os.kill(live.guardian, number)
        at_s = now_s()
        live.signal(number)
        live.wait_for_silence()
        live.check("crash", at_s)


def test_sigterm_to_the_guardian_fades(start: Start) -> None:
    with start() as live:
        live.signal(signal.SIGSTOP)
        at_s = now_s()
        os.kill(live.guardian, signal.SIGTERM)
        live.wait_for_silence()
        live.check("crash", at_s)


def test_sigterm_to_the_engine_fades(start: Start) -> None:
    with start() as live:
        at_s = now_s()
        live.signal(signal.SIGTERM)
        live.wait_for_silence()
        live.check("crash", at_s)


def test_a_frozen_engine_is_noticed_and_silenced(start: Start) -> None:
    with start() as live:
        at_s = now_s()
        live.signal(signal.SIGSTOP)
        live.wait_for_silence()
        live.check("heartbeat", at_s)


def test_panic_silences_while_the_engine_is_frozen(start: Start) -> None:
    with start() as live:
        live.signal(signal.SIGSTOP)
        at_s = now_s()
        took_s = silence_room(socket_path("kills"), now_s)
        live.wait_for_silence()
        live.check("silence", at_s)
        assert took_s <= 1.0


def test_where_engine_and_guardian_both_die_whoever_stood_by_turns_everything_off(tmp_path: Path) -> None:
    """It knows no notes: it ends every one that may be played, and says all off on every channel."""
    handed = tmp_path / "handed"
    with engine("kills", handed) as live:
        wait_until(lambda: waits(live.standby), "one that stands by")
        killed_s, before = now_s(), len(read_recording(handed))
        live.signal(signal.SIGSTOP)
        os.kill(live.guardian, signal.SIGKILL)
        live.signal(signal.SIGKILL)
        off = [note_off(channel, pitch) for channel in (0, 1) for pitch in range(28, 97)]
        off += [control(channel, number, 0) for channel in (0, 1) for number in (64, 123, 120, 11)]
        wait_until(lambda: len(read_recording(handed)) >= before + len(off), "all off")
        told = read_recording(handed)[before:]
        assert [data for _, data in told[: len(off)]] == off
        assert told[len(off) - 1][0] - killed_s <= 1.5
