"""The guardian's hand on the controllers: each goes where it is asked at the allowed rate, and levels obey one gain.

Standard library only.
"""

import math
from collections.abc import Callable

from engine.limiter import Limiter
from engine.midi import control
from engine.output.gain import Fade, Gain, Held, Return

FADE_STEP_S = 0.02
WALK_STEP_S = 0.1

STALL_S = 0.1
"""A fade's step that comes later than this would be heard as a cut: the limit on controllers counts in 100 ms too."""

REST_S = 0.25
"""By so much a stall may put the end of a fade off: silence, which fades 0.7 s, still comes within 1 s (law 4)."""

SHORTEST_S = 0.1
"""What the rest of a fade takes at least: less would be heard as a cut."""

SLEEP_S, ASLEEP_S = 1.0, 0.7
"""After a longer stall every promise of time is broken already: the rest takes what it had, but no longer than this."""

Send = Callable[[float, bytes], None]


class Faders:
    """Every controller of every channel. ``level_cc`` is the one that the gain multiplies.

    ``next_s`` is when ``step`` is next wanted. What is to go out goes through ``send``, which tells the limiter.
    """

    def __init__(self, limiter: Limiter, level_cc: int, send: Send) -> None:
        self.next_s = math.inf
        self._limiter = limiter
        self._level_cc = level_cc
        self._send = send
        self._gain: Gain = Held(0.0)
        self._asked_levels: dict[int, float] = {}
        self._walking: dict[tuple[int, int], int] = {}

    def open(self, now_s: float, channel: int) -> None:
        """A channel begins at level 0, whatever the synth held before."""
        if self._limiter.value(channel, self._level_cc) is None:
            self._send(now_s, control(channel, self._level_cc, 0))

    def start(self) -> None:
        """Full gain; every level waits to be asked."""
        self._asked_levels.clear()
        self._hold(1.0)

    def mute(self) -> None:
        """No gain, and nothing is on its way any more."""
        self._hold(0.0)

    def _hold(self, gain: float) -> None:
        self._gain = Held(gain)
        self._walking.clear()
        self.next_s = math.inf

    def move(self, now_s: float, channel: int, number: int, asked: int) -> str | None:
        """Go where it is asked, or as far as allowed and the rest step by step; then, the limit that slowed it."""
        self._walking.pop((channel, number), None)
        if number == self._level_cc:
            self._asked_levels[channel] = asked
        data = control(channel, number, self._wanted(now_s, channel, number, asked))
        reason = self._limiter.refusal(now_s, data)
        if reason is None:
            self._send_new(now_s, data)
            return None
        self._walking[channel, number] = asked
        self.next_s = min(self.next_s, now_s + WALK_STEP_S)
        self._walk(now_s, channel, number, asked)
        return reason

    def _send_new(self, now_s: float, data: bytes) -> None:
        if data[2] != self._limiter.value(data[0] & 0x0F, data[1]):
            self._send(now_s, data)

    def _walk(self, now_s: float, channel: int, number: int, asked: float) -> None:
        wanted = self._wanted(now_s, channel, number, asked)
        step = self._limiter.nearest(now_s, control(channel, number, wanted))
        if step is not None:
            self._send_new(now_s, step)
        if self._limiter.value(channel, number) == wanted:
            self._walking.pop((channel, number), None)

    def _wanted(self, now_s: float, channel: int, number: int, asked: float) -> int:
        """The asked value, with the gain where it is the level; a fade never lets it rise."""
        if number != self._level_cc:
            return int(asked)
        wanted = int(min(asked * self._gain.at(now_s) + 1e-9, 127.0))
        last = self._limiter.value(channel, number)
        return min(wanted, last) if isinstance(self._gain, Fade) and last is not None else wanted

    def fade(self, now_s: float, length_s: float) -> None:
        """Go down to nothing, or sooner where a fade is on its way; each level starts from where it is."""
        self.wake(now_s)
        put_off = False
        if isinstance(self._gain, Fade):
            if self._gain.ends_s <= now_s + length_s:
                return
            put_off = self._gain.put_off
        gain = self._gain.at(now_s)
        for channel in self._asked_levels:
            value = self._limiter.value(channel, self._level_cc) or 0
            self._asked_levels[channel] = value / gain if gain > 0.0 else 0.0
        self._walking.clear()
        self._gain = Fade(now_s, gain, length_s, put_off)
        self.next_s = now_s

    def wake(self, now_s: float) -> None:
        """After a stall or a sleep the gain goes on from where it stood.

        A fade ends when it was to, or soon after; only once, so that stall upon stall cannot put silence off.
        """
        stalled_s = now_s - self.next_s
        if stalled_s <= STALL_S:
            return
        if isinstance(self._gain, Return):
            self._gain = Return(self._gain.begun_s + stalled_s, self._gain.from_gain)
        elif isinstance(self._gain, Fade):
            self._gain = _taken_up(self._gain, now_s, stalled_s)

    def is_faded(self, now_s: float) -> bool:
        """Whether a fade has come to its end."""
        return isinstance(self._gain, Fade) and now_s >= self._gain.ends_s

    def come_back(self, now_s: float) -> bool:
        """The gain stays where it is, and rises slowly; False where a fade has left nothing of it."""
        self.wake(now_s)
        gain = self._gain.at(now_s)
        if gain > 0.0:
            self._gain = Return(now_s, gain)
            self.next_s = now_s
        return gain > 0.0

    def step(self, now_s: float) -> None:
        """Move every level with the gain, and every controller on its way one step further."""
        if isinstance(self._gain, Fade):
            for channel, asked in sorted(self._asked_levels.items()):
                value = self._wanted(now_s, channel, self._level_cc, asked)
                if value != self._limiter.value(channel, self._level_cc):
                    self._send(now_s, control(channel, self._level_cc, value))
            self.next_s = min(now_s + FADE_STEP_S, self._gain.ends_s)
            return
        if isinstance(self._gain, Return):
            for channel, asked in sorted(self._asked_levels.items()):
                self._walk(now_s, channel, self._level_cc, asked)
        for (channel, number), walking in sorted(self._walking.items()):
            self._walk(now_s, channel, number, walking)
        unfinished = self._walking or self._gain.at(now_s) < 1.0
        self.next_s = now_s + WALK_STEP_S if unfinished else math.inf


def _taken_up(fade: Fade, now_s: float, stalled_s: float) -> Fade:
    """The fade from now on, with the gain that it had before it stalled; over, where it is and was put off before."""
    left_s, put_off = fade.ends_s - now_s, fade.put_off
    if left_s < REST_S and not put_off:
        put_off = True
        rest_s = min(ASLEEP_S, left_s + stalled_s) if stalled_s > SLEEP_S else min(REST_S, REST_S + left_s)
        left_s = max(rest_s, SHORTEST_S)
    return Fade(now_s, fade.at(now_s - stalled_s), left_s, put_off)
