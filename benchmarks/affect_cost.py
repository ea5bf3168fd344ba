"""What the estimator costs: an hour of packets and seconds, in plain Python."""

import random
import time
from collections.abc import Callable

from benchmarks.report import OURS, Condition
from engine.affect.arousal import Estimator
from sensors.beats import BeatStream
from sensors.heart import TICKS_PER_SECOND, HeartPacket

SECONDS = 3600
ROUNDS = 5


def packets(seconds: int = SECONDS) -> list[HeartPacket]:
    """A resting heart of about 75/min, one packet a second."""
    draw, beat_s, told = random.Random(1), 0.0, []
    for second in range(1, seconds + 1):
        rr: list[int] = []
        while beat_s < second:
            interval = round(draw.gauss(0.8, 0.03) * TICKS_PER_SECOND)
            beat_s += interval / TICKS_PER_SECOND
            rr.append(interval)
        told.append(HeartPacket(second + 0.02, 75, tuple(rr)))
    return told


def _with_estimator(told: list[HeartPacket]) -> None:
    estimator = Estimator()
    for second, packet in enumerate(told, 1):
        estimator.hear(packet)
        estimator.advance(float(second))


def _with_stream(told: list[HeartPacket]) -> None:
    stream = BeatStream()
    for second, packet in enumerate(told, 1):
        stream.hear(packet)
        stream.quality(second, 10.0)
        stream.quality(second, 30.0)


def cost() -> Condition:
    """An hour, the best of five; the beats' own judgement is measured apart and taken off the estimator's share."""
    told = packets()
    beats = sum(len(packet.rr_ticks) for packet in told)
    whole_s, stream_s = (min(_timed(run, told) for _ in range(ROUNDS)) for run in (_with_estimator, _with_stream))
    result = {"wall_s": whole_s, "beats_s": stream_s, "estimator_us_per_beat": (whole_s - stream_s) / beats * 1e6}
    return Condition("an hour", {OURS: result})


def _timed(run: Callable[[list[HeartPacket]], None], told: list[HeartPacket]) -> float:
    start = time.perf_counter()
    run(told)
    return time.perf_counter() - start
