"""What each channel's controllers should be, walked there step by step on a 100-ms grid."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.limiter import Limiter
from engine.midi import EXPRESSION, control
from generators.score import Control

START_S = 10.0
DEEPEST_SWELL_DB = 4.0
SLOWEST_START_DB_PER_S = 1.2
"""A person's start rises on a straight line that reaches the trough of the swell after 10 s, and so under 3 dB/s."""
FLOOR_VALUE = 20
FLOOR_DB = 40 * math.log10(FLOOR_VALUE / 127)
"""Below controller value 20 a level counts as 20."""
MESSAGES_PER_S = 12
FIRST = 1000.0
COLOUR_GRID = 2
"""Brightness and the like move one step every second grid step: they lag a little and never jump."""


def value_of_db(level_db: float) -> float:
    """A level controller's value for a level: 40 log10(value / 127) dB (General MIDI 2, section 3.3.1)."""
    return float(127 * 10 ** (level_db / 40))


def db_of_value(value: float) -> float:
    """The level of a controller value; below 20 counts as 20."""
    return 40 * math.log10(max(value, FLOOR_VALUE) / 127)


@dataclass(slots=True)
class Mixer:
    """Walks controllers toward what was asked: on change only, at most 12 messages a second, never too fast.

    ``channels`` maps a layer's name to its channel 0-15; ``level_cc`` is the controller that the synth obeys for
    level and stands in for expression.
    """

    limiter: Limiter
    channels: Mapping[str, int]
    level_cc: int = EXPRESSION
    _asked: dict[tuple[int, int], float] = field(default_factory=dict)
    _open: set[tuple[int, int]] = field(default_factory=set)
    _start_rates: dict[int, float] = field(default_factory=dict)
    _sent: dict[tuple[int, int], int] = field(default_factory=dict)
    _times_s: deque[float] = field(default_factory=deque)
    _started_s: float | None = None

    def start(self, now_s: float) -> list[bytes]:
        """Begin from silence: every channel's level at 0, which costs no message budget."""
        self._started_s = now_s
        self._asked.clear()
        self._open.clear()
        self._start_rates.clear()
        self._sent.clear()
        messages = [control(channel, self.level_cc, 0) for channel in self.channels.values()]
        for data in messages:
            self.limiter.accept(now_s, data)
            self._sent[data[0] & 0x0F, data[1]] = 0
        return messages

    def walk(self, now_s: float, asked: Sequence[Control]) -> list[bytes]:
        """One step of the grid: of all that was asked so far, what lags the most moves, as far as it may."""
        for each in asked:
            key = self.channels[each.layer], self.level_cc if each.number == EXPRESSION else each.number
            self._asked[key] = each.value
            self._open.add(key)
        while self._times_s and self._times_s[0] <= now_s - 1.0:
            self._times_s.popleft()
        budget = MESSAGES_PER_S - len(self._times_s)
        messages = (self._step(now_s, *lag[1:]) for lag in self._lagging(now_s)[:budget]) if budget > 0 else ()
        return [data for data in messages if data is not None]

    def _step(self, now_s: float, channel: int, number: int, value: int) -> bytes | None:
        allowed = self.limiter.nearest(now_s, control(channel, number, value))
        if allowed is None or allowed[2] == self._sent.get((channel, number)):
            return None
        self.limiter.accept(now_s, allowed)
        if (channel, number) in self._sent:
            self._times_s.append(now_s)
        self._sent[channel, number] = allowed[2]
        return allowed

    def _lagging(self, now_s: float) -> list[tuple[float, int, int, int]]:
        """What is not where it should be: (weight, the heaviest lowest; channel; number; value)."""
        lagging: list[tuple[float, int, int, int]] = []
        colours_move = round(now_s * 10) % COLOUR_GRID == 0
        for key in sorted(self._open):
            channel, number = key
            if number == self.level_cc:
                lag = self._level_lag(now_s, key)
            elif colours_move or key not in self._sent:
                lag = self._error(key, self._asked[key]) / 2, self._one_step(key)
            else:
                continue
            if lag[0] > 0.5:
                lagging.append((-lag[0], channel, number, lag[1]))
            elif self._started_s is None:
                self._open.discard(key)
        lagging.sort()
        return lagging

    def _level_lag(self, now_s: float, key: tuple[int, int]) -> tuple[float, int]:
        level = self._asked[key]
        if self._started_s is not None:
            level = min(level, self._line(now_s, key[0], level))
        return self._error(key, level), round(level)

    def _one_step(self, key: tuple[int, int]) -> int:
        value = round(self._asked[key])
        sent = self._sent.get(key, value)
        return max(sent - 1, min(sent + 1, value))

    def _error(self, key: tuple[int, int], value: float) -> float:
        """How far a controller lags; a first value lags the most, and what nobody hears does not lag."""
        sent = self._sent.get(key)
        if sent is None:
            return FIRST
        audible = self._sent.get((key[0], self.level_cc), 0)
        if key[1] == self.level_cc:
            audible = max(audible, round(value))
        return abs(value - sent) if audible >= FLOOR_VALUE else 0.0

    def _line(self, now_s: float, channel: int, asked: float) -> float:
        """The highest value that a start allows by now; soon above every value there is."""
        since_s = now_s - (self._started_s or 0.0)
        if since_s * SLOWEST_START_DB_PER_S > -FLOOR_DB:
            self._started_s = None
        rate = self._start_rates.setdefault(channel, start_rate_db_per_s(asked))
        return value_of_db(FLOOR_DB + rate * since_s)


def start_rate_db_per_s(asked: float) -> float:
    """How fast a level that is asked for at the start may rise from nothing."""
    return max(SLOWEST_START_DB_PER_S, (db_of_value(asked) - DEEPEST_SWELL_DB - FLOOR_DB) / START_S)
