"""Times in which a heart rate tells of something else: a cuff, talk, a change of posture, a dose, music that starts."""

from collections.abc import Iterator

from engine.inputs import Act

GATE_S = 90.0
"""A cuff inflates for about 40 s and the 60-s median forgets its share within 90 s."""
GATES = {
    Act.CUFF: "blood-pressure cuff",
    Act.TALK: "staff talking",
    Act.POSTURE: "change of posture",
    Act.DOSE: "dose just given",
    Act.PLAY_ON: "music started within the last 90 s",
}


class Gates:
    """Which gates stand open now."""

    def __init__(self) -> None:
        self._until_s: dict[Act, list[float]] = {}

    def mark(self, act: Act, at_s: float) -> None:
        """Take a mark; one that gates nothing is ignored."""
        if act in GATES:
            self._until_s.setdefault(act, []).append(at_s + GATE_S)

    def unmark(self, act: Act, at_s: float) -> None:
        """Take a mark back, as if it had not been given at ``at_s``."""
        untils_s = self._until_s.get(act, [])
        if at_s + GATE_S in untils_s:
            untils_s.remove(at_s + GATE_S)

    def reasons(self, now_s: float) -> tuple[str, ...]:
        """Why nothing is concluded now; empty when nothing gates."""
        return tuple(self._open(now_s)) if self._until_s else ()

    def _open(self, now_s: float) -> Iterator[str]:
        for act in [act for act, untils_s in self._until_s.items() if max(untils_s, default=now_s) <= now_s]:
            del self._until_s[act]
        for act in self._until_s:
            yield GATES[act]
