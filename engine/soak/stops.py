"""Law 4 for the stream checker, from its text alone: when a stop is over, how fast it falls, and who lets it sound."""

import math
from collections import defaultdict
from dataclasses import dataclass, field

from engine.soak.traces import Trace

STOPS = {
    "silence": (0.1, 1.0),
    "end": (1.0, 9.1),
    "pause": (1.0, 9.1),
    "crash": (0.25, 2.35),
    "heartbeat": (1.25, 3.35),
    "guardian": (0.0, 1.5),
}
"""Seconds until a stop must have begun, and until all must be off (law 4, with 0.1 s for the last messages)."""

FADES_S = {"silence": 0.7, "end": 8.0, "pause": 8.0, "crash": 2.0, "heartbeat": 2.0, "guardian": 0.0}
"""How long each fades at least; where the guardian itself is gone all is off at once."""

WINDOW_S, STEP_S, LATE_S = 0.1, 0.04, 0.1
"""A fall is judged by the first; it may hold two more steps, and one that came so much late."""

REST_S, REST_WINDOW_S, REST_STEP_S = 0.1, 0.04, 0.02
"""What a fade has at least for its rest after its guardian stood still, and how it is judged then."""

OWN_SHARE = 0.05
"""What the music itself may fall by in such a time, at 4 dB/s with one step of the grid more."""

MARGIN = 2
"""Steps of the controller: what is rounded at either end."""


@dataclass(frozen=True)
class Told:
    """A stop, and when it was asked for."""

    kind: str
    at_s: float

    @property
    def begun_s(self) -> float:
        """From here on nothing starts or rises."""
        return self.at_s + STOPS[self.kind][0]

    @property
    def quiet_s(self) -> float:
        """From here on all is off."""
        return self.at_s + STOPS[self.kind][1]


@dataclass
class Fall:
    """How far a level may fall within 100 ms of a stop: straight down over the shortest fade that was asked for.

    After a guardian stood still once the rest may be over in ``REST_S``; after twice, what is overdue may be left out.
    """

    _levels: dict[int, Trace] = field(default_factory=lambda: defaultdict(Trace))
    _peaks: dict[int, float] = field(default_factory=dict)
    _fade_s: float = math.inf
    _stalls: int = 0

    def hurry(self, kind: str) -> None:
        """A stop of this kind was asked for; a second one only makes the fade shorter."""
        if self._fade_s == math.inf:
            self._start()
        self._fade_s = min(self._fade_s, FADES_S[kind])

    def _start(self) -> None:
        self._peaks = {channel: trace.values[-1] for channel, trace in self._levels.items()}

    def away(self) -> None:
        """The guardian stands still for a while."""
        if self._fade_s < math.inf:
            self._stalls += 1
            self._start()

    def over(self) -> None:
        """The stop is over, or was taken back."""
        self._fade_s, self._stalls = math.inf, 0

    def excess(self, now_s: float, channel: int, value: int) -> str | None:
        """The level of a channel is ``value`` from now on; a sentence where it fell too fast."""
        trace = self._levels[channel]
        trace.add(now_s, value)
        self._peaks[channel] = peak = max(self._peaks.get(channel, 0), value)
        if self._fade_s in (0.0, math.inf) or self._stalls > 1:
            return None
        window_s, share = self._rule
        fell = max(trace.within(now_s - window_s)) - value
        may = peak * (share + OWN_SHARE) + MARGIN
        within = f"within {window_s * 1000:.0f} ms of a stop"
        return f"a level falls {fell:.0f} {within}, more than {may:.1f}" if fell > may else None

    @property
    def _rule(self) -> tuple[float, float]:
        """Within which time, and what share of the level it had."""
        if self._stalls:
            return REST_WINDOW_S, (REST_WINDOW_S + REST_STEP_S) / REST_S
        return WINDOW_S, (WINDOW_S + STEP_S + LATE_S) / self._fade_s

    def forget(self) -> None:
        """What was long ago."""
        for trace in self._levels.values():
            trace.forget()


@dataclass
class Leave:
    """Whether anything may sound: after a person's *play on* that no stop came after. Asked only if it ``waits``."""

    waits: bool
    _pressed: bool = False
    _open: bool = False
    _before: bool = False

    def press(self) -> None:
        """A person plays on; in a fade that counts after it."""
        self._pressed = True

    def void(self) -> None:
        """A stop was asked for: what was pressed before is no longer meant. What sounds still fades."""
        self._before = self._pressed or self._open
        self._pressed = False

    def restore(self) -> None:
        """That stop was taken back, by a heartbeat that returned."""
        self._pressed |= self._before

    def close(self) -> None:
        """All is silent."""
        self._open = False

    def sounds(self) -> bool:
        """Something sounds now; False where nobody let it, which is told once."""
        may = not self.waits or self._open or self._pressed
        self._open = True
        return may
