"""Heart rate, RMSSD and SDNN over the last 60 s at every beat: how fast, and how exact. No room runs them yet.

    python -m benchmarks.hrv [--json] [--reference DIR]

The first condition streams synthetic beats; its peers compute each window anew, fewer of them, and ``beats_per_s``
says how fast. All see the same last window. The second compares with the reference values in DIR (``segments.csv``,
``reference_metrics.csv``): against the plain formulas, and against the file's figures as it prints them.
"""

import argparse
import csv
import json
import random
import statistics
import time
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

from benchmarks.report import Condition, Results, missing, print_report, run_peer
from engine.affect.hrv import WINDOW_S, HeartRateVariability
from sensors.heart import RR_TICKS_PER_SECOND

PEERS = {"numpy": 20_000, "hrv-analysis": 3_000, "heartpy": 3_000, "pyhrv": 1_500, "neurokit2": 600}
"""Each peer and how many beats it is given: about as many as take it a second or a few."""

BEATS = 300_000
WARM_UP = 200
REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "hrv-reference"
_FINEST_PER_SECOND = 10**8
_PRINTED = 0.5e-4 + 1e-9


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hrv", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--reference", type=Path, default=REFERENCE, metavar="DIR", help="the folder hrv-reference")
    asked = parser.parse_args()
    conditions = [speed()]
    if (asked.reference / "segments.csv").is_file():
        conditions.append(exactness(asked.reference))
    print_report("hrv", conditions, as_json=asked.json)


def speed(beats: int = BEATS) -> Condition:
    """Every participant's beats a second, and what it says of the same last window."""
    rr_ticks = _synthetic(beats)
    results: dict[str, Results] = {"calando": _ours(rr_ticks)}
    for peer, count in PEERS.items():
        tail = [each * 1000 / RR_TICKS_PER_SECOND for each in rr_ticks[-(count + WARM_UP) :]]
        work = json.dumps({"rr_ms": tail, "window_s": WINDOW_S, "first": WARM_UP})
        answer = run_peer("hrv_peer.py", [peer], work)
        results[peer] = answer.get("rolling 60 s", missing("could not be run"))
    return Condition("rolling 60 s", results)


def _synthetic(beats: int) -> list[int]:
    generator = random.Random("hrv benchmark")
    return [round(RR_TICKS_PER_SECOND * (0.85 + 0.035 * generator.gauss(0, 1))) for _ in range(beats)]


def _ours(rr_ticks: list[int]) -> Results:
    times_s = [total / RR_TICKS_PER_SECOND for total in accumulate(rr_ticks)]
    hrv = HeartRateVariability()
    said: tuple[float | None, ...] = ()
    started_s = time.perf_counter()
    for time_s, each in zip(times_s, rr_ticks, strict=True):
        hrv.hear(time_s, each, adjacent=True)
        said = (hrv.rmssd_ms, hrv.sdnn_ms, hrv.hr_bpm)
    wall_s = time.perf_counter() - started_s
    return {
        "beats_per_s": len(rr_ticks) / wall_s,
        "wall_s": wall_s,
        "beats": len(rr_ticks),
        "rmssd_ms": said[0],
        "sdnn_ms": said[1],
    }


def exactness(folder: Path) -> Condition:
    """The largest relative error over the reference's segments, and how many figures agree as printed."""
    segments = _segments(folder / "segments.csv")
    with (folder / "reference_metrics.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    worst, agreeing, figures = 0.0, 0, 0
    for row in rows:
        rr_ms = segments[row["segment"]]
        for value, plain, printed in zip(streamed(rr_ms), _plain(rr_ms), _printed(row), strict=True):
            worst = max(worst, abs(value / plain - 1))
            agreeing += abs(value - printed) <= _PRINTED
            figures += 1
    results: Results = {
        "segments": len(rows),
        "worst_relative_error": f"{worst:.1e}",
        "figures_as_printed": f"{agreeing}/{figures}",
    }
    return Condition("hrv-reference", {"calando": results})


def _segments(path: Path) -> dict[str, list[Fraction]]:
    segments: dict[str, list[Fraction]] = {}
    with path.open() as lines:
        for row in csv.DictReader(lines):
            segments.setdefault(row["segment"], []).append(Fraction(row["rr_ms"]))
    return segments


def streamed(rr_ms: list[Fraction]) -> tuple[float, float, float]:
    """Heart rate, RMSSD and SDNN of a whole segment as the product streams them, its decimals kept as integers."""
    hrv = HeartRateVariability(window_s=float("inf"), ticks_per_second=_FINEST_PER_SECOND)
    for index, each in enumerate(rr_ms):
        hrv.hear(index, int(each * _FINEST_PER_SECOND / 1000), adjacent=True)
    assert hrv.hr_bpm is not None
    assert hrv.rmssd_ms is not None
    assert hrv.sdnn_ms is not None
    return hrv.hr_bpm, hrv.rmssd_ms, hrv.sdnn_ms


def _plain(rr_ms: list[Fraction]) -> tuple[float, float, float]:
    values = [float(each) for each in rr_ms]
    steps = [(b - a) ** 2 for a, b in pairwise(values)]
    return 60_000 / statistics.fmean(values), statistics.fmean(steps) ** 0.5, statistics.stdev(values)


def _printed(row: dict[str, str]) -> tuple[float, float, float]:
    return float(row["mean_hr_of_rr"]), float(row["rmssd"]), float(row["sdnn_ddof1"])


if __name__ == "__main__":
    main()
