"""How late messages leave for a JACK port: 20 a second, in quiet and under load.

    python -m benchmarks.timing [--json] [--seconds 30]

``idle``: nothing else runs. ``loaded``: another thread of the composing process keeps the interpreter's lock for 40 ms
of every 100, and one process a core computes without end. Lateness is counted at the call that hands a message to the
driver. calando's is against the moment its engine asked for; a peer's is against its own grid of 50 ms, laid through
its most punctual message, which forgives it whatever is constant.
"""

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.report import Condition, Results, missing, print_report, run_peer
from engine.clock import now_s
from engine.midi import note_off, note_on
from engine.output.cues import Cue
from engine.output.guardian_link import GuardianLink
from tests.output.live import jack_server, receiver

PEERS = ("isobar", "mido", "asyncio")
STEP_S = 0.05
BURST_S, PAUSE_S = 0.04, 0.06
AHEAD_S = 0.5
LEAD_S = 1.0
SENT_TO, NO_FIFO = "CALANDO_TIMING_SENT", "CALANDO_TIMING_NO_FIFO"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.timing", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each participant in each condition")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cal") as folder, jack_server() as server:
        os.environ |= {"JACK_DEFAULT_SERVER": server, "XDG_RUNTIME_DIR": folder}
        with receiver(Path(folder) / "received"):
            conditions = [measured(Path(folder), asked.seconds, loaded=loaded) for loaded in (False, True)]
            conditions.append(without_priority(Path(folder), asked.seconds, conditions[-1]))
    print_report("timing", conditions, as_json=asked.json)


def measured(folder: Path, seconds: float, *, loaded: bool) -> Condition:
    """Every participant, one after the other, each with all of the load to itself."""
    results: dict[str, Results] = {}
    with busy_cores() if loaded else contextlib.nullcontext():
        late_s, fifo = asyncio.run(ours(folder / f"sent-{loaded}", seconds, loaded=loaded))
        results["calando"] = {**summed_up(late_s), "sched_fifo": fifo}
        for peer in PEERS:
            answer = run_peer("timing_peer.py", [peer, str(seconds), "loaded" if loaded else "idle"])
            late = answer.get("late_s")
            results[peer] = summed_up(late) if late else missing("could not be run")
    return Condition("loaded" if loaded else "idle", compared(results))


def without_priority(folder: Path, seconds: float, loaded: Condition) -> Condition:
    """The loaded peers once more, beside a guardian that is not permitted to ask for real-time priority."""
    os.environ[NO_FIFO] = "1"
    with busy_cores():
        late_s, fifo = asyncio.run(ours(folder / "sent-plain", seconds, loaded=True))
    results = {**loaded.results, "calando": {**summed_up(late_s), "sched_fifo": fifo}}
    return Condition("loaded, SCHED_FIFO not permitted", compared(results))


def compared(results: Mapping[str, Results]) -> dict[str, Results]:
    """With how many times calando's p99 each peer's is."""
    ours_ms = float(results["calando"]["p99_ms"] or 0.0)
    return {
        who: {**each, "p99_times_calando": float(each["p99_ms"] or 0.0) / ours_ms} if "p99_ms" in each else each
        for who, each in results.items()
    }


def summed_up(late_s: Sequence[float]) -> Results:
    """Median, 99th percentile and worst, in ms."""
    ordered = sorted(1000 * each for each in late_s)
    share = len(ordered) - 1
    return {
        "p50_ms": ordered[round(0.5 * share)],
        "p99_ms": ordered[round(0.99 * share)],
        "worst_ms": ordered[-1],
        "messages": len(ordered),
    }


@contextlib.contextmanager
def busy_cores() -> Iterator[None]:
    """One process a core that computes without end."""
    command = (sys.executable, "-c", "while True: pass")
    busy = [subprocess.Popen(command) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for each in busy:
            each.kill()
            each.wait()


@contextlib.contextmanager
def bursts() -> Iterator[None]:
    """A thread that keeps the interpreter's lock for 40 ms of every 100."""
    ended = threading.Event()

    def compute() -> None:
        while not ended.wait(PAUSE_S):
            until_s = now_s() + BURST_S
            while now_s() < until_s:
                sum(range(500))

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


async def ours(path: Path, seconds: float, *, loaded: bool) -> tuple[list[float], bool]:
    """Each message's lateness, played through a guardian, and whether it had real-time priority."""
    said: list[str] = []
    os.environ[SENT_TO] = str(path)
    command = (sys.executable, "-m", "benchmarks.timing_guardian")
    link = GuardianLink(["midi:recv"], "timing", command=command, on_sentence=said.append)
    await link.start()
    try:
        link.cue(Cue(0, 1, None))
        with bursts() if loaded else contextlib.nullcontext():
            due = await play(link, seconds)
    finally:
        await link.close()
    sent: list[tuple[float, str]] = json.loads(path.read_text())
    return lateness(due, sent), not any("SCHED_FIFO" in sentence for sentence in said)


def lateness(due: Sequence[tuple[float, bytes]], sent: Sequence[tuple[float, str]]) -> list[float]:
    """What was sent against what was asked for: both come in the same order, message by message."""
    played = [at_s for at_s, data in sent if bytes.fromhex(data)[0] & 0xE0 == 0x80][: len(due)]
    if len(played) < len(due):
        sys.stderr.write(f"{len(due) - len(played)} of {len(due)} messages were not sent\n")
    return [at_s - due_s for at_s, (due_s, _) in zip(played, due, strict=False)]


async def play(link: GuardianLink, seconds: float) -> list[tuple[float, bytes]]:
    """Ten short notes a second, handed over half a second ahead as the room does."""
    start_s = now_s() + LEAD_S
    due = [(start_s + index * STEP_S, message(index)) for index in range(round(seconds / STEP_S))]
    waiting = list(due)
    while waiting or now_s() < due[-1][0] + AHEAD_S:
        link.beat()
        soon = [each for each in waiting if each[0] < now_s() + AHEAD_S]
        waiting = waiting[len(soon) :]
        if soon:
            link.send(1, soon)
        await asyncio.sleep(STEP_S)
    return due


def message(index: int) -> bytes:
    """On and off in turns, over two channels: 20 messages a second lie within every outer limit."""
    note, is_off = divmod(index, 2)
    channel, pitch = note % 2, 60 + note % 7
    return note_off(channel, pitch) if is_off else note_on(channel, pitch, 40)


if __name__ == "__main__":
    main()
