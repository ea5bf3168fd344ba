"""What the built-in synth's voices are made of: timbres, and the single cycles they read.

Each voice reads one table with three oscillators: one in the middle and a detuned pair. The pair is of opposite
polarity, detuned by as much up on the left as down on the right, so that in each ear the voice moves slowly, while
the power of both ears together stands still and a mono sum hardly changes.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 48_000
TABLE_SIZE = 2048
BRIGHTNESS_STEPS = 16
HIGHEST_PARTIAL_HZ = 16_000.0
DARKEST_HZ = 180.0
BRIGHTEST_HZ = 7_000.0
"""Where the timbre starts to roll off at CC74 = 0 and 127; exponential between."""

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Timbre:
    """A sound's recipe. Times in seconds; triples are (middle, left, right) oscillator.

    Partial ``k`` has amplitude ``k ** -tilt``, times ``even`` where k is even; above the brightness corner it falls
    by a further 12 dB an octave. A ``decay_s`` (time to 1/e) of infinity sustains.
    """

    name: str
    attack_s: float
    release_s: float
    tilt: float
    even: float = 1.0
    partials: int = 40
    gain_db: float = 0.0
    ratios: tuple[float, float, float] = (1.0, 1.0, 1.0)
    detune_cents: tuple[float, float, float] = (0.0, 4.0, -4.0)
    amplitudes: tuple[float, float, float] = (1.0, 0.36, -0.36)
    pans: tuple[float, float, float] = (0.0, -1.0, 1.0)
    decay_s: tuple[float, float, float] = (np.inf, np.inf, np.inf)
    spread: float = 0.0
    """How far pitches are scattered over the stereo width, 0..1."""
    reverb: float = 0.3
    chorus: float = 0.15
    """Shares sent to the effects at controller value 64."""

    @property
    def is_struck(self) -> bool:
        """Whether it dies away by itself."""
        return max(self.decay_s) < np.inf


PAD = Timbre("pad", attack_s=2.6, release_s=3.5, tilt=1.15, spread=0.2)
DRONE = Timbre(
    "drone", attack_s=3.0, release_s=4.0, tilt=0.9, even=0.7, gain_db=5.0, detune_cents=(0.0, 3.0, -3.0), reverb=0.22
)
BASS = Timbre("bass", attack_s=2.0, release_s=2.5, tilt=1.4, detune_cents=(0.0, 2.0, -2.0), reverb=0.15, chorus=0.1)
AIR = Timbre(
    "air",
    attack_s=2.5,
    release_s=4.0,
    tilt=0.8,
    even=1.4,
    gain_db=-6.0,
    detune_cents=(0.0, 9.0, -9.0),
    spread=0.8,
    reverb=0.7,
)
MELODY = Timbre(
    "melody",
    attack_s=0.4,
    release_s=1.5,
    tilt=1.8,
    even=0.35,
    gain_db=-2.0,
    detune_cents=(0.0, 3.0, -3.0),
    amplitudes=(1.0, 0.3, -0.3),
    spread=0.3,
    reverb=0.5,
)
BELLS = Timbre(
    "bells",
    attack_s=0.08,
    release_s=2.5,
    tilt=3.0,
    partials=4,
    gain_db=-6.0,
    ratios=(1.0, 2.003, 3.93),
    detune_cents=(0.0, 0.0, 0.0),
    amplitudes=(1.0, 0.28, 0.07),
    pans=(0.0, -0.5, 0.5),
    decay_s=(2.6, 1.5, 0.5),
    spread=0.8,
    reverb=0.6,
    chorus=0.15,
)

TIMBRES = {timbre.name: timbre for timbre in (PAD, DRONE, BELLS, BASS, MELODY, AIR)}
CHANNEL_TIMBRES = {0: PAD, 1: DRONE, 2: BELLS, 3: BASS, 4: MELODY, 5: AIR}
"""What a channel (0-15) plays until a program change or the caller says otherwise; others play the pad."""

_PROGRAMS = (
    (range(8, 16), BELLS),
    (range(32, 40), BASS),
    (range(72, 80), MELODY),
    (range(98, 99), BELLS),
    (range(97, 104), AIR),
)


def of_program(program: int) -> Timbre:
    """The timbre nearest to a General MIDI program (0-127): struck, bass, pipe, effect, or else a pad."""
    return next((timbre for programs, timbre in _PROGRAMS if program in programs), PAD)


def frequency_hz(pitch: int) -> float:
    """Equal temperament, A4 (69) at 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


@lru_cache(maxsize=256)
def tables(timbre: Timbre, pitch: int) -> Samples:
    """One cycle at each step of brightness, darkest first: (BRIGHTNESS_STEPS, TABLE_SIZE), no partial that aliases.

    Scaled so that the middle brightness has an RMS of 1, whatever the pitch.
    """
    base_hz = frequency_hz(pitch)
    count = max(1, min(timbre.partials, int(HIGHEST_PARTIAL_HZ / base_hz / max(timbre.ratios))))
    partial = np.arange(1, count + 1)
    amplitude = partial**-timbre.tilt * np.where(partial % 2 == 0, timbre.even, 1.0)
    corner_hz = DARKEST_HZ * (BRIGHTEST_HZ / DARKEST_HZ) ** np.linspace(0, 1, BRIGHTNESS_STEPS)
    rolled = amplitude / (1 + (partial * base_hz / np.maximum(corner_hz, base_hz)[:, None]) ** 2)
    spectrum = np.zeros((BRIGHTNESS_STEPS, TABLE_SIZE // 2 + 1), dtype=complex)
    spectrum[:, 1 : count + 1] = rolled * np.exp(2j * np.pi * _phases(count))
    cycles = np.fft.irfft(spectrum, TABLE_SIZE, axis=1)
    middle = cycles[BRIGHTNESS_STEPS // 2]
    return np.asarray(cycles / np.sqrt(np.mean(middle**2)), dtype=np.float32)


def _phases(count: int) -> NDArray[np.float64]:
    """Schroeder's phases in turns: a cycle without a peak (IEEE Trans. Inf. Theory 16:85, 1970)."""
    partial = np.arange(1, count + 1)
    return partial * (partial - 1) / (2 * count)
