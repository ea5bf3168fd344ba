"""Open Sound Control out: a second of the room arrives as numbers; a deaf network costs one sentence."""

import asyncio
import socket
from contextlib import suppress

import pytest

from engine.errors import LinkFailedError, UsageError
from engine.link.open_sound import OpenSoundOut, open_sender, parse_place
from tests.link.rooms import QuietRoom


async def lived(out: OpenSoundOut, seconds: int) -> None:
    room = QuietRoom()
    task = asyncio.create_task(out.run(room))
    await asyncio.sleep(0)
    room.live(20 * seconds)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert room._listeners == []


@pytest.mark.asyncio
async def test_a_second_arrives_as_messages() -> None:
    osc_message = pytest.importorskip("pythonosc.osc_message")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5.0)
        await lived(OpenSoundOut(open_sender(*receiver.getsockname()), print), 1)
        heard = [osc_message.OscMessage(receiver.recv(2048)) for _ in range(5)]
    values = {each.address: each.params for each in heard}
    assert set(values) == {f"/calando/{name}" for name in ("arousal", "tempo", "density", "calm", "phase")}
    assert values["/calando/phase"] == ["arrival", 0]
    assert values["/calando/tempo"][0] == pytest.approx(57, abs=5)


@pytest.mark.asyncio
async def test_a_deaf_network_is_told_once_and_again_after_it_was_back() -> None:
    class Deaf:
        sent = 0

        def send_message(self, address: str, value: list[object]) -> None:
            self.sent += 1
            if self.sent < 4 or self.sent > 20:
                raise OSError(101, "Network is unreachable")

        def close(self) -> None:
            pass

    said: list[str] = []
    await lived(OpenSoundOut(Deaf(), said.append), 10)
    assert said == ["Open Sound Control messages are lost (Network is unreachable); the music does not need them."] * 2


@pytest.mark.parametrize(
    "text", ["", "localhost", "localhost:", "localhost:0", "localhost:99999", ":9000", "a:b", "a..b:9001", "a b:9001"]
)
def test_a_place_that_is_none_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="names no place"):
        parse_place(text)


def test_places() -> None:
    assert parse_place("[::1]:9001") == ("::1", 9001)


def test_a_computer_nobody_knows_is_told() -> None:
    pytest.importorskip("pythonosc")
    with pytest.raises(LinkFailedError, match="nobody knows"):
        open_sender("no such host", 9000)
