"""The simulated listener: a heart and a strap that live a story, so that nothing real is needed to hear calando."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from sensors.heart import SourceEvent, event_time_s
from sensors.simulation.happenings import Rise
from sensors.simulation.heart import Heart, some_body
from sensors.simulation.stories import STORIES, StoryError, story_named, together
from sensors.simulation.story import Story, marks_until
from sensors.simulation.strap import SimulatedStrap

__all__ = ["STORIES", "SimulatedListener", "Story", "StoryError", "marks_until", "story_named"]

_CALMING_TAU_S = 90.0
_DRIVE_TAU_S = 6.0
_FADING_S = 90.0


class SimulatedListener:
    """A recording without end. The same story, seed and tellings give the same events, however they are pulled.

    ``story`` is a name (``"drug+cuff"`` for two at once), or several names. ``coupling`` is the share of a rise that
    fully calm music takes away (below 0: adds), in place of the story's own. Raises ``StoryError`` for an unknown one.
    """

    def __init__(self, story: str | Sequence[str], seed: int, *, coupling: float | None = None) -> None:
        self.story = story_named(story) if isinstance(story, str) else together([story_named(name) for name in story])
        self._body = replace(some_body(seed), **self.story.body)
        if coupling is not None:
            self._body = replace(self._body, coupling=coupling)
        self._heart = Heart(seed)
        self._strap = SimulatedStrap(seed)
        self._second = 0
        self._drive_bpm = 0.0
        self._calm_asked = 0.0
        self._calm_felt = 0.0
        self._events: deque[SourceEvent] = deque()

    @property
    def duration_s(self) -> None:
        """A simulated listener never ends."""
        return

    def marks(self, until_s: float) -> tuple[tuple[float, str], ...]:
        """The marks that the story suggests before ``until_s``: ``(at_s, act)``."""
        return marks_until(self.story, until_s)

    def pull(self, until_s: float) -> tuple[SourceEvent, ...]:
        """Everything that arrived before ``until_s`` and was not pulled yet."""
        while self._second + 1 < until_s:
            self._live_a_second()
        pulled = []
        while self._events and event_time_s(self._events[0]) < until_s:
            pulled.append(self._events.popleft())
        return tuple(pulled)

    def tell(self, story: str) -> None:
        """Let ``story`` happen too, once, its first happening now, the rest as far behind it as it is written.

        ``calm`` ends everything that happens, and what drove the heart fades; traits of the body stay.
        """
        told = story_named(story)
        if told.name == "calm":
            fading = Rise(self._second, self._raised_bpm(), ramp_s=0.0, hold_s=0.0, fall_s=_FADING_S, soothable=False)
            self.story = replace(told, rises=(fading,))
        else:
            self.story += told.once_from(self._second)
        self._body = replace(self._body, **told.body)

    def hears(self, calm: float) -> None:
        """How calm the music is from now on, 0..1; a listener with a coupled heart answers it within minutes."""
        self._calm_asked = min(1.0, max(0.0, calm))

    def _live_a_second(self) -> None:
        self._second += 1
        self._calm_felt += (self._calm_asked - self._calm_felt) * _share(_CALMING_TAU_S)
        driven_bpm = self._body.response * self._raised_bpm()
        self._drive_bpm += (driven_bpm - self._drive_bpm) * _share(_DRIVE_TAU_S)
        peaks_s = self._heart.peaks_until(self._second, self._body, self._drive_bpm)
        tells_contact = bool(self._body.contact_bits)
        self._events.extend(self._strap.second(self._second, peaks_s, self.story.faults, tells_contact=tells_contact))

    def _raised_bpm(self) -> float:
        """How far everything that happens drives a heart that shows it all."""
        heard = 1.0 - self._body.coupling * self._calm_felt
        return sum(rise.bpm_at(self._second) * (heard if rise.soothable else 1.0) for rise in self.story.rises)


def _share(tau_s: float) -> float:
    """How far one second goes towards a target that is approached with time constant ``tau_s``."""
    return -math.expm1(-1.0 / tau_s)
