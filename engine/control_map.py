"""Which controller follows which of the music's values, within which bounds, along which curve."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.midi import BRIGHTNESS
from engine.profile import ControlSettings, ControlSource, Curve, Profile
from generators.score import Control, Intent

HIGHEST = 127
_BENDS: Mapping[Curve, Callable[[float], float]] = {
    "linear": lambda share: share,
    "exponential": lambda share: share * share,
    "logarithmic": math.sqrt,
}


def mapped_value(settings: ControlSettings, share: float) -> float:
    """The controller's value for a share 0..1 of what it follows."""
    low, high = settings.value_range
    bent = _BENDS[settings.curve](min(max(share, 0.0), 1.0))
    return low + (high - low) * (1.0 - bent if settings.inverted else bent)


@dataclass(frozen=True, slots=True)
class ControlMap:
    """A profile's controllers, layer by layer. Brightness that nobody maps stays the controller it is."""

    layers: Mapping[str, Mapping[ControlSource, ControlSettings]]

    @classmethod
    def of(cls, profile: Profile) -> "ControlMap":
        """What the profile asks for."""
        return cls({name: each.control for name, each in profile.layer.items() if each.control})

    def mapped(self, asked: Sequence[Control], intent: Intent) -> Sequence[Control]:
        """What the ensemble asked for, in the synth's own controllers."""
        if not self.layers:
            return asked
        return [*map(self._mapped, asked), *self._followed(intent)]

    def _mapped(self, control: Control) -> Control:
        settings = self.layers.get(control.layer, {}).get("brightness")
        if control.number != BRIGHTNESS or settings is None:
            return control
        return Control(control.layer, settings.controller, mapped_value(settings, control.value / HIGHEST))

    def _followed(self, intent: Intent) -> Iterator[Control]:
        shares: dict[ControlSource, float] = {"density": intent.density, "tension": intent.tension}
        for layer, controls in self.layers.items():
            for source, settings in controls.items():
                if source in shares:
                    yield Control(layer, settings.controller, mapped_value(settings, shares[source]))
