"""How many times faster than it sounds the built-in synth computes: 16 voices of 3 oscillators, every effect on.

    python -m benchmarks.synth [--json] [--seconds 20]

48 kHz on one core, the median of five runs, in processor time: what other programs take is not counted. ``profile`` is
where that time goes.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import cProfile
import pstats
import statistics
import time

from benchmarks.report import Condition, Results, print_report
from engine.midi import CHORUS, REVERB, control, note_on
from engine.output.synth_core import BLOCK, Synth
from engine.output.synth_timbres import SAMPLE_RATE

VOICES = 16
RUNS = 5
WARM_UP_S = 5.0
FIGURE = 10.0
PARTS = {
    "oscillators": "_oscillators",
    "gains": "_multiply_gains",
    "buses": "_mix",
    "reverb": "synth_reverb.py",
    "chorus": "Chorus",
    "limiter": "Limiter",
}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.synth", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--seconds", type=float, default=20.0, help="of sound in each run")
    asked = parser.parse_args()
    speeds = [speed(asked.seconds) for _ in range(RUNS)]
    results: Results = {
        "times_real_time": statistics.median(speeds),
        "slowest_run": min(speeds),
        "fastest_run": max(speeds),
        "reaches_10": statistics.median(speeds) >= FIGURE,
    }
    conditions = [Condition("16 voices x 3 oscillators, chorus, reverb, limiter", {"calando": results})]
    conditions.append(Condition("profile, share of the time", {"calando": shares(asked.seconds)}))
    print_report("synth", conditions, as_json=asked.json)


def playing() -> Synth:
    """A synth whose voices all sound, through all its effects, moving."""
    synth = Synth()
    pitches = [(index % 6, 40 + 3 * index) for index in range(VOICES)]
    sends = [control(channel, number, 100) for channel in range(6) for number in (REVERB, CHORUS)]
    synth.block([(0, data) for data in (*sends, *(note_on(channel, pitch, 44) for channel, pitch in pitches))])
    for _ in range(round(WARM_UP_S * SAMPLE_RATE / BLOCK)):
        synth.block([])
    return synth


def compute(synth: Synth, seconds: float) -> None:
    """So many seconds, with a level that moves every 100 ms as a session's does."""
    for block in range(round(seconds * SAMPLE_RATE / BLOCK)):
        synth.block([(0, control(block // 5 % 6, 11, 90 + block // 5 % 9))] if block % 5 == 0 else [])


def speed(seconds: float) -> float:
    """Seconds of sound for each second of the processor's."""
    synth = playing()
    started_s = time.process_time()
    compute(synth, seconds)
    return seconds / (time.process_time() - started_s)


def shares(seconds: float) -> Results:
    """The share of the time that each part takes, what it calls included."""
    synth, profile = playing(), cProfile.Profile(time.process_time)
    profile.runcall(compute, synth, seconds)
    timed = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    whole = max(cumulative for _, _, _, cumulative, _ in timed.values())
    return {part: _share(timed, where) / whole for part, where in PARTS.items()}


def _share(timed: dict[tuple[str, int, str], tuple[int, int, float, float, object]], where: str) -> float:
    classes = {"Chorus": _line_of("Chorus"), "Limiter": _line_of("Limiter")}
    for (file, line, name), (_, _, _, cumulative, _) in timed.items():
        if name == where or (name == "process" and file.endswith(where)):
            return cumulative
        if name == "process" and where in classes and file.endswith("synth_effects.py") and line == classes[where]:
            return cumulative
    return 0.0


def _line_of(name: str) -> int:
    from engine.output import synth_effects

    process = getattr(synth_effects, name).process
    return int(process.__code__.co_firstlineno)


if __name__ == "__main__":
    main()
