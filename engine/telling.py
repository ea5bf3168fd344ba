"""A session told in the terminal: what is heard, what is made of it, what is played."""

from collections.abc import Callable
from dataclasses import dataclass

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


def summary(decisions: list[Decision], notes: int) -> str:
    """What a whole session was, in three lines."""
    if not decisions:
        return "Nothing was played."
    slowest = min(each.intent.tempo_bpm for each in decisions)
    quickest = max(each.intent.tempo_bpm for each in decisions)
    calmest = max(decisions, key=lambda each: each.offset)
    seconds = {state: sum(each.estimate.state == state for each in decisions) for state in _states(decisions)}
    states = ", ".join(f"{state} {clock_face(count)}" for state, count in seconds.items())
    length = clock_face(decisions[-1].time_s)
    return (
        f"{length} of music, {notes} notes, pulse {quickest:.0f} down to {slowest:.0f} a minute.\n"
        f"Calmest at {clock_face(calmest.time_s)} (offset {calmest.offset:.2f}): {calmest.sentence}\n"
        f"Arousal: {states}."
    )


def _states(decisions: list[Decision]) -> list[str]:
    return list(dict.fromkeys(str(each.estimate.state) for each in decisions))
