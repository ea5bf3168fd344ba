"""What the page costs its room: 24 viewers at 4 states a second, and whether they move the guardian's lateness.

``python -m benchmarks.console [--json] [--seconds S] [--viewers 0,24,0,24]``; each condition is a room of its own in a
process of its own, with a guardian that plays into a recording port; the viewers live in this process. ``done_p95_ms``
is the time from a command's sending to its *done*.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.report import OURS, Condition, Results, print_report
from benchmarks.room import WARM_UP_S, cpu_s
from engine import clock
from engine.commands.options import make_setup
from engine.console.about import about_session
from engine.console.address import LOOPBACK, Address
from engine.console.server import Console
from engine.inputs import Act, Command
from engine.midi import note_off, note_on
from engine.output.guardian_link import GuardianLink
from engine.output.lateness import EDGES_MS
from engine.room import Room
from engine.session import Session
from sensors.played import PlayedRecording
from sensors.simulated import SimulatedListener

PRESSES = 20
PROBES_PER_S, PROBE_CHANNEL, AHEAD_S = 4, 15, 0.5


async def _live(folder: str) -> None:
    """The child: a room until its standard input ends; its port first, then the guardian's report."""
    setup = make_setup("default", 1, None, (), hears_a_heart=True)
    console = Console(about_session(setup, "bench"), Address(LOOPBACK, 0, may_move=False))
    console.open()
    console.when_up = lambda _: print(console.port, flush=True)
    link = GuardianLink((f"record:{folder}/wire",), room="bench-console")
    await link.start()
    source = PlayedRecording(SimulatedListener("distress", 1))
    room = Room(Session(setup), link, clock.now_s, source, attached=(console,))
    link.on_state = room.hear_output
    room.submit(Command(Act.PLAY_ON, "start"))
    living = [asyncio.create_task(room.run()), asyncio.create_task(_probe(link))]
    await asyncio.to_thread(sys.stdin.read)
    for task in living:
        task.cancel()
    await asyncio.gather(*living, return_exceptions=True)
    print(json.dumps(link.report))
    await link.close()


async def _probe(link: GuardianLink) -> None:
    """Notes beside the room's own few, so that there is a lateness to count."""
    while True:
        due_s = clock.now_s() + AHEAD_S
        link.send(0, [(due_s, note_on(PROBE_CHANNEL, 60, 30)), (due_s + 0.1, note_off(PROBE_CHANNEL, 60))])
        await asyncio.sleep(1 / PROBES_PER_S)


class _Viewer:
    """One page without a browser: counts what it is told, and times what it asks."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.states = 0
        self.done_ms: list[float] = []
        self._asked_s: dict[int, float] = {}

    async def watch(self) -> None:
        """Hear everything."""
        async for text in self.socket:
            self.states += text.startswith('{"now"') if isinstance(text, str) else 0
            if '"done"' in str(text):
                answered = json.loads(text)["answer"]["id"]
                self.done_ms.append(1000 * (time.perf_counter() - self._asked_s[answered]))

    async def press(self, number: int) -> None:
        """Note something."""
        self._asked_s[number] = time.perf_counter()
        await self.socket.send(json.dumps({"id": number, "act": "other"}))


async def _watch(port: int, count: int, seconds: float, process: int) -> tuple[float, list[_Viewer]]:
    """CPU seconds of the room's process while so many watch, and the viewers."""
    url, origin = f"ws://{LOOPBACK}:{port}/room", f"http://{LOOPBACK}:{port}"
    viewers = [_Viewer(await connect(url, origin=origin)) for _ in range(count)]  # type: ignore[arg-type]
    watching = [asyncio.create_task(viewer.watch()) for viewer in viewers]
    await asyncio.sleep(WARM_UP_S)
    before_s = cpu_s(process)
    await asyncio.sleep(seconds)
    used_s = cpu_s(process) - before_s
    for number in range(PRESSES if viewers else 0):
        await viewers[0].press(number)
        await asyncio.sleep(0.13)
    await asyncio.sleep(0.5)
    for viewer, task in zip(viewers, watching, strict=True):
        task.cancel()
        await viewer.socket.close()
    return used_s, viewers


def measure(viewers: int, seconds: float) -> Results:
    """A room with so many viewers."""
    with tempfile.TemporaryDirectory() as folder:
        pipe = subprocess.PIPE
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.console", "--child", folder], stdin=pipe, stdout=pipe, text=True
        )
        assert child.stdout
        port = int(child.stdout.readline())
        used_s, watched = asyncio.run(_watch(port, viewers, seconds, child.pid))
        out, _ = child.communicate("")
    return {"cpu_pct_of_a_core": 100 * used_s / seconds, **_told(watched, seconds), **_lateness(json.loads(out))}


def _told(viewers: Sequence[_Viewer], seconds: float) -> Results:
    if not viewers:
        return {}
    done_ms = sorted(viewers[0].done_ms)
    return {
        "states_per_s_a_viewer": statistics.mean(viewer.states for viewer in viewers) / (seconds + WARM_UP_S + 3.1),
        "done_median_ms": statistics.median(done_ms),
        "done_p95_ms": done_ms[round(0.95 * (len(done_ms) - 1))],
    }


def _lateness(report: dict[str, object]) -> Results:
    """From the guardian's own histogram: the edges under which half and 99 % of its note-ons lie, and the worst."""
    counts, worst = report.get("lateness"), report.get("worst_late_ms")
    if not isinstance(counts, list):
        return {}
    total = sum(counts)
    under = {share: _edge(counts, share * total) for share in (0.5, 0.99)}
    return {"notes": total, "late_p50_ms": under[0.5], "late_p99_ms": under[0.99], "late_worst_ms": float(str(worst))}


def _edge(counts: Sequence[int], wanted: float) -> float:
    seen = 0
    for edge_ms, count in zip(EDGES_MS, counts, strict=False):
        seen += count
        if seen >= wanted:
            return edge_ms
    return EDGES_MS[-1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--viewers", default="0,24,0,24")
    parser.add_argument("--child", default=None, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        asyncio.run(_live(asked.child))
        return
    counts = [int(text) for text in asked.viewers.split(",")]
    conditions = [Condition(f"{count} viewer(s)", {OURS: measure(count, asked.seconds)}) for count in counts]
    print_report("console", conditions, as_json=asked.json)


if __name__ == "__main__":
    main()
