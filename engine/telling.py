"""A session told in the terminal: what is heard, what is made of it, what is played."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isinf

from engine.decision import Decision
from engine.output.cues import Stop
from engine.words import clock_face

BAR = 10


def tell(decision: Decision) -> str:
    """One line of a session: time, heart, arousal, music, and why."""
    parts = (clock_face(decision.time_s), _heard(decision), _made(decision), _played(decision), decision.sentence)
    return "  ".join(parts)


def _heard(decision: Decision) -> str:
    estimate = decision.estimate
    if estimate.hr_bpm is None:
        return "heart  --        "
    if estimate.residual_bpm is None:
        return f"heart {estimate.hr_bpm:3.0f}        "
    return f"heart {estimate.hr_bpm:3.0f} ({estimate.residual_bpm:+5.1f})"


def _made(decision: Decision) -> str:
    estimate = decision.estimate
    filled = round(estimate.arousal * BAR)
    return f"{'#' * filled}{'.' * (BAR - filled)}"


def _played(decision: Decision) -> str:
    if decision.playing != "playing":
        stopped = "stopped by its output" if decision.playing == Stop.CRASH else decision.playing
        return f"music: {stopped:<35}"
    intent = decision.intent
    return f"pulse {intent.tempo_bpm:4.1f}  density {intent.density:.2f}  level {intent.level_db:5.1f} dB"


@dataclass(slots=True)
class Teller:
    """Tells a running session: a line each ``every_s``, and at once where state, phase or playing change."""

    say: Callable[[str], None]
    every_s: int = 10
    _last: tuple[str, str, str] | None = None

    def hear(self, decision: Decision) -> None:
        """One second's decision."""
        now = (str(decision.estimate.state), decision.phase, decision.playing)
        if now != self._last or round(decision.time_s) % self.every_s == 0:
            self._last = now
            self.say(tell(decision))


def summary(decisions: Sequence[Decision], notes: int) -> str:
    """What a whole session was, in three lines: what was played, when it was calmest, how aroused the listener was.

    A decision stands for the second that it begins.
    """
    played = [each for each in decisions if each.playing == "playing"]
    if not played:
        return "Nothing was played."
    length = f"{clock_face(len(played))} of music in {clock_face(decisions[-1].time_s + 1.0)}"
    return f"{length}, {notes} notes, {_pulses(played)} a minute.\n{_calmest(played)}\nArousal: {_states(decisions)}."


def _pulses(played: Sequence[Decision]) -> str:
    pulses = [round(each.intent.tempo_bpm) for each in played]
    slowest, quickest = min(pulses), max(pulses)
    return f"pulse {quickest}" if slowest == quickest else f"pulse between {slowest} and {quickest}"


def _calmest(played: Sequence[Decision]) -> str:
    calmest = max(played, key=lambda each: each.offset)
    if not calmest.offset:
        return "Never asked for calm."
    return f"Calmest at {clock_face(calmest.time_s)} (offset {calmest.offset:.2f}): {calmest.sentence}"


def _states(decisions: Sequence[Decision]) -> str:
    """How long each state lasted; without one heartbeat there was nothing to be in a state."""
    if all(isinf(each.estimate.data_age_s) for each in decisions):
        return "not known, no heart was followed"
    seconds = Counter(str(each.estimate.state) for each in decisions)
    return ", ".join(f"{state} {clock_face(count)}" for state, count in seconds.items())
