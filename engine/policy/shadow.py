"""Shadow: the controller decides as the heart would have it, and the plain profile is what plays.

For a clinic's first sessions: staff see what calando would have done, and the listener hears none of it.
"""

from dataclasses import replace

from engine.affect.estimate import ArousalState, Estimate, Route
from engine.inputs import Act, Command
from engine.policy.controller import Controller
from engine.profile import Profile
from generators.score import Intent


class Shadow(Controller):
    """A controller whose properties say what it would do; ``step`` gives what a heart at rest would have played.

    Arc and staff count for both. With the same inputs the played intents do not depend on the heart's arousal.
    """

    def __init__(self, profile: Profile, route: Route, *, staff_only: bool = False) -> None:
        super().__init__(profile, route, staff_only=staff_only)
        self._plain = Controller(profile, route, staff_only=staff_only)
        self._rested: tuple[Estimate, Estimate] | None = None

    def command(self, command: Command, now_s: float) -> None:
        """As a controller does."""
        super().command(command, now_s)
        self._plain.command(command, now_s)

    def take_back(self, act: Act, now_s: float) -> None:
        """As a controller does."""
        super().take_back(act, now_s)
        self._plain.take_back(act, now_s)

    def reconfigure(self, profile: Profile) -> None:
        """As a controller does."""
        super().reconfigure(profile)
        self._plain.reconfigure(profile)

    def distrust(self) -> None:
        """As a controller does."""
        super().distrust()
        self._plain.distrust()

    def resume(self, gap_s: float) -> None:
        """As a controller does."""
        super().resume(gap_s)
        self._plain.resume(gap_s)

    def step(self, now_s: float, estimate: Estimate | None, *, playing: bool) -> Intent:
        """Decide with the estimate; give the intent of a heart at rest."""
        super().step(now_s, estimate, playing=playing)
        return self._plain.step(now_s, estimate and self._at_rest(estimate), playing=playing)

    def _at_rest(self, estimate: Estimate) -> Estimate:
        """The same second, had the heart been heard well and been calm; the baseline stands as it does."""
        if self._rested is None or self._rested[0] is not estimate:
            calm = replace(estimate, arousal=0.0, state=ArousalState.STEADY, data_age_s=0.0, quality=1.0, gated=False)
            self._rested = estimate, calm
        return self._rested[1]
