"""One harmony for every layer: which chord comes next, and how its voices get there."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from math import exp
from random import Random

from generators import tonal_space
from generators.pitch import Scale
from generators.voicing import Room, Voicing, is_parallel, mask_of, moves

VOICES = 4
REACH = 4
LONGEST_CHORD_S = 40.0
REMEMBERED = 6
TEMPERATURE = 0.5
MARGIN = 3
"""Semitones kept free under the register's top: a chord is chosen one ahead, and the top may fall meanwhile."""


@dataclass(frozen=True, slots=True)
class Chord:
    """What sounds together now.

    ``voicing`` rises; its ``tied`` pitches sound on from the chord before, its ``kept`` ones into the next.
    """

    index: int
    scale: Scale
    pitch_classes: tuple[int, ...]
    friendly: tuple[int, ...]
    """The chord's tones, and the scale's other tones that lie no semitone from any of them."""
    root: int
    """The pitch class that the other tones stand on."""
    voicing: tuple[int, ...]
    pedal: tuple[int, ...]
    tension: float
    breaths: int
    next_breaths: int = 0
    tied: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the next chord: tension and calm 0..1, the register's top, a breath's length."""

    tension: float
    calm: float
    top: int
    breath_s: float


@dataclass(frozen=True, slots=True)
class Option:
    """One way on from some voices, and what can be said of it whatever is asked."""

    voicing: Voicing
    effort: float
    """Semitones moved, a voice."""
    common: int
    """How many of its tones sounded before."""
    centre: float

    @classmethod
    def of(cls, voicing: Voicing, voices: tuple[int, ...]) -> "Option":
        """A voicing reached from ``voices``."""
        common = sum(pitch in voices for pitch in voicing.pitches)
        return cls(voicing, voicing.moved / len(voices), common, sum(voicing.pitches) / len(voicing.pitches))


class Harmony:
    """Chooses each chord one ahead, so that a tone common to both can be held. One draw a choice, whatever is asked."""

    def __init__(self, room: Room, breaths: tuple[int, int], random: Random) -> None:
        self._room = room
        self._breaths = breaths
        self._random = random
        self._colour = colour_of(room.scale)
        self._recent: deque[int] = deque(maxlen=REMEMBERED)
        self._known: dict[tuple[tuple[int, ...], int, int], tuple[Option, ...]] = {}
        self._ahead: Chord | None = None

    def next(self, wish: Wish) -> Chord:
        """The next chord, with what it holds over."""
        chord = self._ahead or self._choose(None, wish)
        ahead = self._choose(chord, wish)
        kept = tuple(p for p in chord.voicing if p in ahead.voicing and p not in chord.tied)
        self._ahead = replace(ahead, tied=kept)
        return replace(chord, kept=kept, next_breaths=ahead.breaths)

    def forget_ties(self) -> None:
        """Nothing sounds any more: the next chord starts all of its tones."""
        if self._ahead is not None:
            self._ahead = replace(self._ahead, tied=())

    def _choose(self, previous: Chord | None, wish: Wish) -> Chord:
        draw, length = self._random.random(), self._random.random()
        from_voices = previous.voicing if previous else self._opening(wish.top)
        options = self._options(from_voices, wish.top)
        mask = 0 if previous is None else mask_of(previous.voicing)
        centre = self._centre(wish.top)
        costs = [self._cost(option, centre, mask, wish) for option in options]
        chosen = options[_weighted(costs, draw)].voicing
        self._recent.append(chosen.mask)
        return self._chord(chosen, 0 if previous is None else previous.index + 1, self._length(length, wish))

    def _chord(self, chosen: Voicing, index: int, breaths: int) -> Chord:
        classes = tuple(pc for pc in self._room.scale.pitch_classes if chosen.mask >> pc & 1)
        friendly = tuple(pc for pc in self._room.scale.pitch_classes if pc in classes or _is_friendly(pc, classes))
        root = _root(chosen)
        tension = self._colour.tension.get(chosen.mask, 0.0)
        return Chord(
            index, self._room.scale, classes, friendly, root, chosen.pitches, self._room.pedal, tension, breaths
        )

    def _length(self, draw: float, wish: Wish) -> int:
        fewest, most = self._breaths
        breaths = round((fewest + draw * (most - fewest)) * (1.0 + 0.5 * wish.calm))
        return max(1, min(breaths, int(LONGEST_CHORD_S / wish.breath_s)))

    def _opening(self, top: int) -> tuple[int, ...]:
        low, high = self._span(top)
        return tuple(round(low + (high - low) * (0.15 + 0.22 * voice)) for voice in range(VOICES))

    def _span(self, top: int) -> tuple[int, int]:
        high = min(self._room.high, top - MARGIN)
        return min(self._room.low, high - 14), high

    def _options(self, voices: tuple[int, ...], top: int) -> tuple[Option, ...]:
        """The moves from here, wider and then with fewer voices where the register leaves none."""
        low, high = self._span(top)
        key = (voices, low, high)
        if key not in self._known:
            if len(self._known) > 512:
                self._known.clear()
            found = self._search(voices, replace(self._room, low=low, high=high))
            self._known[key] = tuple(Option.of(each, voices) for each in found or (self._held(voices),))
        return self._known[key]

    def _held(self, voices: tuple[int, ...]) -> Voicing:
        """Where no chord fits, the last one stays; at the very start, the nearest tones of the scale."""
        scale = self._room.scale.pitches(28, 96)
        pitches = tuple(sorted({min(scale, key=lambda each: (abs(each - voice), each)) for voice in voices}))
        return Voicing(pitches, mask_of(pitches), 0)

    @staticmethod
    def _search(voices: tuple[int, ...], room: Room) -> tuple[Voicing, ...]:
        for reach in (REACH, 7, 12):
            found = moves(voices, room, reach)
            clean = tuple(v for v in found if v.pitches != voices and not is_parallel(voices, v.pitches))
            if clean:
                return clean
        return Harmony._search(voices[:-1], room) if len(voices) > 3 else ()

    def _centre(self, top: int) -> float:
        low, high = self._span(top)
        return low + 0.52 * (high - low)

    def _cost(self, option: Option, centre: float, mask: int, wish: Wish) -> float:
        to_mask = option.voicing.mask
        cost = 0.9 * option.effort
        cost += 5.0 * abs(self._colour.tension.get(to_mask, 0.0) - wish.tension)
        cost += 1.5 * self._colour.step(mask, to_mask)
        cost += (3.0 if to_mask == mask else 0.0) + 0.35 * self._recent.count(to_mask)
        cost += 0.12 * abs(option.centre - centre)
        wanted = 2 if wish.calm > 0.5 else 1
        return cost + 1.2 * max(0, wanted - option.common)


class Colour:
    """The tension of every chord of a scale, 0..1, and the distance between any two."""

    def __init__(self, scale: Scale) -> None:
        tones = scale.pitch_classes
        self._points = {mask: _point(mask) for mask in _subsets(tones)}
        home = tonal_space.of_pitch_classes(_home(tones))
        home_mask = mask_of(_home(tones))
        self._rough = _roughness(self._points)
        raw = {mask: self._raw(mask, home, home_mask) for mask in self._points}
        least, most = min(raw.values()), max(raw.values())
        self.tension = {mask: (value - least) / (most - least) for mask, value in raw.items()}
        self._steps: dict[tuple[int, int], float] = {}

    def step(self, before: int, after: int) -> float:
        """Tonal distance of a move, about 0..1; 0 from nowhere."""
        if before == after or before not in self._points or after not in self._points:
            return 0.0
        key = (before, after)
        if key not in self._steps:
            self._steps[key] = tonal_space.distance(self._points[before], self._points[after]) / 20.0
        return self._steps[key]

    def _raw(self, mask: int, home: tonal_space.Vector, home_mask: int) -> float:
        """Dissonance, distance from home and tones foreign to it.

        Weighted after Navarro-Caceres et al., Entropy 22 (2020) 1291: .402, .202, .246.
        """
        far = tonal_space.distance(self._points[mask], home)
        foreign = (mask & ~home_mask).bit_count() / mask.bit_count()
        return 0.402 * self._rough[mask] / 0.1 + 0.202 * far / 10.0 + 0.246 * foreign / 0.5


@cache
def colour_of(scale: Scale) -> Colour:
    """A scale's colour: worked out once, as it never changes."""
    return Colour(scale)


def _roughness(points: Mapping[int, tonal_space.Vector]) -> dict[int, float]:
    """Each chord's dissonance against the mean of the chords of as many tones."""
    rough = {mask: tonal_space.dissonance(point) for mask, point in points.items()}
    means = {}
    for size in {mask.bit_count() for mask in points}:
        of_size = [rough[mask] for mask in points if mask.bit_count() == size]
        means[size] = sum(of_size) / len(of_size)
    return {mask: value - means[mask.bit_count()] for mask, value in rough.items()}


def _is_friendly(tone: int, chord: tuple[int, ...]) -> bool:
    return all((tone - other) % 12 not in (1, 11) for other in chord)


def _home(tones: tuple[int, ...]) -> tuple[int, ...]:
    """The root with the scale's own fifth and third: the tones that feel like arriving."""
    root = tones[0]
    third = next(tone for tone in tones if (tone - root) % 12 in (3, 4))
    return (root, third, (root + 7) % 12)


def _subsets(tones: tuple[int, ...]) -> tuple[int, ...]:
    """Every three and four tones of the scale, as masks."""
    whole = mask_of(tones)
    return tuple(m for m in range(1, 4096) if m & ~whole == 0 and m.bit_count() in (3, 4))


def _point(mask: int) -> tonal_space.Vector:
    return tonal_space.of_pitch_classes([pc for pc in range(12) if mask >> pc & 1])


def _root(voicing: Voicing) -> int:
    """The tone with a fifth above it, else with a third, the lowest first; else the lowest."""
    classes = [pitch % 12 for pitch in voicing.pitches]
    for intervals in ((7,), (3, 4)):
        for tone in classes:
            if any((tone + interval) % 12 in classes for interval in intervals):
                return tone
    return classes[0]


def _weighted(costs: list[float], draw: float) -> int:
    """The option that a draw 0..1 falls on, cheaper ones being likelier."""
    least = min(costs)
    sums = list(accumulate(exp((least - cost) / TEMPERATURE) for cost in costs))
    return next((i for i, reached in enumerate(sums) if draw * sums[-1] < reached), len(sums) - 1)
