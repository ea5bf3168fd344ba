"""A heart that beats: when its R peaks fall, given how far something drives it up."""

import math
import random
from dataclasses import dataclass

SHORTEST_RR_S = 0.3
LONGEST_RR_S = 2.0
_WITHDRAWAL_BPM = 20.0
_SETTLING_TAU_S = 420.0
_WANDER_TAU_S = 90.0
_SLOW_WAVE_HZ = 0.095


@dataclass(frozen=True, slots=True)
class Body:
    """How one person's heart behaves at rest, and how it answers.

    ``rsa_ms`` is the amplitude of breathing in the RR intervals (respiratory sinus arrhythmia), ``slow_wave_ms`` that
    of the blood-pressure wave near 0.1 Hz, ``wander_bpm`` the standard deviation of the slow drift, ``settling_bpm``
    what is left to fall on arrival. ``response`` is the share of each rise that this heart shows, ``coupling`` the
    share of a soothable rise that fully calm music takes away. ``contact_bits`` is 1 where the strap tells contact.
    """

    resting_bpm: float = 68.0
    rsa_ms: float = 35.0
    breath_per_min: float = 13.0
    slow_wave_ms: float = 15.0
    wander_bpm: float = 1.0
    noise_ms: float = 6.0
    settling_bpm: float = 3.0
    ectopic_share: float = 0.0
    response: float = 1.0
    coupling: float = 0.0
    contact_bits: float = 0.0


def some_body(seed: int) -> Body:
    """A person drawn by the seed, from the ordinary range of resting adults."""
    draw = random.Random(f"{seed}/body")
    return Body(
        resting_bpm=draw.uniform(60, 76),
        rsa_ms=draw.uniform(18, 55),
        breath_per_min=draw.uniform(11, 16),
        slow_wave_ms=draw.uniform(8, 22),
        settling_bpm=draw.uniform(1.5, 4.5),
    )


class Heart:
    """Beats on and on; the draws of its generators depend on the seed and the number of beats alone."""

    def __init__(self, seed: int) -> None:
        self._noise = random.Random(f"{seed}/heart")
        self._ectopy = random.Random(f"{seed}/ectopy")
        self._breath = self._noise.random()
        self._wander = 0.0
        self._to_come_s = [0.0]

    def peaks_until(self, until_s: float, body: Body, drive_bpm: float) -> list[float]:
        """Times of the R peaks after the last one given, up to and with ``until_s``, while something (fear, a drug,
        a walk) drives the heart ``drive_bpm`` above rest."""
        peaks: list[float] = []
        while self._to_come_s[0] <= until_s:
            peak_s = self._to_come_s.pop(0)
            peaks.append(peak_s)
            if not self._to_come_s:
                interval_s = self._interval_s(peak_s, body, drive_bpm)
                self._to_come_s = self._after(peak_s, interval_s, body)
        return peaks

    def _interval_s(self, at_s: float, body: Body, drive_bpm: float) -> float:
        settling_bpm = body.settling_bpm * math.exp(-at_s / _SETTLING_TAU_S)
        rate_bpm = body.resting_bpm + settling_bpm + self._wander * body.wander_bpm + drive_bpm
        mean_s = 60.0 / max(30.0, rate_bpm)
        withdrawal = math.exp(-max(0.0, drive_bpm) / _WITHDRAWAL_BPM)
        ripple_ms = (
            withdrawal * body.rsa_ms * math.sin(2 * math.pi * self._breath)
            + withdrawal * body.slow_wave_ms * math.sin(2 * math.pi * _SLOW_WAVE_HZ * at_s)
            + body.noise_ms * self._noise.gauss(0, 1)
        )
        self._move_on(mean_s, body)
        return min(LONGEST_RR_S, max(SHORTEST_RR_S, mean_s + ripple_ms / 1000.0))

    def _move_on(self, interval_s: float, body: Body) -> None:
        self._breath += interval_s * body.breath_per_min / 60.0 * (1.0 + 0.1 * self._noise.gauss(0, 1))
        kept = math.exp(-interval_s / _WANDER_TAU_S)
        self._wander = kept * self._wander + math.sqrt(1.0 - kept * kept) * self._noise.gauss(0, 1)

    def _after(self, peak_s: float, interval_s: float, body: Body) -> list[float]:
        """The next peak; or an early (ectopic) one with the pause that makes up for it."""
        ectopic, early_share = self._ectopy.random() < body.ectopic_share, self._ectopy.uniform(0.6, 0.75)
        if not ectopic:
            return [peak_s + interval_s]
        return [peak_s + early_share * interval_s, peak_s + 2 * interval_s]
