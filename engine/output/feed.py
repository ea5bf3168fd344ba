"""One output's way from the guard: fitted to its synth, held within the outer limits again, and given late.

Standard library only.
"""

import math
from collections import deque
from collections.abc import Iterable

from engine.limiter import Key, Limiter
from engine.limits import OUTER
from engine.midi import ALL_NOTES_OFF, ALL_SOUND_OFF, SYSTEM, is_control, is_note_off, is_note_on, note_off, note_on
from engine.output.guard import LATE_S
from engine.output.ports import Port
from engine.output.spec import OutputSpec

OCTAVE = 12


class Fitting:
    """Transposes, scales velocities and leaves channels out, and then keeps to the outer limits.

    What was allowed before may not be any more once it is louder or higher: a velocity is pulled in, and a note that
    still has no place is left out whole. Controllers pass as they are.
    """

    def __init__(self, spec: OutputSpec) -> None:
        self._spec = spec
        self._limiter = Limiter(OUTER)
        self._channels = frozenset(channel - 1 for channel in spec.channels)
        self._owners: dict[Key, int] = {}

    def fit(self, now_s: float, data: bytes) -> bytes | None:
        """The message as this output gets it at ``now_s``; None where it gets nothing. Times never go back."""
        if data[0] < SYSTEM and self._channels and data[0] & 0x0F not in self._channels:
            return None
        if is_note_on(data):
            return self._start(now_s, data[0] & 0x0F, data[1], data[2])
        if is_note_off(data):
            return self._end(now_s, data[0] & 0x0F, data[1])
        if is_control(data):
            self._limiter.accept(now_s, data)
            if data[1] in (ALL_NOTES_OFF, ALL_SOUND_OFF):
                self._owners = {key: pitch for key, pitch in self._owners.items() if key[0] != data[0] & 0x0F}
        return data

    def _start(self, now_s: float, channel: int, pitch: int, velocity: int) -> bytes | None:
        louder = max(1, min(127, round(velocity * self._spec.velocity)))
        fitted = self._limiter.nearest(now_s, note_on(channel, self._transposed(pitch), louder))
        if fitted is not None:
            self._limiter.accept(now_s, fitted)
            self._owners[channel, fitted[1]] = pitch
        return fitted

    def _end(self, now_s: float, channel: int, pitch: int) -> bytes | None:
        """Two pitches may fold onto one key: it ends with the one that began it."""
        key = channel, self._transposed(pitch)
        if self._owners.get(key, pitch) != pitch:
            return None
        self._owners.pop(key, None)
        ended = note_off(*key)
        self._limiter.accept(now_s, ended)
        return ended

    def _transposed(self, pitch: int) -> int:
        moved = pitch + self._spec.transpose
        while moved > OUTER.pitch_high:
            moved -= OCTAVE
        while moved < OUTER.pitch_low:
            moved += OCTAVE
        return moved


class Feed:
    """A port with its fitting, and the time that it waits for slower ones."""

    def __init__(self, port: Port, spec: OutputSpec, delay_s: float) -> None:
        self.port = port
        self._fitting = Fitting(spec) if spec.is_fitted else None
        self._delay_s = delay_s
        self._waiting: deque[tuple[float, bytes]] = deque()

    @property
    def next_due_s(self) -> float:
        """When the next message that waits goes out; infinity when none does."""
        return self._waiting[0][0] if self._waiting else math.inf

    def give(self, now_s: float, data: bytes) -> None:
        """Send a message at its time, which may be now. Raises PortLostError as the port does."""
        if self._delay_s:
            self._waiting.append((now_s + self._delay_s, data))
        else:
            self._pass(now_s, data)

    def flush(self, now_s: float, *, may_start: bool) -> int:
        """Send what has waited long enough. Raises PortLostError.

        Without ``may_start`` a stop has begun: no note starts any more, and nothing waits, so that silence is in time.

        A note whose moment is missed is left out, as the guard does; how many were.
        """
        late = 0
        while self._waiting and (self._waiting[0][0] <= now_s or not may_start):
            due_s, data = self._waiting.popleft()
            if not is_note_on(data):
                self._pass(now_s, data)
            elif may_start and now_s - due_s > LATE_S:
                late += 1
            elif may_start:
                self._pass(now_s, data)
        return late

    def tell(self, now_s: float, messages: Iterable[bytes]) -> None:
        """Forget what waits, and send these at once. Raises PortLostError."""
        self._waiting.clear()
        for data in messages:
            self._pass(now_s, data)

    def drop(self) -> None:
        """The port is gone: nothing waits for it."""
        self._waiting.clear()

    def _pass(self, now_s: float, data: bytes) -> None:
        fitted = self._fitting.fit(now_s, data) if self._fitting else data
        if fitted is not None:
            self.port.send(fitted)
