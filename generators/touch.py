"""What every layer needs: where the half beat lies, how hard a note is played, how high it may be."""

from math import ceil

from generators.breath import Breath
from generators.score import Intent, Window
from generators.settings import LayerSpec

NEUTRAL_LOW, NEUTRAL_HIGH = 38.0, 58.0
"""The velocities asked for while nobody needs calm; a layer's own range is written against these."""
SOFTEST = 20.0
THINNING = 1.2


def half_beat(window: Window) -> float | None:
    """The half beat in this window, if there is one."""
    beat = ceil(window.start_beat * 2.0 - 1e-9) / 2.0
    return beat if beat < window.end_beat else None


def velocity(spec: LayerSpec, intent: Intent, lean: float) -> int:
    """A velocity in the layer's range, -1 its softest and 1 its loudest, softened as the intent asks."""
    middle = (spec.velocity_low + spec.velocity_high) / 2.0
    written = middle + lean * (spec.velocity_high - spec.velocity_low) / 2.0
    share = (written - NEUTRAL_LOW) / (NEUTRAL_HIGH - NEUTRAL_LOW)
    asked = intent.velocity_low + share * (intent.velocity_high - intent.velocity_low)
    return round(min(max(asked, SOFTEST), intent.velocity_high))


def register(spec: LayerSpec, intent: Intent, least: int = 11) -> tuple[int, int]:
    """The lowest and highest pitch a layer may start; the bottom makes way where the top comes down on it.

    ``least`` semitones remain between them: with 11 every chord has a tone there.
    """
    high = min(spec.register_high, int(intent.register_top))
    return min(spec.register_low, high - least), high


def thinned(intent: Intent, breath: Breath) -> float:
    """The share of its full texture that a layer above the pad plays now: what a pass's own need is held against.

    A little under the density where that is low, so that a layer leaves more slowly than it thins.
    """
    return float((intent.density * breath.fullness) ** THINNING)
