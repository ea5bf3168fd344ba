"""How well arousal tells stress from rest on labelled recordings, and how quiet it stays on ordinary life.

``python -m benchmarks.affect DIR --baseline L,.. --stress L,.. [--rest L,..]`` scores a folder with ``beats.csv``
(subject, time_s, rr_ms, label) or ``hr_1hz.csv`` (subject, time_s, hr_bpm, label); without ``--stress`` it counts
elevated minutes. ``--listeners N`` adds the simulated listeners, ``--cost`` the price of an hour and the memory of a
day, ``--pictures FOLDER`` draws those of docs/estimator.md.

Scored is the arousal before confidence, ungated and unmarked, at the end of each 60-s window (30 s where phases are
short); the baseline is handed in by label and its first half never scored. In the same run: the mean heart rate of the
window, cleaned offline, less the baseline's (naive), the 60-s median with nothing learned (frozen), lnRMSSD, the sum
of naive and lnRMSSD, logistic regression trained on the other people, and time alone, which no arousal should follow.
"""

import argparse
import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.affect_cost import cost
from benchmarks.affect_listeners import PARTS, listener_conditions
from benchmarks.affect_picture import draw, draw_page
from benchmarks.affect_windows import Heard, Labels, Window, finite, hear
from benchmarks.ranking import Numbers, Scored, Truth, summary
from benchmarks.report import OURS, Condition, Results, print_report

Score = Callable[[Heard, Window], float]


def _arousal(heard: Heard, window: Window) -> float:
    return heard.at(window.end_s).arousal


def _frozen(heard: Heard, window: Window) -> float:
    return heard.at(window.end_s).frozen_bpm


def _naive(heard: Heard, window: Window) -> float:
    return window.hr_bpm - heard.calibration.hr_bpm


def _rmssd(heard: Heard, window: Window) -> float:
    return finite(heard.calibration.ln_rmssd - window.ln_rmssd)


def _sum(heard: Heard, window: Window) -> float:
    return _naive(heard, window) / 10 + _rmssd(heard, window)


def _time(_: Heard, window: Window) -> float:
    return window.end_s


SCORES: dict[str, Score] = {
    OURS: _arousal,
    "naive": _naive,
    "frozen": _frozen,
    "rmssd": _rmssd,
    "naive + rmssd": _sum,
    "time only": _time,
}
LOGISTIC = "logistic"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = _options(arguments)
    if options.pictures:
        draw_page(options.pictures)
    conditions: list[Condition] = []
    if options.folder:
        conditions += list(recordings(options.folder, _labels(options), options.plot))
    if options.listeners:
        conditions += list(listener_conditions(options.listeners, options.part or PARTS))
    if options.cost:
        conditions.append(cost(whole_day=True))
    print_report("affect", conditions, as_json=options.json)


def recordings(folder: Path, labels: Labels | None, plot: Path | None = None) -> Iterator[Condition]:
    """The conditions of a folder: all rests and the baseline alone as negatives, or ordinary life."""
    path = next(p for p in (folder / "beats.csv", folder / "hr_1hz.csv") if p.is_file())
    people = [heard for subject in _subjects(path) if (heard := hear(path, subject, labels))]
    if plot:
        draw(people, plot)
    if labels is None:
        yield _ordinary_life(folder.name, people)
        return
    if labels.rest:
        yield _condition(f"{folder.name}: all rests", people, labels, labels.baseline | labels.rest)
    yield _condition(f"{folder.name}: baseline only", people, labels, labels.baseline)


def _condition(name: str, people: Sequence[Heard], labels: Labels, calm: frozenset[str]) -> Condition:
    kept = [(heard, [w for w in heard.windows if w.label in labels.stress | calm]) for heard in people]
    kept = [(heard, windows) for heard, windows in kept if windows]
    stress = [np.array([w.label in labels.stress for w in windows]) for _, windows in kept]
    scored = {
        who: [Scored(np.array([score(h, w) for w in ws]), s) for (h, ws), s in zip(kept, stress, strict=True)]
        for who, score in SCORES.items()
    }
    scored[LOGISTIC] = _left_one_out(kept, [person.stress for person in scored["naive"]])
    results: dict[str, Results] = {}
    for who, scores in scored.items():
        results[who] = {**summary(scores, scored["naive"]), **_elevated(who, kept, stress)}
    results[OURS] = {**results[OURS], "people": len(kept), "windows": sum(len(ws) for _, ws in kept)}
    return Condition(name, results)


def _elevated(who: str, kept: Sequence[tuple[Heard, list[Window]]], stress: Sequence[Truth]) -> dict[str, float]:
    """The share of windows that end in *elevated*: hits among stress, false alarms among the others."""
    if who not in (OURS, "frozen"):
        return {}
    seconds = [heard.at(w.end_s) for heard, windows in kept for w in windows]
    said = np.array([s.elevated if who == OURS else s.frozen_elevated for s in seconds])
    truth = np.concatenate(stress)
    return {"hit_share": float(said[truth].mean()), "false_alarm_share": float(said[~truth].mean())}


def _ordinary_life(name: str, people: Sequence[Heard]) -> Condition:
    seconds = [second for heard in people for second in heard.seconds[300:]]
    hours = len(seconds) / 3600
    return Condition(
        f"{name}: ordinary life",
        {
            OURS: {"elevated_share": float(np.mean([s.elevated for s in seconds])), "people_h": hours},
            "frozen": {"elevated_share": float(np.mean([s.frozen_elevated for s in seconds])), "people_h": hours},
        },
    )


def _left_one_out(kept: Sequence[tuple[Heard, list[Window]]], stress: Sequence[Truth]) -> list[Scored]:
    """Logistic regression on level, frozen level, lnRMSSD and slope, each person scored by the others' fit."""
    features = [np.array([_features(heard, w) for w in windows]) for heard, windows in kept]
    scored = []
    for left_out in range(len(kept)):
        others = [i for i in range(len(kept)) if i != left_out]
        fit = _fit(np.concatenate([features[i] for i in others]), np.concatenate([stress[i] for i in others]))
        scored.append(Scored(fit(features[left_out]), stress[left_out]))
    return scored


def _features(heard: Heard, window: Window) -> list[float]:
    second = heard.at(window.end_s)
    return [_naive(heard, window), second.frozen_bpm, _rmssd(heard, window), second.slope]


def _fit(features: Numbers, stress: Truth, ridge: float = 1.0, steps: int = 12) -> Callable[[Numbers], Numbers]:
    """Newton's method on standardised features with a small ridge."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9

    def design(raw: Numbers) -> Numbers:
        return np.column_stack([np.ones(len(raw)), (raw - mean) / spread])

    x, weights = design(features), np.zeros(features.shape[1] + 1)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (stress - p) - ridge * weights
        curvature = (x * (p * (1 - p))[:, None]).T @ x + ridge * np.eye(len(weights))
        weights = weights + np.linalg.solve(curvature, slope)
    return lambda raw: np.asarray(design(raw) @ weights)


def _subjects(path: Path) -> list[str]:
    with path.open(newline="") as file:
        return list(dict.fromkeys(row["subject"] for row in csv.DictReader(file)))


def _labels(options: argparse.Namespace) -> Labels | None:
    if not options.stress:
        return None
    return Labels(
        *(frozenset(filter(None, text.split(","))) for text in (options.baseline, options.stress, options.rest))
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.affect", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--baseline", default="", help="labels of the baseline, comma-separated")
    parser.add_argument("--stress", default="", help="labels of stress")
    parser.add_argument("--rest", default="", help="labels of other rest")
    parser.add_argument("--listeners", type=int, default=0, help="simulated listeners for each story")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part of the listeners; repeatable")
    parser.add_argument("--cost", action="store_true", help="what an hour costs")
    parser.add_argument("--plot", type=Path, help="draw the people into this folder")
    parser.add_argument("--pictures", type=Path, help="draw the pictures of docs/estimator.md into this folder")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
