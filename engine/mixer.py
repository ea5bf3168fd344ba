"""What each channel's controllers should be, walked there step by step on a grid of 200 ms."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.limiter import Limiter
from engine.midi import EXPRESSION, TICKS_PER_SECOND, control
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
GRID_TICKS = 4
"""Controllers move on every fourth tick: the breath is slow, and each step then too small to hear."""
COLOUR_TICKS, COLOUR_STEP = 8, 2
"""Brightness and the like move two steps every 400 ms: they lag a little and never jump."""


def value_of_db(level_db: float) -> float:
    """A level controller's value for a level: 40 log10(value / 127) dB (General MIDI 2, section 3.3.1)."""
    return float(127 * 10 ** (level_db / 40))


def db_of_value(value: float) -> float:
    """The level of a controller value; below 20 counts as 20."""
    return 40 * math.log10(max(value, FLOOR_VALUE) / 127)


@dataclass(slots=True)
class Fader:
    """One controller of one channel: what was asked of it, and what was sent."""

    channel: int
    number: int
    asked: float = 0.0
    sent: int | None = None
    start_rate_db_per_s: float | None = None


@dataclass(slots=True)
class Mixer:
    """Walks controllers toward what was asked: on change only, at most 12 messages a second, never too fast.

    ``channels`` maps a layer's name to its channel 0-15; ``level_cc`` is the controller that the synth obeys for
    level and stands in for expression.
    """

    limiter: Limiter
    channels: Mapping[str, int]
    level_cc: int = EXPRESSION
    _faders: dict[tuple[int, int], Fader] = field(default_factory=dict)
    _moving: dict[tuple[int, int], Fader] = field(default_factory=dict)
    _times_s: deque[float] = field(default_factory=deque)
    _started_s: float | None = None

    def start(self, now_s: float) -> list[bytes]:
        """Begin from silence: every channel's level at 0, which costs no message budget."""
        self._started_s = now_s
        self._faders.clear()
        self._moving.clear()
        messages = [control(channel, self.level_cc, 0) for channel in self.channels.values()]
        for data in messages:
            self.limiter.accept(now_s, data)
            self._fader(data[0] & 0x0F, self.level_cc).sent = 0
        return messages

    def walk(self, now_s: float, asked: Sequence[Control]) -> list[bytes]:
        """One step of the grid: of all that was asked so far, what lags the most moves, as far as it may."""
        for each in asked:
            fader = self._fader(self.channels[each.layer], self.level_cc if each.number == EXPRESSION else each.number)
            fader.asked = each.value
            self._moving[fader.channel, fader.number] = fader
        lagging = self._lagging(now_s) if self._moving else ()
        if not lagging:
            return []
        messages = (self._step(now_s, fader, value) for *_, fader, value in lagging[: self._budget(now_s)])
        return [data for data in messages if data is not None]

    def _fader(self, channel: int, number: int) -> Fader:
        key = channel, number
        if key not in self._faders:
            self._faders[key] = Fader(channel, number)
        return self._faders[key]

    def _budget(self, now_s: float) -> int:
        while self._times_s and self._times_s[0] <= now_s - 1.0:
            self._times_s.popleft()
        return max(MESSAGES_PER_S - len(self._times_s), 0)

    def _step(self, now_s: float, fader: Fader, value: int) -> bytes | None:
        allowed = self.limiter.nearest(now_s, control(fader.channel, fader.number, value))
        if allowed is None or allowed[2] == fader.sent:
            return None
        self.limiter.accept(now_s, allowed)
        if fader.sent is not None:
            self._times_s.append(now_s)
        fader.sent = allowed[2]
        return allowed

    def _lagging(self, now_s: float) -> list[tuple[float, int, int, Fader, int]]:
        """What is not where it should be: (weight, the heaviest lowest; channel; number; the fader; its value)."""
        lagging: list[tuple[float, int, int, Fader, int]] = []
        colours_move = round(now_s * TICKS_PER_SECOND) % COLOUR_TICKS == 0
        for fader in list(self._moving.values()):
            if fader.number == self.level_cc:
                lag, value = self._level_lag(now_s, fader)
            elif colours_move or fader.sent is None:
                lag, value = self._error(fader, fader.asked) / 2, _one_move(fader)
            else:
                continue
            if lag > 0.5:
                lagging.append((-lag, fader.channel, fader.number, fader, value))
            elif self._started_s is None:
                del self._moving[fader.channel, fader.number]
        lagging.sort(key=_weight)
        return lagging

    def _level_lag(self, now_s: float, fader: Fader) -> tuple[float, int]:
        level = fader.asked
        if self._started_s is not None:
            level = min(level, self._line(now_s, fader))
        return self._error(fader, level), round(level)

    def _error(self, fader: Fader, value: float) -> float:
        """How far a controller lags; a first value lags the most, and what nobody hears does not lag."""
        if fader.sent is None:
            return FIRST
        is_level = fader.number == self.level_cc
        audible = fader.sent if is_level else self._fader(fader.channel, self.level_cc).sent or 0
        if is_level:
            audible = max(audible, round(value))
        return abs(value - fader.sent) if audible >= FLOOR_VALUE else 0.0

    def _line(self, now_s: float, fader: Fader) -> float:
        """The highest value that a start allows by now; soon above every value there is."""
        since_s = now_s - (self._started_s or 0.0)
        if since_s * SLOWEST_START_DB_PER_S > -FLOOR_DB:
            self._started_s = None
        if fader.start_rate_db_per_s is None:
            fader.start_rate_db_per_s = start_rate_db_per_s(fader.asked)
        return value_of_db(FLOOR_DB + fader.start_rate_db_per_s * since_s)


def _weight(lagging: tuple[float, int, int, Fader, int]) -> tuple[float, int, int]:
    return lagging[:3]


def _one_move(fader: Fader) -> int:
    value = round(fader.asked)
    sent = value if fader.sent is None else fader.sent
    return max(sent - COLOUR_STEP, min(sent + COLOUR_STEP, value))


def start_rate_db_per_s(asked: float) -> float:
    """How fast a level that is asked for at the start may rise from nothing."""
    return max(SLOWEST_START_DB_PER_S, (db_of_value(asked) - DEEPEST_SWELL_DB - FLOOR_DB) / START_S)
