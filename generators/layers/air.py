"""Air: a single high tone, long and soft, every other breath."""

from random import Random

from generators.breath import Breath
from generators.harmony import Chord
from generators.pitch import pitches_of
from generators.score import Intent, Note, Window
from generators.settings import LayerSpec
from generators.touch import half_beat, register, thinned, velocity

LONGEST_WAIT_BEATS = 4


class Air:
    """Sounds a tone of the chord that was not sounded the time before."""

    def __init__(self, spec: LayerSpec, random: Random) -> None:
        self.name = spec.name
        self._spec = spec
        self._random = random
        self._breath = -1
        self._start_beat = 0.0
        self._last = 0

    def release(self) -> None:
        """Nothing is held any more."""
        self._breath = -1

    def play(self, window: Window, chord: Chord, breath: Breath, intent: Intent) -> tuple[Note, ...]:
        """The tone of every other breath, somewhere on its inhale."""
        beat = half_beat(window)
        if beat is None:
            return ()
        if breath.index != self._breath:
            self._breath = breath.index
            self._start_beat = beat + self._random.randint(1, 2 * LONGEST_WAIT_BEATS) / 2.0
        if beat != self._start_beat or breath.index % 2:
            return ()
        need, choice, lean = self._random.random(), self._random.random(), self._random.uniform(-0.5, 0.5)
        pitch = self._pitch(chord, intent, choice)
        if need >= 10.0 * thinned(intent, breath):
            return ()
        length_s = (1.0 + 0.5 * choice) * breath.period_s
        return (Note(self.name, beat, pitch, velocity(self._spec, intent, lean), length_s),)

    def _pitch(self, chord: Chord, intent: Intent, choice: float) -> int:
        low, high = register(self._spec, intent)
        tones = pitches_of(chord.pitch_classes, low, high)
        fresh = tuple(pitch for pitch in tones if pitch != self._last) or tones
        self._last = fresh[int(choice * len(fresh))]
        return self._last
