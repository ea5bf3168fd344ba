"""The bass swell: one low tone a breath, a little after it begins, gone before it ends."""

from random import Random

from generators.breath import Breath
from generators.harmony import Chord
from generators.pitch import is_muddy, pitches_of
from generators.score import Intent, Note, Window
from generators.settings import LayerSpec
from generators.touch import half_beat, thinned, velocity

LENGTH = 0.55
"""Share of the breath."""


class Bass:
    """Plays the chord's root where the low register can carry it, else a tone of the pedal."""

    def __init__(self, spec: LayerSpec, random: Random) -> None:
        self.name = spec.name
        self._spec = spec
        self._random = random
        self._breath = -1
        self._start_beat = 0.0

    def release(self) -> None:
        """Nothing is held any more."""
        self._breath = -1

    def play(self, window: Window, chord: Chord, breath: Breath, intent: Intent) -> tuple[Note, ...]:
        """The breath's one tone, one or two beats into it."""
        beat = half_beat(window)
        if beat is None:
            return ()
        if breath.index != self._breath:
            self._breath = breath.index
            self._start_beat = beat + self._random.choice((1.0, 1.5, 2.0))
        if beat != self._start_beat:
            return ()
        need, lean = self._random.random(), self._random.uniform(-0.5, 0.5)
        pitch = self._pitch(chord)
        if pitch is None or need >= 5.0 * thinned(intent, breath):
            return ()
        return (Note(self.name, beat, pitch, velocity(self._spec, intent, lean), LENGTH * breath.period_s),)

    def _pitch(self, chord: Chord) -> int | None:
        tones = pitches_of((chord.root, *(p % 12 for p in chord.pedal)), self._spec.register_low, 55)
        tones = tuple(pitch for pitch in tones if pitch <= self._spec.register_high)
        clear = [p for p in tones if not any(is_muddy(p, other) for other in (*chord.pedal, *chord.voicing))]
        return min(clear, key=lambda pitch: (pitch % 12 != chord.root, pitch), default=None)
