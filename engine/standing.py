"""Whether *play on* can be obeyed now: one answer for the page and for the keys."""

from dataclasses import dataclass

from engine.inputs import Act, Command, OutputKind, OutputState, Stamped
from engine.news import News


@dataclass(slots=True)
class Standing:
    """Hears a room's news. What a person asks is refused only where it is sure that nothing would play."""

    _ends: bool = False
    _is_away: bool = False

    def hear(self, news: News) -> None:
        """Take what happened."""
        match news:
            case Stamped(input=Command(act=Act.END)):
                self._ends = True
            case Stamped(input=OutputState(kind=kind)):
                self._is_away = kind is OutputKind.PORT_LOST

    def refusal(self, act: Act) -> str | None:
        """Why this would be in vain, in a sentence; None where it would not."""
        if act is not Act.PLAY_ON:
            return None
        if self._ends:
            return "The session ends: begin another one."
        return "The output is away: put it back first." if self._is_away else None
