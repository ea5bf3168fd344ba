"""One peer's RMSSD and SDNN of the last 60 s, computed anew at each beat, since none of them streams.

Arguments: the peer's name. Standard input: ``{"rr_ms": [..], "window_s": 60, "first": i}``; the beats from ``first`` on
are timed.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

Pair = tuple[float, float]


def _neurokit2() -> Callable[[Any], Pair]:
    numpy, neurokit2 = importlib.import_module("numpy"), importlib.import_module("neurokit2")

    def compute(rr_ms: Any) -> Pair:
        peaks = numpy.round(numpy.concatenate([[0.0], numpy.cumsum(rr_ms)])).astype(int)
        table = neurokit2.hrv_time({"ECG_R_Peaks": peaks}, sampling_rate=1000)
        return float(table["HRV_RMSSD"].iloc[0]), float(table["HRV_SDNN"].iloc[0])

    return compute


def _hrv_analysis() -> Callable[[Any], Pair]:
    features = importlib.import_module("hrvanalysis").get_time_domain_features

    def compute(rr_ms: Any) -> Pair:
        found = features(list(rr_ms))
        return float(found["rmssd"]), float(found["sdnn"])

    return compute


def _pyhrv() -> Callable[[Any], Pair]:
    domain = importlib.import_module("pyhrv.time_domain")
    return lambda rr_ms: (float(domain.rmssd(rr_ms)["rmssd"]), float(domain.sdnn(rr_ms)["sdnn"]))


def _heartpy() -> Callable[[Any], Pair]:
    numpy, analysis = importlib.import_module("numpy"), importlib.import_module("heartpy.analysis")

    def compute(rr_ms: Any) -> Pair:
        steps = numpy.abs(numpy.diff(rr_ms))
        _, measures = analysis.calc_ts_measures(rr_ms, steps, steps**2, {}, {})
        return float(measures["rmssd"]), float(measures["sdnn"])

    return compute


def _numpy() -> Callable[[Any], Pair]:
    numpy = importlib.import_module("numpy")
    return lambda rr_ms: (float(numpy.sqrt(numpy.mean(numpy.diff(rr_ms) ** 2))), float(numpy.std(rr_ms, ddof=1)))


PEERS = {"neurokit2": _neurokit2, "hrv-analysis": _hrv_analysis, "pyhrv": _pyhrv, "heartpy": _heartpy, "numpy": _numpy}


def main() -> None:
    """Time the peer named on the command line."""
    work = json.load(sys.stdin)
    compute = PEERS[sys.argv[1]]()
    numpy = importlib.import_module("numpy")
    rr_ms = numpy.array(work["rr_ms"])
    ends_ms = numpy.cumsum(rr_ms)
    starts = numpy.searchsorted(ends_ms, ends_ms - 1000 * work["window_s"], side="right")
    started_s = time.perf_counter()
    for index in range(work["first"], len(rr_ms)):
        rmssd_ms, sdnn_ms = compute(rr_ms[starts[index] : index + 1])
    wall_s = time.perf_counter() - started_s
    beats = len(rr_ms) - work["first"]
    results = {
        "beats_per_s": beats / wall_s,
        "wall_s": wall_s,
        "beats": beats,
        "rmssd_ms": rmssd_ms,
        "sdnn_ms": sdnn_ms,
    }
    print(json.dumps({"rolling 60 s": results}))


if __name__ == "__main__":
    main()
