"""Bells: a few loops of lengths that never meet, so that the same tones return and never the same way."""

from bisect import bisect_left
from dataclasses import dataclass
from random import Random

from generators.breath import Breath
from generators.harmony import Chord
from generators.layers.touch import half_beat, register, velocity
from generators.pitch import pitches_of
from generators.score import Intent, Note, Window
from generators.settings import LayerSpec

LOOPS = 7
SHORTEST_BEATS, LONGEST_BEATS = 9.0, 21.0
NEIGHBOUR_BEATS = 0.75
"""Of two passes closer than this, the one that needs more density gives way, whatever the density is."""


@dataclass(slots=True)
class Loop:
    """One bell: where in the register it hangs (0..1), how long its round is, and the draws of its next pass."""

    home: float
    beats: float
    next_beat: float
    need: float = 0.0
    lean: float = 0.0
    late_s: float = 0.0
    ring: float = 0.0

    def draw(self, random: Random) -> None:
        """Make the draws of the next pass."""
        self.need = random.random()
        self.lean = random.uniform(-1.0, 1.0)
        self.late_s = random.uniform(0.0, 0.03)
        self.ring = random.uniform(0.35, 0.7)


class Bells:
    """Loops in beats: they stretch as the music slows, and thin as the density falls."""

    def __init__(self, spec: LayerSpec, random: Random) -> None:
        self.name = spec.name
        self._spec = spec
        self._random = random
        self._loops: list[Loop] = []

    def release(self) -> None:
        """Nothing is held any more."""

    def play(self, window: Window, chord: Chord, breath: Breath, intent: Intent) -> tuple[Note, ...]:
        """The bells whose round ends on this half beat and which this density lets sound."""
        beat = half_beat(window)
        if beat is None:
            return ()
        if not self._loops:
            self._hang(beat)
        rung = [loop for loop in self._loops if loop.next_beat <= beat]
        notes = tuple(
            self._note(loop, beat, chord, breath, intent)
            for loop in rung
            if loop.need < intent.density * breath.fullness and not self._gives_way(loop)
        )
        for loop in rung:
            loop.next_beat += loop.beats * (1 + int((beat - loop.next_beat) / loop.beats))
            loop.draw(self._random)
        return notes

    def _hang(self, beat: float) -> None:
        ratio = (LONGEST_BEATS / SHORTEST_BEATS) ** (1.0 / (LOOPS - 1))
        for place in range(LOOPS):
            beats = SHORTEST_BEATS * ratio ** (place + self._random.uniform(-0.3, 0.3))
            home = (place * 3 % LOOPS + self._random.random()) / LOOPS
            loop = Loop(home, beats, beat + self._random.uniform(0.0, beats))
            loop.draw(self._random)
            self._loops.append(loop)

    def _gives_way(self, loop: Loop) -> bool:
        return any(
            other.need < loop.need and abs(other.next_beat - loop.next_beat) < NEIGHBOUR_BEATS
            for other in self._loops
            if other is not loop
        )

    def _note(self, loop: Loop, beat: float, chord: Chord, breath: Breath, intent: Intent) -> Note:
        low, high = register(self._spec, intent)
        pool = pitches_of(chord.pitch_classes, low, high)
        aim = low + loop.home * (high - low)
        pitch = pool[min(bisect_left(pool, aim), len(pool) - 1)]
        played = velocity(self._spec, intent, 0.5 * (breath.swell - 0.5) + 0.3 * loop.lean)
        return Note(self.name, beat, pitch, played, loop.ring * breath.period_s, loop.late_s)
