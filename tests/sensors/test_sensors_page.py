"""What docs/sensors.md shows is true: its source works, its straps are heard, its states are all there are."""

import ast
import asyncio
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.affect.confidence import QUALITY_POINTS
from engine.affect.trust import GOOD_QUALITY
from sensors.heart import HeartPacket, Link, SourceEvent
from sensors.open_sound import LOOPBACK, PORT, load, read
from sensors.simulated import STORIES
from tests.parts import needs

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sensors.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def shown(name: str) -> dict[str, Any]:
    """The page's code block that defines ``name``, executed."""
    block = next(code for code in BLOCKS if name in code)
    names: dict[str, Any] = {}
    exec(compile(block, "docs/sensors.md", "exec"), names)
    return names


@needs("dbus-daemon")
@pytest.mark.asyncio
async def test_the_bench_on_the_page_takes_things_away() -> None:
    names: dict[str, Any] = {}
    block = next(code for code in BLOCKS if "Bench" in code)
    await eval(compile(block, "docs/sensors.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    assert not names["bench"].alive


def test_the_source_on_the_page_is_short() -> None:
    (block,) = [code for code in BLOCKS if "UdpHeart" in code]
    assert len([line for line in block.splitlines() if line.strip()]) <= 30


@pytest.mark.asyncio
async def test_the_source_on_the_page_hears_intervals() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        port = sender.getsockname()[1]
    heard: asyncio.Queue[SourceEvent] = asyncio.Queue()
    source = shown("UdpHeart")["UdpHeart"](port, lambda: 7.0)
    running = asyncio.create_task(source.run(heard.put_nowait))
    await heard.get()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in (b"noise", b"0", b"1000\n"):
            sender.sendto(datagram, ("127.0.0.1", port))
        assert await heard.get() == HeartPacket(7.0, 60, (1024,))
    running.cancel()
    await asyncio.wait([running])


def test_the_page_prints_what_artefacts_cost() -> None:
    most, some, least = reversed(QUALITY_POINTS)
    assert f"| {most[0]:.0%} and more | {some[0]:.0%} | {least[0]:.0%} and less |".replace("%", " %") in PAGE
    assert f"| {most[1]:.0f} | .{10 * some[1]:.0f} | {least[1]:.0f} |" in PAGE
    assert f"are good to {GOOD_QUALITY:.0%}".replace("%", " %") in PAGE


def test_every_story_is_named() -> None:
    assert [story for story in STORIES if f"`{story}`" not in PAGE] == []


def test_the_message_on_the_page_is_heard() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind((LOOPBACK, 0))
        block = next(code for code in BLOCKS if "SimpleUDPClient" in code)
        assert f'"{LOOPBACK}", {PORT}' in block
        exec(compile(block.replace(str(PORT), str(receiver.getsockname()[1])), "docs/sensors.md", "exec"), {})
        receiver.settimeout(2.0)
        packet = read(receiver.recv(1000), 7.0, load())
    assert packet == HeartPacket(7.0, 70, (891, 876))


def test_every_state_of_a_link_is_explained() -> None:
    assert [link for link in Link if f"| `{link}` |" not in PAGE] == []


def test_one_module_knows_bleak() -> None:
    files = [path for room in ("sensors", "engine", "generators") for path in (ROOT / room).rglob("*.py")]
    pattern = re.compile(r"^\s*(from|import) bleak\b", re.MULTILINE)
    knowing = [path for path in files if pattern.search(path.read_text(encoding="utf-8"))]
    assert [path.relative_to(ROOT).as_posix() for path in knowing] == ["sensors/bluetooth.py"]


def test_a_heart_can_be_spoken_of_without_bleak() -> None:
    code = "import sys, sensors.heart, sensors.beats, sensors.simulated; print('bleak' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT).strip() == "False"
