"""One peer's lateness at the send call: a message each 50 ms to the JACK port ``recv``.

Arguments: the peer (isobar, mido or asyncio), seconds, ``idle`` or ``loaded`` (a thread keeps the interpreter's lock
for 40 ms of every 100). Answers with ``late_s``, against a grid laid through the most punctual message.
"""

import asyncio
import importlib
import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

STEP_S = 0.05
BURST_S, PAUSE_S = 0.04, 0.06
BACKEND = "mido.backends.rtmidi/UNIX_JACK"

Send = Callable[[Any], None]


def main() -> None:
    """Play, and say how late each message left."""
    peer, seconds, load = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    mido = importlib.import_module("mido")
    mido.set_backend(BACKEND)
    name = next(each for each in mido.get_output_names() if "recv" in each)
    ended = threading.Event()
    if load == "loaded":
        threading.Thread(target=_bursts, args=(ended,), daemon=True).start()
    times: list[float] = []
    {"isobar": _isobar, "mido": _mido, "asyncio": _asyncio}[peer](mido, name, seconds, times)
    ended.set()
    print(json.dumps({"late_s": _late(times)}), flush=True)


def _late(times: list[float]) -> list[float]:
    offsets = [at_s - index * STEP_S for index, at_s in enumerate(times)]
    return [offset - min(offsets) for offset in offsets]


def _bursts(ended: threading.Event) -> None:
    while not ended.wait(PAUSE_S):
        until_s = time.perf_counter() + BURST_S
        while time.perf_counter() < until_s:
            sum(range(500))


def _isobar(mido: Any, name: str, seconds: float, times: list[float]) -> None:
    isobar = importlib.import_module("isobar")
    device = isobar.MidiOutputDevice(name)
    send = device.midi.send

    def timed(message: Any) -> None:
        if message.type in ("note_on", "note_off"):
            times.append(time.perf_counter())
        send(message)

    device.midi.send = timed
    timeline = isobar.Timeline(60, output_device=device)
    timeline.stop_when_done = True
    notes = isobar.PSequence([60, 62, 64, 65, 67], round(seconds / STEP_S / 10))
    timeline.schedule({"note": notes, "duration": 2 * STEP_S, "gate": 0.5, "amplitude": 40})
    timeline.run()


def _mido(mido: Any, name: str, seconds: float, times: list[float]) -> None:
    track = mido.MidiTrack()
    for index in range(round(seconds / STEP_S)):
        kind = "note_off" if index % 2 else "note_on"
        track.append(mido.Message(kind, note=60 + index // 2 % 7, velocity=40, time=48))
    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(track)
    with mido.open_output(name) as port:
        for message in file.play():
            times.append(time.perf_counter())
            port.send(message)


def _asyncio(mido: Any, name: str, seconds: float, times: list[float]) -> None:
    async def play(port: Any) -> None:
        loop, played = asyncio.get_running_loop(), asyncio.Event()

        def send(index: int) -> None:
            times.append(time.perf_counter())
            port.send(mido.Message("note_off" if index % 2 else "note_on", note=60 + index // 2 % 7, velocity=40))
            if index + 1 == count:
                played.set()

        count, start_s = round(seconds / STEP_S), loop.time() + 0.5
        for index in range(count):
            loop.call_at(start_s + index * STEP_S, send, index)
        await played.wait()

    with mido.open_output(name) as port:
        asyncio.run(play(port))


if __name__ == "__main__":
    main()
