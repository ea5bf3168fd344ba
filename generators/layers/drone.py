"""The drone: root and fifth, always there, each renewed in turn in the trough of a breath."""

from math import floor
from random import Random

from generators.breath import Breath
from generators.harmony import Chord
from generators.score import Intent, Note, Window
from generators.settings import LayerSpec
from generators.touch import half_beat, velocity

HELD_BREATHS = 5
GAP_S = 0.2
"""Beside the half beat by which a breath's first may come early: a tone that is not free by then waits a breath."""


class Drone:
    """Holds the pedal's tones for a few breaths each; no density thins it."""

    def __init__(self, spec: LayerSpec, random: Random) -> None:
        self.name = spec.name
        self._spec = spec
        self._random = random
        self._breath = -1
        self._turn = 0
        self._free_s: dict[int, float] = {}

    def release(self) -> None:
        """Nothing is held any more."""
        self._free_s.clear()
        self._breath = -1

    def play(self, window: Window, chord: Chord, breath: Breath, intent: Intent) -> tuple[Note, ...]:
        """A tone that is free, at the first half beat of a breath; one at a time."""
        beat = half_beat(window)
        if beat is None or breath.index == self._breath:
            return ()
        self._breath = breath.index
        lean = self._random.uniform(-0.5, 0.5)
        pitch = self._due(window.start_s, chord)
        if pitch is None:
            return ()
        length_s = min(HELD_BREATHS * breath.period_s, 58.0) - 30.0 / intent.tempo_bpm - GAP_S
        self._free_s[pitch] = window.start_s + length_s + GAP_S
        return (Note(self.name, beat, pitch, velocity(self._spec, intent, lean), length_s),)

    def _due(self, now_s: float, chord: Chord) -> int | None:
        """The tone that has been free the longest."""
        free = [p for p in chord.pedal if self._free_s.get(p, 0.0) <= now_s]
        return min(free, key=lambda pitch: (floor(self._free_s.get(pitch, 0.0)), pitch)) if free else None
