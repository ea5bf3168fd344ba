"""Brings a SoundFont's sounds to the built-in synth's balance: as loud as its timbre, and never quicker to speak.

General MIDI sounds lie 20 dB apart and many are struck; under the same bytes one would startle where another is
hardly heard. Each is played to itself once, and its volume envelope (SoundFont 2.04, 8.1.2) is moved.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.output.synth_timbres import SAMPLE_RATE, Samples, Timbre
from engine.output.weighting import Floats, k_weighted

Probe = Callable[["Envelope", int, float], Samples]
"""A note of so much of an envelope's change, a pitch, so many seconds: (2, samples) from its onset on."""

PITCHES = {"drone": (36, 45), "bass": (36, 47), "bells": (67, 79), "melody": (64, 74), "air": (72, 81)}
OTHER_PITCHES = (52, 64)
ATTACK_S, HELD_S = 4.0, 6.0
SETTLED_S = 2.0
"""A held note is as loud as it is from here on: what it does before is its attack."""
ATTACKS_TIMECENTS = (0, 4000, 6000, 8000, 9500, 10_800, 12_000, 12_800, 13_400)
"""Added to a sound's own attack, which is mostly -12000 (1 ms): up to 2 s."""
SPOKEN = 0.7
"""A sound has spoken when it is as loud as this share of its loudest."""
SOONEST_SHARE = 0.4
"""Of the timbre's attack: a raised cosine is at 0.7 after 0.63 of it, and reverb blurs the rest."""
WANTED_DB = -38.0
"""A pad's loudness at the probe's velocity; what the whole is then brought up by is the synth's own gain."""
_MOST_DB, _LEAST_DB = 60.0, -30.0
_STEP = SAMPLE_RATE // 20


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is added to a sound's attack and attenuation."""

    attack_timecents: int = 0
    attenuation_cb: float = 0.0


def fitted(probe: Probe, timbre: Timbre) -> Envelope:
    """The least change that makes a sound as slow to speak as the timbre asks, and as loud as the timbre is."""
    pitches = PITCHES.get(timbre.name, OTHER_PITCHES)
    index = bisect_left(ATTACKS_TIMECENTS, 1, key=lambda each: _is_slow(probe, each, pitches, timbre))
    attack = ATTACKS_TIMECENTS[min(index, len(ATTACKS_TIMECENTS) - 1)]
    notes = [probe(Envelope(attack), pitch, HELD_S) for pitch in pitches]
    excess_db = max(loudness_db(note, struck=timbre.is_struck) for note in notes) - (WANTED_DB + timbre.gain_db)
    return Envelope(attack, float(np.clip(10 * excess_db, 10 * _LEAST_DB, 10 * _MOST_DB)))


def _is_slow(probe: Probe, attack: int, pitches: tuple[int, ...], timbre: Timbre) -> bool:
    soonest_s = SOONEST_SHARE * timbre.attack_s
    return all(spoken_after_s(probe(Envelope(attack), pitch, ATTACK_S)) >= soonest_s for pitch in pitches)


def spoken_after_s(note: Samples) -> float:
    """Seconds until a note is nearly as loud as it gets."""
    level = _levels(note)
    return float(np.argmax(level >= SPOKEN**2 * level.max())) * _STEP / SAMPLE_RATE


def loudness_db(note: Samples, *, struck: bool) -> float:
    """The K-weighted RMS in dB: of a struck note's loudest 400 ms, of what a held one settles to."""
    levels = _levels(k_weighted(note.astype(np.float64)))
    moments = np.convolve(levels, np.full(8, 1 / 8), "valid")
    return float(
        10 * np.log10((moments.max() if struck else levels[round(SETTLED_S * SAMPLE_RATE / _STEP) :].mean()) + 1e-12)
    )


def _levels(note: Floats | Samples) -> Floats:
    """Mean square of each 50 ms."""
    whole = note[:, : note.shape[1] // _STEP * _STEP]
    return np.asarray((whole.reshape(2, -1, _STEP) ** 2).mean(axis=(0, 2)))
