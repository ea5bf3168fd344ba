"""A strap, its radio and its truth: packets once a second, late, stalled or lost, of beats whose times are known."""

import math
import random
from dataclasses import dataclass

from sensors.heart import RR_TICKS_PER_SECOND

SLOT_S = 0.045
DRIFT = 40e-6


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet's arrival and its intervals, with the true end of each on the receiver's clock."""

    arrival_s: float
    rr_s: tuple[float, ...]
    true_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Air:
    """How beats travel; chances are of each packet. The strap's constant latency is left out of the truth."""

    rr_s: float = 0.85
    minutes: float = 30.0
    latency_s: float = 2.6
    late: float = 0.15
    stalled: float = 0.01
    lost: float = 0.0

    def packets(self, seed: int) -> list[Sent]:
        """Everything that arrives, in order."""
        dice = random.Random(seed)
        beats, packets, sent_s, arrival_s, index = self._beats(dice), list[Sent](), 1.0, 0.0, 0
        while index < len(beats):
            first = index
            while index < len(beats) and beats[index][0] <= sent_s:
                index += 1
            arrival_s = max(arrival_s, self._arrival_s(sent_s, dice))
            if index > first and dice.random() >= self.lost:
                rr_s = tuple(round(rr * RR_TICKS_PER_SECOND) / RR_TICKS_PER_SECOND for _, rr in beats[first:index])
                true_s = tuple(time * (1 + DRIFT) + self.latency_s for time, _ in beats[first:index])
                packets.append(Sent(arrival_s * (1 + DRIFT), rr_s, true_s))
            sent_s += 1.0
        return packets

    def _beats(self, dice: random.Random) -> list[tuple[float, float]]:
        time_s, wander_s, beats = 0.0, 0.0, list[tuple[float, float]]()
        while time_s < 60 * self.minutes:
            wander_s += dice.gauss(0, 0.005) - 0.02 * wander_s
            breath_s = 0.03 * math.sin(2 * math.pi * time_s / 10)
            rr_s = max(0.35, self.rr_s + wander_s + breath_s + dice.gauss(0, 0.015))
            time_s += rr_s
            beats.append((time_s, rr_s))
        return beats

    def _arrival_s(self, sent_s: float, dice: random.Random) -> float:
        arrival_s = math.ceil((sent_s + self.latency_s) / SLOT_S) * SLOT_S
        if dice.random() < self.late:
            arrival_s += dice.randint(1, 4) * SLOT_S
        if dice.random() < self.stalled:
            arrival_s += dice.uniform(0.5, 2.0)
        return arrival_s
