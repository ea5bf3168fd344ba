"""What a live room costs: CPU and memory of the engine and its guardian, without the synth, for 1 to 16 rooms.

``python -m benchmarks.room [--json] [--seconds S] [--rooms 1,4,16]``; each room is a whole ``calando run`` of its own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.report import OURS, Condition, Results, print_report
from engine.clock import now_s

CALANDO = str(Path(sys.executable).with_name("calando"))
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
WARM_UP_S = 5.0
PATIENCE_S = 240.0
"""Until the last of many rooms plays; they all start at once, which none does in a clinic."""


def family(process: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield process
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def cpu_s(process: int) -> float:
    """CPU seconds a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def memory_mb(process: int) -> float:
    """Proportional share of memory: what is shared is counted once over all who share it."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(rooms: int, seconds: float) -> Results:
    """Start ``rooms`` rooms, wait until each plays and has settled, measure for ``seconds``.

    Raises RuntimeError where a room does not come to play.
    """
    with tempfile.TemporaryDirectory() as folder:
        children = [_start(number, folder) for number in range(rooms)]
        try:
            _wait_until_all_play([Path(folder) / f"{number}.wire" for number in range(rooms)])
            time.sleep(WARM_UP_S)  # noqa: TID251 -- a benchmark waits on real processes
            processes = [each for child in children for each in family(child.pid)]
            before = sum(map(cpu_s, processes))
            time.sleep(seconds)  # noqa: TID251 -- a benchmark waits on real processes
            used = sum(map(cpu_s, processes)) - before
            memory = sum(map(memory_mb, processes))
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait()
    return {
        "cpu_pct_of_a_core": 100 * used / seconds,
        "cpu_pct_a_room": 100 * used / seconds / rooms,
        "memory_mb": memory,
        "memory_mb_a_room": memory / rooms,
        "processes": len(processes),
    }


def _wait_until_all_play(wires: Sequence[Path]) -> None:
    until_s = now_s() + PATIENCE_S
    while not all(wire.exists() and wire.stat().st_size for wire in wires):
        if now_s() > until_s:
            raise RuntimeError(f"Not all of {len(wires)} room(s) played within {PATIENCE_S:.0f} s.")
        time.sleep(0.5)  # noqa: TID251 -- a benchmark waits on real processes


def _start(number: int, folder: str) -> "subprocess.Popen[bytes]":
    arguments = ["run", "--heart", "sim:distress", "--room", f"bench-{number}", "--record", folder]
    out = ["--out", f"record:{folder}/{number}.wire", "--no-browser"]
    return subprocess.Popen([CALANDO, *arguments, *out], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rooms", default="1,4,16")
    asked = parser.parse_args()
    counts = [int(text) for text in asked.rooms.split(",")]
    conditions = [Condition(f"{count} room(s), live", {OURS: measure(count, asked.seconds)}) for count in counts]
    print_report("room", conditions, as_json=asked.json)


if __name__ == "__main__":
    main()
