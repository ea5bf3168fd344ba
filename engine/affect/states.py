"""Where arousal stands, in words that do not flicker: hysteresis, dwell, and a limit on turns."""

from engine.affect.estimate import ArousalState
from engine.affect.trust import COAST_S, GOOD_S, is_good

ENTER_BPM = 8.0
LEAVE_BPM = 5.0
"""Scaled residuals at which *elevated* begins and ends."""
EXCESS_FROM_BPM = 6.0
EXCESS_BPM_S = 110.0
"""*Elevated* needs this much excess over 6 collected (a cumulative sum, Page 1954): 10 above for 28 s, 8.5 for 44 s.
A blip like a cuff collects less, a large rise is seen sooner."""
LEAVE_AFTER_S = 60
ELEVATED_AT_LEAST_S = 90
RISING_BPM_PER_MIN = 4.0
"""Slope from which a rate is said to rise, in the state and in the words."""
RISING_FROM_BPM = 3.0
RISING_AFTER_S = 10
RISING_ENDS_BPM_PER_MIN = 2.0
RISING_ENDS_AFTER_S = 30
RECOVERED_BPM = 3.0
RECOVERED_AFTER_S = 60
RECOVERING_AT_MOST_S = 300
TURN_S = 120
"""At most one turn upwards into *rising* within two minutes; *elevated* is never withheld."""

_S = ArousalState


class States:
    """The state machine; one call a second with the scaled residual and the slope."""

    def __init__(self) -> None:
        self.state = _S.STEADY
        self._in_state_s = 0
        self._since_turn_s = TURN_S
        self._excess = 0.0
        self._above_s = 0
        self._below_s = 0
        self._unheard_s = 0

    def second(self, scaled_bpm: float, slope_bpm_per_min: float) -> ArousalState:
        """Take one believed, ungated second."""
        self._in_state_s += 1
        self._since_turn_s += 1
        self._unheard_s = 0
        self._excess = min(2 * EXCESS_BPM_S, max(0.0, self._excess + scaled_bpm - EXCESS_FROM_BPM))
        wanted = self._wanted(scaled_bpm, slope_bpm_per_min)
        if wanted is not self.state:
            self._turn(wanted)
        return self.state

    def pause(self) -> None:
        """Nothing can be concluded this second: what was being collected is dropped, the state kept."""
        self._excess = 0.0
        self._above_s = self._below_s = 0

    def unheard(self) -> None:
        """Nothing can be heard this second. After a minute of them nobody knows: a rise must show itself again."""
        self.pause()
        self._unheard_s += 1
        if self._unheard_s >= LEAVE_AFTER_S and self.state in {_S.RISING, _S.ELEVATED}:
            self._turn(_S.RECOVERING)

    def _wanted(self, scaled_bpm: float, slope: float) -> ArousalState:
        if self.state is _S.ELEVATED:
            ended = (
                self._held_below(LEAVE_AFTER_S, below=scaled_bpm <= LEAVE_BPM)
                and self._in_state_s >= ELEVATED_AT_LEAST_S
            )
            return _S.RECOVERING if ended else _S.ELEVATED
        if scaled_bpm >= ENTER_BPM and self._excess >= EXCESS_BPM_S:
            return _S.ELEVATED
        if self.state is _S.RISING:
            ended = self._held_below(RISING_ENDS_AFTER_S, below=slope < RISING_ENDS_BPM_PER_MIN)
            return _S.STEADY if ended else _S.RISING
        if self._rises(scaled_bpm, slope) and self._since_turn_s >= TURN_S:
            return _S.RISING
        if self.state is _S.RECOVERING:
            recovered = self._held_below(RECOVERED_AFTER_S, below=scaled_bpm < RECOVERED_BPM)
            return _S.STEADY if recovered or self._in_state_s >= RECOVERING_AT_MOST_S else _S.RECOVERING
        return self.state

    def _held_below(self, seconds: int, *, below: bool) -> bool:
        self._below_s = self._below_s + 1 if below else 0
        return self._below_s >= seconds

    def _rises(self, scaled_bpm: float, slope: float) -> bool:
        rises = slope > RISING_BPM_PER_MIN and scaled_bpm > RISING_FROM_BPM
        self._above_s = self._above_s + 1 if rises else 0
        return self._above_s >= RISING_AFTER_S

    def _turn(self, state: ArousalState) -> None:
        upward = {_S.RISING, _S.ELEVATED}
        if (state in upward) is not (self.state in upward):
            self._since_turn_s = 0
        self.state = state
        self._in_state_s = self._above_s = self._below_s = 0


class Coasting:
    """Whether the inputs are untrusted: from data 10 s old until 20 s of good data."""

    def __init__(self) -> None:
        self.on = False
        self._good_s = 0

    def second(self, age_s: float, quality: float) -> bool:
        """Take one second's data age and 10-s quality."""
        if age_s > COAST_S:
            self.on, self._good_s = True, 0
        elif self.on:
            self._good_s = self._good_s + 1 if is_good(age_s, quality) else 0
            self.on = self._good_s < GOOD_S
        return self.on
