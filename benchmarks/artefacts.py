"""How well each interval is judged, on injected artefacts and on real ectopic hearts.

    python -m benchmarks.artefacts DIR [--straps DIR] [--json]

DIR holds ``series.csv`` (series, rr_ms, truth) and ``truth.csv`` (series, rate, true_rmssd). Each series goes through
``sensors.beats.BeatStream``, a packet a beat; an artefact's interval counts as found whatever kind it is called. The
RMSSD error is the median over series. *labels known* is the bound: RMSSD over the intervals the truth calls good.
*prototype* repeats the figures reported for the rules that ours began with. ``--straps`` names strap-samples.
"""

import argparse
import csv
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.report import Condition, Results, missing, print_report, run_peer
from engine.affect.arousal import Estimator
from engine.affect.estimate import Grade
from engine.affect.hrv import HeartRateVariability
from sensors.beats import BeatStream
from sensors.heart import RR_TICKS_PER_SECOND, Beat, HeartPacket, Verdict

PROTOTYPE = {
    "0.01": (0.974, 0.911, 0.7),
    "0.03": (0.962, 0.958, 1.7),
    "0.08": (0.972, 0.972, 4.2),
}
"""Sensitivity, precision and RMSSD error in percent, as reported for the same series (alpha 5, floor 60 ms)."""

LOW_QUALITY = 0.9
"""The yardstick of this page alone: a good share of the last minute below which much was found."""
GOOD = "ok"
KINDS = ("missed", "extra", "ectopic", "jitter")


@dataclass(frozen=True, slots=True)
class Series:
    """One series of intervals with the truth of each."""

    name: str
    rate: str
    rr_ms: tuple[float, ...]
    truth: tuple[str, ...]
    true_rmssd_ms: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a participant made of one series: the intervals it would not believe, and RMSSD without them."""

    flagged: frozenset[int]
    rmssd_ms: float | None
    low_quality: bool | None = None


def main() -> None:
    """Judge, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.artefacts", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--straps", type=Path, metavar="DIR", help="strap-samples; beside DIR unless said")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    asked = parser.parse_args()
    straps = asked.straps or asked.folder.resolve().parent / "strap-samples"
    conditions = injected(read(asked.folder))
    if straps.is_dir():
        conditions += [annotated(straps / "mitdb_100_annotated.csv"), frequent(straps / "polar_h10_pvc_device_rr.csv")]
    print_report("artefacts", conditions, as_json=asked.json)


def read(folder: Path) -> list[Series]:
    """The series of a folder, in its order."""
    intervals: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for row in _rows(folder / "series.csv"):
        intervals[row["series"]].append((float(row["rr_ms"]), row["truth"]))
    return [
        Series(
            row["series"],
            row["rate"],
            tuple(rr_ms for rr_ms, _ in intervals[row["series"]]),
            tuple(truth for _, truth in intervals[row["series"]]),
            float(row["true_rmssd"]),
        )
        for row in _rows(folder / "truth.csv")
        if row["series"] in intervals
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open() as lines:
        return list(csv.DictReader(lines))


def injected(series: Sequence[Series]) -> list[Condition]:
    """One condition for each rate of injected artefacts."""
    peer = run_peer("artefacts_neurokit2.py", stdin=json.dumps({each.name: each.rr_ms for each in series}))
    return [
        _at_rate(rate, [each for each in series if each.rate == rate], peer)
        for rate in dict.fromkeys(each.rate for each in series)
    ]


def _at_rate(rate: str, series: Sequence[Series], peer: Mapping[str, dict[str, object]]) -> Condition:
    results: dict[str, Results] = {
        "calando": score(series, [ours(each) for each in series]),
        "labels known": score(series, [labelled(each) for each in series]),
    }
    if rate in PROTOTYPE:
        names = ("sensitivity", "precision", "rmssd_error_median_pct")
        results["prototype"] = dict(zip(names, PROTOTYPE[rate], strict=True))
    answers = [_found(peer[each.name]) for each in series if each.name in peer]
    results["neurokit2"] = score(series, answers) if len(answers) == len(series) else missing("could not be run")
    return Condition(f"{float(rate):.0%} of beats", results)


def _found(answer: Mapping[str, object]) -> Found:
    flagged, rmssd_ms = answer["flagged"], answer["rmssd_ms"]
    assert isinstance(flagged, list)
    assert isinstance(rmssd_ms, float)
    return Found(frozenset(flagged), rmssd_ms)


def ours(series: Series) -> Found:
    """What the product makes of a series: a packet for each beat."""
    beats, low = heard(series.rr_ms)
    flagged = frozenset(index for index, beat in enumerate(beats) if beat.verdict is not Verdict.GOOD)
    return Found(flagged, _rmssd_ms((beat.rr_ticks, beat.adjacent) for beat in beats), sum(low) > len(low) / 2)


def heard(rr_ms: Sequence[float]) -> tuple[list[Beat], list[bool]]:
    """Every interval judged, and whether at each, after the first half minute, quality was low."""
    stream, beats, low, time_s = BeatStream(), list[Beat](), list[bool](), 0.0
    for each in rr_ms:
        time_s += each / 1000
        packet = HeartPacket(time_s, 70, (round(each * RR_TICKS_PER_SECOND / 1000),))
        beats += stream.hear(packet)
        if time_s > 30:
            low.append(_is_low(stream, time_s))
    beats += stream.hear(HeartPacket(time_s, 0))
    return beats, low


def labelled(series: Series) -> Found:
    """What a judge would make of it who knew the truth."""
    good = [truth == GOOD for truth in series.truth]
    joined = [False, *(a and b for a, b in pairwise(good))]
    flagged = frozenset(index for index, each in enumerate(good) if not each)
    tenths = (round(10 * each) for each in series.rr_ms)
    return Found(flagged, _rmssd_ms(zip(tenths, joined, strict=True), per_second=10_000))


def _rmssd_ms(intervals: Iterable[tuple[int, bool]], per_second: int = RR_TICKS_PER_SECOND) -> float | None:
    hrv = HeartRateVariability(window_s=float("inf"), ticks_per_second=per_second)
    for index, (ticks, adjacent) in enumerate(intervals):
        hrv.hear(index, ticks, adjacent=adjacent)
    return hrv.rmssd_ms


def score(series: Sequence[Series], found: Sequence[Found]) -> Results:
    """Sensitivity in all and by kind, precision, the RMSSD's error and, for ours, how many series are low quality."""
    there, hit, flagged, errors = Counter[str](), Counter[str](), 0, list[float]()
    for each, answer in zip(series, found, strict=True):
        flagged += len(answer.flagged)
        for index, truth in enumerate(each.truth):
            there[truth] += 1
            hit[truth] += index in answer.flagged
        errors.append(100.0 if answer.rmssd_ms is None else abs(answer.rmssd_ms / each.true_rmssd_ms - 1) * 100)
    artefacts, right = sum(there[kind] for kind in KINDS), sum(hit[kind] for kind in KINDS)
    low = [answer.low_quality for answer in found if answer.low_quality is not None]
    return {
        "sensitivity": right / max(1, artefacts),
        **{f"{kind}_sensitivity": hit[kind] / max(1, there[kind]) for kind in KINDS},
        "precision": right / max(1, flagged),
        "rmssd_error_median_pct": statistics.median(errors),
        "rmssd_error_p90_pct": sorted(errors)[int(0.9 * len(errors))],
        **({"low_quality_series_share": sum(low) / len(low)} if low else {}),
    }


def annotated(path: Path) -> Condition:
    """A recording whose beats a cardiologist labelled: an ectopic beat is found by either interval beside it."""
    rows = _rows(path)
    beats, _ = heard([float(row["rr_ms"]) for row in rows])
    ectopic = {index for index, row in enumerate(rows) if row["beat"] != "N"}
    flagged = {index for index, beat in enumerate(beats) if beat.verdict is not Verdict.GOOD}
    results: Results = {
        "ectopic_beats": len(ectopic),
        "sensitivity": sum(bool({index, index + 1} & flagged) for index in ectopic) / len(ectopic),
        "precision": sum(bool({index, index - 1} & ectopic) for index in flagged) / max(1, len(flagged)),
    }
    return Condition("MIT-BIH 100, annotated ectopic beats", {"calando": results})


def frequent(path: Path) -> Condition:
    """A strap on a heart with very frequent ectopy: its quality, and whether anything is ever estimated from it."""
    stream, estimator, arrival_s, now_s = BeatStream(), Estimator(), 0.0, 0
    seconds, low, based, believed = 0, 0, 0, 0
    for row in _rows(path):
        arrival_s += float(row["rr_ms"]) / 1000
        while now_s + 1 < arrival_s:
            now_s += 1
            estimate = estimator.advance(now_s)
            seconds += 1
            low += _is_low(stream, now_s)
            based += estimate.baseline is not Grade.NONE
            believed += estimate.confidence > 0
        packet = HeartPacket(arrival_s, 70, (round(float(row["rr_ms"]) * RR_TICKS_PER_SECOND / 1000),))
        stream.hear(packet)
        estimator.hear(packet)
    results: Results = {"seconds": seconds, "low_quality_s": low, "with_baseline_s": based, "believed_s": believed}
    return Condition("Polar H10, very frequent ectopy", {"calando": results})


def _is_low(stream: BeatStream, now_s: float) -> bool:
    return stream.quality(now_s, 60.0) < LOW_QUALITY


if __name__ == "__main__":
    main()
