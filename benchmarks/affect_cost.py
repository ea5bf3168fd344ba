"""What the estimator costs: an hour of packets and seconds in plain Python, and the memory of a day."""

import pickle
import random
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

from benchmarks.report import OURS, Condition
from engine.affect.arousal import Estimator
from sensors.beats import BeatStream
from sensors.heart import RR_TICKS_PER_SECOND, HeartPacket

SECONDS = 3600
ROUNDS = 9


def packets(seconds: int = SECONDS) -> list[HeartPacket]:
    """A resting heart of about 75/min, one packet a second."""
    draw, beat_s, told = random.Random(1), 0.0, []
    for second in range(1, seconds + 1):
        rr: list[int] = []
        while beat_s < second:
            interval = round(draw.gauss(0.8, 0.03) * RR_TICKS_PER_SECOND)
            beat_s += interval / RR_TICKS_PER_SECOND
            rr.append(interval)
        told.append(HeartPacket(second + 0.02, 75, tuple(rr)))
    return told


def day(estimator: Estimator) -> list[int]:
    """Let it live 24 hours; how many bytes it is, written out, after each."""
    hour, sizes = packets(), []
    for number in range(24):
        for packet in hour:
            estimator.hear(replace(packet, arrival_s=packet.arrival_s + number * 3600.0))
        estimator.advance(3600.0 * (number + 1))
        sizes.append(len(pickle.dumps(estimator)))
    return sizes


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


def cost(*, whole_day: bool = False) -> Condition:
    """An hour, the median of nine; the beats' own judgement is measured apart and taken off the estimator's share."""
    told = packets()
    beats = sum(len(packet.rr_ticks) for packet in told)
    pairs = [(_timed(_with_estimator, told), _timed(_with_stream, told)) for _ in range(ROUNDS)]
    result: dict[str, float] = {
        "cpu_s": median(whole for whole, _ in pairs),
        "beats_cpu_s": median(stream for _, stream in pairs),
        "estimator_us_per_beat": median(whole - stream for whole, stream in pairs) / beats * 1e6,
    }
    if whole_day:
        sizes = day(Estimator())
        result |= {"bytes_most_in_8_h": max(sizes[:8]), "bytes_most_in_24_h": max(sizes)}
    return Condition("an hour", {OURS: result})


def _timed(run: Callable[[list[HeartPacket]], None], told: list[HeartPacket]) -> float:
    start = time.process_time()
    run(told)
    return time.process_time() - start
