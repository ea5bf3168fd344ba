"""How fast an hour of music becomes a MIDI file, beside the peers that write one too.

    python -m benchmarks.render [--json] [--runs N] [--minutes M]

Ours plays all six layers with harmony, breath and limits, its twin guard included: once by the arc alone, once with
a simulated heart, the estimate and the policy on top. The peers play six voices of random tones of a scale, as many
notes as ours, and need neither harmony nor controllers for it. Medians of the runs (isobar: one), imports not counted.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import OURS, Condition, Results, missing, print_report, run_peer
from engine.config import load
from engine.offline import Rendering, fold_recording
from engine.output.smf import write_mid
from engine.score_file import midi_piece
from engine.session import Setup
from sensors.simulated import SimulatedListener

PEERS = {"subsequence": None, "isobar": 1}
"""Each peer, and how many runs it is given where not as many as ours."""

TEMPO_BPM = 58.0


def music(minutes: float) -> Rendering:
    """All layers by the arc alone."""
    return fold_recording(Setup(load("default"), 1, hears_a_heart=False), None, minutes)


def session(minutes: float) -> Rendering:
    """The same with a listener in distress."""
    return fold_recording(Setup(load("default"), 1), SimulatedListener("distress", 1), minutes)


def measured(render: Callable[[float], Rendering], minutes: float, runs: int) -> dict[str, float]:
    """Median wall and CPU seconds from nothing to the file; one run first that is not counted."""
    timed = [_timed(render, minutes) for _ in range(runs + 1)][1:]
    walls, cpus, notes = zip(*timed, strict=True)
    wall_s = statistics.median(walls)
    return {"wall_s": wall_s, "cpu_s": statistics.median(cpus), "notes": notes[0], "times_real": minutes * 60 / wall_s}


def _timed(render: Callable[[float], Rendering], minutes: float) -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory() as folder:
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        rendering = render(minutes)
        write_mid(Path(folder) / "hour.mid", midi_piece(rendering))
        return time.perf_counter() - wall_s, time.process_time() - cpu_s, float(rendering.notes)


def beside_peers(minutes: float, runs: int) -> Condition:
    """Ours by the arc alone, and each peer with as many notes; ``times_ours`` is a peer's wall time over ours."""
    ours = measured(music, minutes, runs)
    results: dict[str, Results] = {OURS: ours}
    for peer, its_runs in PEERS.items():
        work = {"minutes": minutes, "tempo_bpm": TEMPO_BPM, "notes": ours["notes"], "runs": its_runs or runs}
        told = run_peer("render_peer.py", [peer], json.dumps({**work, "notes": round(ours["notes"])}))
        results[peer] = {**told, "times_ours": told["wall_s"] / ours["wall_s"]} if told else missing("could not be run")
    return Condition(f"{minutes:g} minutes of six layers to a .mid", results)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.render", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=60.0)
    asked = parser.parse_args()
    conditions = [
        beside_peers(asked.minutes, asked.runs),
        Condition("the same in a session with a heart", {OURS: measured(session, asked.minutes, asked.runs)}),
    ]
    print_report("render", conditions, as_json=asked.json)


if __name__ == "__main__":
    main()
