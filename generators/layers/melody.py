"""Melody fragments: a few short motifs, remembered, moved about the scale, one to a breath."""

from collections import deque
from dataclasses import dataclass
from random import Random

from generators.breath import Breath
from generators.harmony import Chord
from generators.pitch import pitches_of
from generators.score import Intent, Note, Window
from generators.settings import LayerSpec
from generators.touch import half_beat, register, thinned, velocity

MEMORY = 4
RECALL = 0.65
STEP = 0.8
"""How often a melody moves by step; after a leap it always does, and turns back."""
LONGEST_BEATS = 6.5
HELD_BEATS = 1.5
"""From this length on a tone belongs to the chord; a shorter one at least rubs against no tone of it."""


@dataclass(frozen=True, slots=True)
class Motif:
    """Scale steps from its first tone, and lengths in half beats."""

    steps: tuple[int, ...]
    lengths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tone:
    """One tone of the fragment that is being played."""

    beat: float
    step: int
    beats: float
    place: float
    """0 at the fragment's beginning, 1 at its end."""


class Melody:
    """Plays a motif on the inhale and rests on the exhale; a low density leaves whole fragments out."""

    def __init__(self, spec: LayerSpec, random: Random) -> None:
        self.name = spec.name
        self._spec = spec
        self._random = random
        self._memory: deque[Motif] = deque(maxlen=MEMORY)
        self._tones: deque[Tone] = deque()
        self._breath = -1
        self._need = 1.0
        self._home = 0.5

    def release(self) -> None:
        """Nothing is held any more."""
        self._tones.clear()
        self._breath = -1

    def play(self, window: Window, chord: Chord, breath: Breath, intent: Intent) -> tuple[Note, ...]:
        """The fragment's tone on this half beat, if it has one and the density carries the fragment."""
        beat = half_beat(window)
        if beat is None:
            return ()
        if breath.index != self._breath:
            self._breath = breath.index
            self._begin(beat)
        while self._tones and self._tones[0].beat < beat:
            self._tones.popleft()
        if not self._tones or self._tones[0].beat != beat or self._need >= 1.25 * thinned(intent, breath):
            return ()
        return (self._note(self._tones.popleft(), chord, intent),)

    def _begin(self, beat: float) -> None:
        """Draw the breath's fragment, whether it will be heard or not."""
        self._need, self._home = self._random.random(), self._random.uniform(0.3, 0.7)
        motif = self._recalled() if self._memory and self._random.random() < RECALL else self._invented()
        start = beat + self._random.randint(1, 4) / 2.0
        starts = [start + sum(motif.lengths[:i]) / 2.0 for i in range(len(motif.lengths))]
        last = len(motif.steps) - 1
        self._tones = deque(
            Tone(at, step, beats / 2.0, i / last)
            for i, (at, step, beats) in enumerate(zip(starts, motif.steps, motif.lengths, strict=True))
        )

    def _recalled(self) -> Motif:
        """A remembered motif, as it was, shortened, or upside down."""
        motif = self._random.choice(self._memory)
        change = self._random.random()
        if change < 0.25 and len(motif.steps) > 3:
            return Motif(motif.steps[:-1], motif.lengths[:-1])
        if change < 0.45:
            return Motif(tuple(-step for step in motif.steps), motif.lengths)
        return motif

    def _invented(self) -> Motif:
        """A new one: mostly steps, a leap answered by a step back; it ends on a long tone."""
        steps, lengths, leapt = [0], [self._random.choice((1, 2, 3))], 0
        for _ in range(self._random.randint(3, 6)):
            direction = -1 if leapt > 0 else 1 if leapt < 0 else self._random.choice((-1, 1))
            leap = not leapt and self._random.random() > STEP
            steps.append(steps[-1] + direction * (self._random.choice((2, 3)) if leap else 1))
            lengths.append(self._random.choice((1, 1, 2, 2, 3)))
            leapt = direction if leap else 0
        while sum(lengths[:-1]) > 2 * LONGEST_BEATS:
            steps, lengths = steps[:-1], lengths[:-1]
        motif = Motif(tuple(steps), (*lengths[:-1], 4))
        self._memory.append(motif)
        return motif

    def _note(self, tone: Tone, chord: Chord, intent: Intent) -> Note:
        low, high = register(self._spec, intent)
        ladder = pitches_of(chord.scale.pitch_classes, low, high)
        anchor = round(self._home * (len(ladder) - 1))
        pitch = ladder[_folded(anchor + tone.step, len(ladder))]
        held = tone.beats >= HELD_BEATS or tone.place in (0.0, 1.0)
        own = pitches_of(chord.pitch_classes if held else chord.friendly, low, high)
        pitch = min(own, key=lambda each: (abs(each - pitch), each))
        lean = 0.5 - 1.4 * abs(tone.place - 0.4)
        length_s = 0.94 * tone.beats * 60.0 / intent.tempo_bpm
        return Note(self.name, tone.beat, pitch, velocity(self._spec, intent, lean), length_s)


def _folded(index: int, size: int) -> int:
    """An index turned back at both ends of a ladder."""
    index %= 2 * size - 2
    return index if index < size else 2 * size - 2 - index
