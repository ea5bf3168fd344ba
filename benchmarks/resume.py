"""How long after a restart a session lives again: ``python -m benchmarks.resume [--hours H] [--runs N] [--json]``.

A record of so many hours of a simulated listener is taken up by ``calando run --resume``. Counted from the start of
the process to its first decision (estimator, arc and record live; the music is silent), with the fake port; and of
that the reading and reliving alone.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks.report import OURS, Condition, print_report
from engine.clock import now_s
from engine.config import load
from engine.inputs import Act, Command
from engine.offline import Mark, fold_recording
from engine.record.folder import RecordFolder, head, new_folder, run_head
from engine.record.journal import Journal
from engine.record.past import relive
from engine.record.recorded import read_inputs
from engine.session import Setup
from sensors.simulated import SimulatedListener

CALANDO = str(Path(sys.executable).with_name("calando"))
ROOM = "benchmark"


def cut_off(parent: Path, hours: float) -> RecordFolder:
    """A record that ends in mid-air, a moment ago."""
    setup = Setup(load("default"), 1)
    rendering = fold_recording(setup, SimulatedListener("distress", 1), hours * 60, [Mark(300.0, Act.DOSE)], ends=False)
    folder = new_folder(parent, ROOM)
    journal = Journal(folder.journal, is_live=False)
    journal.open(head(setup, ROOM))
    journal.take_run(run_head(0, now_s() - hours * 3600, now_s()))
    for stamped in rendering.inputs:
        journal.take(stamped)
    journal.take_events(rendering.events)
    for decision in rendering.decisions:
        journal.take_decision(decision)
    journal.close(patience_s=60.0)
    assert not any(isinstance(each.input, Command) and each.input.act is Act.END for each in rendering.inputs)
    return folder


def take_up(parent: Path) -> float:
    """Seconds from the start of the process to its first decision; then it is killed, as it would be cut off."""
    words = [
        "run",
        "--resume",
        "--no-browser",
        "--heart",
        "sim:distress",
        "--out",
        f"record:{parent / 'heard'}",
        "--room",
        ROOM,
    ]
    start_s = perf_counter()
    with subprocess.Popen([CALANDO, *words, "--record", str(parent)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "music: silence" in line:
                took_s = perf_counter() - start_s
                process.kill()
                return took_s
    raise RuntimeError("calando run ended before it had resumed")


def alone(folder: RecordFolder) -> float:
    """Seconds of reading and reliving in one process."""
    start_s = perf_counter()
    relive(read_inputs(folder.journal))
    return perf_counter() - start_s


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = cut_off(Path(name), asked.hours)
        relived = [alone(folder) for _ in range(asked.runs)]
        whole = [take_up(Path(name)) for _ in range(asked.runs)]
    results = {
        "relive_median_s": statistics.median(relived),
        "relive_worst_s": max(relived),
        "resumed_median_s": statistics.median(whole),
        "resumed_worst_s": max(whole),
    }
    print_report("resume", [Condition(f"{asked.hours:g} h into a session", {OURS: results})], as_json=asked.json)


if __name__ == "__main__":
    main()
