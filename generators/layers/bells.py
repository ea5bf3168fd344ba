"""Bells: a few loops of lengths that never meet, so that the same figures return and never the same way."""

from bisect import bisect_left, insort
from dataclasses import dataclass
from random import Random

from generators.breath import Breath
from generators.harmony import Chord
from generators.pitch import pitches_of
from generators.score import Intent, Note, Window
from generators.settings import LayerSpec
from generators.touch import half_beat, register, thinned, velocity

LOOPS = 7
SHORTEST_BEATS, LONGEST_BEATS = 9.0, 19.0
AHEAD_BEATS = 4.0
"""Strikes are drawn this long before they are due: longer than any figure and its neighbours."""
NEIGHBOUR_BEATS = 0.25
"""Of two strikes closer than this, the one that needs more density gives way, whatever the density is."""


@dataclass(slots=True)
class Loop:
    """One figure: where in the register it hangs (0..1), its tones (half beats and chord steps after its first)."""

    home: float
    beats: float
    next_beat: float
    figure: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, order=True)
class Strike:
    """One bell to come, with all its draws made."""

    beat: float
    need: float
    home: float
    step: int
    lean: float
    late_s: float
    ring: float


class Bells:
    """Loops in beats: they stretch as the music slows, and thin as the density falls."""

    def __init__(self, spec: LayerSpec, random: Random) -> None:
        self.name = spec.name
        self._spec = spec
        self._random = random
        self._loops: list[Loop] = []
        self._strikes: list[Strike] = []

    def release(self) -> None:
        """Nothing is held any more."""

    def play(self, window: Window, chord: Chord, breath: Breath, intent: Intent) -> tuple[Note, ...]:
        """The bells due on this half beat that this density lets sound."""
        beat = half_beat(window)
        if beat is None:
            return ()
        if not self._loops:
            self._hang(beat)
        self._look_ahead(beat)
        share = thinned(intent, breath)
        due = [strike for strike in self._strikes if strike.beat == beat]
        sounding = [s for s in due if s.need < share and not self._gives_way(s)]
        self._strikes = [strike for strike in self._strikes if strike.beat > beat - NEIGHBOUR_BEATS]
        return tuple(self._note(strike, chord, breath, intent) for strike in sounding)

    def _hang(self, beat: float) -> None:
        ratio = (LONGEST_BEATS / SHORTEST_BEATS) ** (1.0 / (LOOPS - 1))
        for place in range(LOOPS):
            beats = SHORTEST_BEATS * ratio ** (place + self._random.uniform(-0.3, 0.3))
            home = (place * 3 % LOOPS + self._random.random()) / LOOPS
            start = beat + self._random.uniform(0.0, beats)
            self._loops.append(Loop(home, beats, start, self._figure()))

    def _figure(self) -> tuple[tuple[int, int], ...]:
        tones = [(0, 0)]
        for _ in range(self._random.randint(0, 2)):
            after, step = tones[-1]
            tones.append((after + self._random.randint(2, 3), step + self._random.choice((-1, 1, 1, 2))))
        return tuple(tones)

    def _look_ahead(self, beat: float) -> None:
        for loop in self._loops:
            while loop.next_beat <= beat + AHEAD_BEATS:
                if loop.next_beat >= beat:
                    self._draw(loop)
                loop.next_beat += loop.beats

    def _draw(self, loop: Loop) -> None:
        first = -(-loop.next_beat * 2.0 // 1.0) / 2.0
        need = self._random.random()
        for after, step in loop.figure:
            own = min(0.999, need + 0.15 * self._random.random())
            lean, late_s = self._random.uniform(-1.0, 1.0), self._random.uniform(0.0, 0.03)
            ring = self._random.uniform(0.25, 0.5)
            insort(self._strikes, Strike(first + after / 2.0, own, loop.home, step, lean, late_s, ring))

    def _gives_way(self, strike: Strike) -> bool:
        return any(
            other.need < strike.need and abs(other.beat - strike.beat) < NEIGHBOUR_BEATS for other in self._strikes
        )

    def _note(self, strike: Strike, chord: Chord, breath: Breath, intent: Intent) -> Note:
        low, high = register(self._spec, intent)
        pool = pitches_of(chord.pitch_classes, low, high)
        place = bisect_left(pool, low + strike.home * (high - low)) + strike.step
        pitch = pool[min(max(place, 0), len(pool) - 1)]
        played = velocity(self._spec, intent, 0.5 * (breath.swell - 0.5) + 0.3 * strike.lean)
        return Note(self.name, strike.beat, pitch, played, strike.ring * breath.period_s, strike.late_s)
