"""The pad: the chord itself, its voices entering from below and held until the harmony moves on."""

from random import Random

from generators.breath import Breath
from generators.harmony import Chord
from generators.pitch import is_muddy
from generators.score import Intent, Note, Window
from generators.settings import LayerSpec
from generators.touch import half_beat, velocity

OVERLAP_S = 1.2
GAP_S = 0.4
LONGEST_S = 55.0
CLEAR_FROM = 55
"""From this pitch up a tone may sound on a little into the next chord."""
NEED = (0.0, 0.3, 0.18, 0.0)
"""The density from which each voice may sound, from the lowest up: outer voices stay the longest."""


class Pad:
    """Starts each voice of a chord once; a tone common to two chords is held through both."""

    def __init__(self, spec: LayerSpec, random: Random) -> None:
        self.name = spec.name
        self._spec = spec
        self._random = random
        self._chord = -1
        self._breath = -1
        self._since = 0
        self._waiting: list[tuple[int, float, float]] = []
        self._pace = 1
        self._until_s: dict[int, float] = {}

    def release(self) -> None:
        """Nothing is held any more."""
        self._until_s.clear()
        self._waiting.clear()
        self._chord = -1

    def play(self, window: Window, chord: Chord, breath: Breath, intent: Intent) -> tuple[Note, ...]:
        """The voices that are due on this half beat."""
        beat = half_beat(window)
        if beat is None:
            return ()
        if chord.index != self._chord:
            self._begin(chord, breath, window.start_s)
        elif breath.index != self._breath:
            self._renew(chord, breath, window.start_s)
        self._breath = breath.index
        return self._start(beat, window.start_s, chord, breath, intent)

    def _begin(self, chord: Chord, breath: Breath, now_s: float) -> None:
        held = tuple(p for p in chord.tied if self._until_s.get(p, 0.0) > now_s)
        self._chord = chord.index
        self._since = breath.index
        self._pace = 1 if self._random.random() < 0.6 else 2
        self._waiting = [self._drawn(p, chord) for p in chord.voicing if p not in held]

    def _renew(self, chord: Chord, breath: Breath, now_s: float) -> None:
        """Voices whose time was up before the chord's are started again, one a breath."""
        waiting = {entry[0] for entry in self._waiting}
        left = chord.breaths - (breath.index - self._since)
        ended = [p for p in chord.voicing if self._until_s.get(p, 0.0) <= now_s and p not in waiting]
        if ended and left >= 2:
            self._waiting.append(self._drawn(ended[0], chord))

    def _drawn(self, pitch: int, chord: Chord) -> tuple[int, float, float]:
        voice = min(chord.voicing.index(pitch), len(NEED) - 1)
        need = NEED[voice] + 0.2 * self._random.random() * (voice > 0)
        return (pitch, need, self._random.uniform(-1.0, 1.0))

    def _start(self, beat: float, now_s: float, chord: Chord, breath: Breath, intent: Intent) -> tuple[Note, ...]:
        self._until_s = {pitch: until_s for pitch, until_s in self._until_s.items() if until_s > now_s}
        free = [entry for entry in self._waiting if self._is_free(entry[0])][: self._pace]
        notes = []
        for place, entry in enumerate(free):
            pitch, need, lean = entry
            self._waiting.remove(entry)
            length_s = self._length_s(pitch, chord, breath)
            self._until_s[pitch] = now_s + length_s + GAP_S / 2
            if need <= intent.density and pitch <= intent.register_top:
                played = velocity(self._spec, intent, 0.4 * lean)
                notes.append(Note(self.name, beat, pitch, played, length_s, 0.075 * place))
        return tuple(notes)

    def _is_free(self, pitch: int) -> bool:
        """True where neither the pitch itself nor a muddy neighbour of it still sounds."""
        return not any(held == pitch or is_muddy(held, pitch) for held in self._until_s)

    def _length_s(self, pitch: int, chord: Chord, breath: Breath) -> float:
        left = chord.breaths - (breath.index - self._since) - breath.phase
        if pitch in chord.kept:
            return min(LONGEST_S, (left + chord.next_breaths) * breath.period_s - GAP_S)
        overlap_s = OVERLAP_S if pitch >= CLEAR_FROM else -GAP_S
        return min(LONGEST_S, max(2.0, left * breath.period_s + overlap_s))
