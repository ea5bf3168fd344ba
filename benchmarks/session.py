"""How fast a session folds: an hour of a simulated listener to a MIDI file, start-up of the command line beside it.

``python -m benchmarks.session [--json] [--runs N]``; medians over the runs, each in a fresh process.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.report import OURS, Condition, print_report

CALANDO = str(Path(sys.executable).with_name("calando"))


def measure(arguments: Sequence[str]) -> tuple[float, float]:
    """One whole process: wall seconds, CPU seconds."""
    before, start_s = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run([CALANDO, *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return perf_counter() - start_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def median_of(runs: int, arguments: Sequence[str]) -> dict[str, float]:
    """Medians over ``runs`` after one that is not counted."""
    measure(arguments)
    measured = [measure(arguments) for _ in range(runs)]
    wall_s, cpu_s = (statistics.median(column) for column in zip(*measured, strict=True))
    return {"wall_s": wall_s, "cpu_s": cpu_s}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hour = ["render", "--heart", "sim:distress", "--minutes", "60", "-o", str(Path(folder) / "hour.mid")]
        conditions = [
            Condition("calando render, an hour of sim:distress to .mid", {OURS: median_of(asked.runs, hour)}),
            Condition("calando --help", {OURS: median_of(asked.runs, ["--help"])}),
        ]
    print_report("session", conditions, as_json=asked.json)


if __name__ == "__main__":
    main()
