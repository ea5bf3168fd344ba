"""An hour of six random voices from one peer into a MIDI file, as fast as it renders.

Arguments: the peer's name. Standard input: ``{"minutes": m, "tempo_bpm": bpm, "notes": n, "runs": r}``.
"""

import importlib
import json
import logging
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

VOICES = 6
SCALE = (62, 64, 65, 67, 69, 71, 72)


def _isobar(work: dict[str, Any], path: str) -> None:
    isobar = importlib.import_module("isobar")
    files = importlib.import_module("isobar.io.midifile.output")
    clocks = importlib.import_module("isobar.timelines.clock")
    device = files.MidiFileOutputDevice(path)
    timeline = isobar.Timeline(work["tempo_bpm"], output_device=device, clock_source=clocks.DummyClock())
    each = work["notes"] // VOICES
    beats = work["minutes"] * work["tempo_bpm"] / each
    for voice in range(VOICES):
        pitch = isobar.PChoice([pitch - 12 * (voice % 2) for pitch in SCALE])
        timeline.schedule(
            {
                "note": isobar.PSubsequence(pitch, 0, each),
                "duration": beats,
                "amplitude": isobar.PWhite(38, 58),
                "channel": voice,
            }
        )
    timeline.run(stop_when_done=True)
    device.write()


def _subsequence(work: dict[str, Any], path: str) -> None:
    subsequence = importlib.import_module("subsequence")
    composition = subsequence.Composition(bpm=work["tempo_bpm"], seed=1)
    beats = work["minutes"] * work["tempo_bpm"]
    spacing = beats * VOICES / work["notes"]
    generator = random.Random(1)

    def voice(channel: int) -> None:
        due = [0.0]

        def build(p: Any) -> None:
            while due[0] < 4.0:
                p.note(generator.choice(SCALE), beat=due[0], velocity=generator.randint(38, 58), duration=spacing * 0.9)
                due[0] += spacing
            due[0] -= 4.0

        build.__name__ = f"voice_{channel}"
        composition.pattern(channel=channel, beats=4)(build)

    for channel in range(1, VOICES + 1):
        voice(channel)
    composition.render(bars=round(beats / 4), filename=path, max_minutes=None)


PEERS: dict[str, Callable[[dict[str, Any], str], None]] = {"isobar": _isobar, "subsequence": _subsequence}


def main() -> None:
    """Render, and say how long it took."""
    logging.disable(logging.CRITICAL)
    work = json.load(sys.stdin)
    walls, cpus, notes = [], [], 0
    for _ in range(work["runs"]):
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "peer.mid")
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            PEERS[sys.argv[1]](work, path)
            walls.append(time.perf_counter() - wall_s)
            cpus.append(time.process_time() - cpu_s)
            notes = _notes(path)
    print(json.dumps({"wall_s": statistics.median(walls), "cpu_s": statistics.median(cpus), "notes": notes}))


def _notes(path: str) -> int:
    mido = importlib.import_module("mido")
    tracks = mido.MidiFile(path).tracks
    return sum(message.type == "note_on" and message.velocity > 0 for track in tracks for message in track)


if __name__ == "__main__":
    main()
