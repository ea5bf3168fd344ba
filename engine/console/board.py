"""What the page shows, made from a room's news: pure, without clock or I/O; times are seconds of the session."""

import math
from dataclasses import dataclass, field

from engine.affect.estimate import Grade
from engine.affect.reasons import words_of
from engine.console.history import History
from engine.decision import Decision
from engine.inputs import UNDO_S, UNDOABLE, Act, Command, OutputKind, OutputState, Resumed, Stamped
from engine.midi import TICK_S
from engine.news import News, RecordedUpTo, Trouble
from engine.session import Folded
from sensors.heart import LinkState

RECORD_LATE_S = 5.0
"""A command that is not on the disk by now says that the record lags."""
TROUBLE_SHOWN_S = 60.0

Shown = dict[str, object]


@dataclass(slots=True)
class Board:
    """The state of one room as a person reads it. ``hear`` takes all news; ``shown`` says how it stands."""

    history: History = field(default_factory=History)
    _decision: Decision | None = None
    _link: LinkState | None = None
    _output: OutputState | None = None
    _last: tuple[Stamped, Command] | None = None
    _undoable: tuple[Stamped, Command] | None = None
    _waiting: dict[int, float] = field(default_factory=dict)
    _recorded: int = 0
    _trouble: tuple[float, str] | None = None
    _now_s: float = 0.0

    def hear(self, news: News) -> None:
        """One piece of news."""
        match news:
            case Folded(decision=Decision() as decision):
                self._decision = decision
                self._sounds_again(decision)
                self.history.take(decision)
            case Stamped():
                self._take(news)
            case RecordedUpTo():
                self._recorded = max(self._recorded, news.seq)
                self._waiting = {seq: at_s for seq, at_s in self._waiting.items() if seq > news.seq}
            case Trouble():
                self._trouble = (self._now_s, news.sentence)

    def _take(self, stamped: Stamped) -> None:
        self._now_s = stamped.tick * TICK_S
        match stamped.input:
            case LinkState() as link:
                self._link = link
            case OutputState() as output:
                self._output = output
            case Resumed() as resumed:
                self.history.mark(self._now_s, f"resumed after {resumed.gap_s:.0f} s")
            case Command() as command:
                self._take_command(stamped, command)

    def _sounds_again(self, decision: Decision) -> None:
        """Music that plays was played on by a person: what silenced it before is over, but for a port that is away."""
        if decision.playing == "playing" and self._output and self._output.kind is not OutputKind.PORT_LOST:
            self._output = None

    def _take_command(self, stamped: Stamped, command: Command) -> None:
        self._last = (stamped, command)
        self._waiting[stamped.seq] = self._now_s
        if command.act in UNDOABLE:
            self._undoable = stamped, command
        if command.act is Act.UNDO and self._undoable and command.value == self._undoable[0].seq:
            self.history.unmark(self._undoable[0].seq)
            self._undoable = None
        elif command.act is not Act.UNDO:
            self.history.mark(self._now_s, command.act.words, stamped.seq)

    def undoable_seq(self, now_s: float) -> int | None:
        """The seq of the command that can still be undone."""
        return self._undoable[0].seq if self._undoable and self._undo_left_s(now_s) > 0 else None

    def _undo_left_s(self, now_s: float) -> float:
        return UNDO_S - (now_s - self._undoable[0].tick * TICK_S) if self._undoable else 0.0

    def shown(self, now_s: float) -> Shown:
        """Everything that changes, as plain JSON values; ages counted at ``now_s``."""
        self._now_s = now_s
        return {
            "time_s": round(now_s, 1),
            **(self._music(self._decision) if self._decision else {}),
            "heart": self._heart(now_s),
            "strap": self._strap(),
            "output": self._sound(),
            "record": self._record(now_s),
            "last": self._last_act(now_s),
            "undo": self._undo(now_s),
            "trouble": self._trouble[1] if self._trouble and now_s - self._trouble[0] < TROUBLE_SHOWN_S else None,
        }

    @staticmethod
    def _music(decision: Decision) -> Shown:
        music, _, why = decision.sentence.partition("; ")
        return {
            "music": music,
            "why": why,
            "limits": list(decision.limited_by),
            "phase": decision.phase,
            "phase_left_s": decision.phase_left_s,
            "playing": decision.playing,
            "offset": round(decision.offset, 3),
            "staff_offset": decision.staff_offset,
            "ceiling": decision.ceiling,
            "staying": decision.staying,
            "tempo_bpm": round(decision.intent.tempo_bpm, 1),
        }

    def _heart(self, now_s: float) -> Shown:
        if self._decision is None:
            return {"hr_bpm": None, "age_s": None, "known": False}
        estimate = self._decision.estimate
        age_s = estimate.data_age_s + max(0.0, now_s - estimate.time_s)
        return {
            "hr_bpm": None if estimate.hr_bpm is None else round(estimate.hr_bpm),
            "expected_bpm": None if estimate.expected_bpm is None else round(estimate.expected_bpm),
            "age_s": round(age_s, 1) if math.isfinite(age_s) else None,
            "known": estimate.residual_bpm is not None,
            "arousal": round(estimate.arousal, 2),
            "word": words_of(estimate.state),
            "confidence": round(estimate.confidence, 2),
            "baseline": str(estimate.baseline) if estimate.baseline is not Grade.NONE else None,
            "reasons": list(estimate.reasons[:3]),
        }

    def _strap(self) -> Shown:
        if self._link is None:
            return {"state": "none", "words": "--", "why": "nothing was heard of a strap yet"}
        return {"state": str(self._link.link), "words": self._link.link.words, "why": self._link.why}

    def _sound(self) -> Shown:
        if self._output is None:
            return {"state": "ready", "why": ""}
        return {"state": str(self._output.kind), "why": self._output.why}

    def _record(self, now_s: float) -> Shown:
        oldest_s = min(self._waiting.values(), default=now_s)
        if now_s - oldest_s > RECORD_LATE_S:
            return {"state": "late", "why": f"the disk has not kept the last {now_s - oldest_s:.0f} s"}
        return {"state": "kept", "why": "everything pressed is on the disk" if self._recorded else "recording"}

    def _last_act(self, now_s: float) -> Shown | None:
        if self._last is None:
            return None
        stamped, command = self._last
        age_s = max(0.0, now_s - stamped.tick * TICK_S)
        return {"act": str(command.act), "by": command.by, "value": command.value, "age_s": round(age_s)}

    def _undo(self, now_s: float) -> Shown | None:
        left_s = self._undo_left_s(now_s)
        if self._undoable is None or left_s <= 0:
            return None
        stamped, command = self._undoable
        return {"seq": stamped.seq, "act": str(command.act), "left_s": round(min(left_s, UNDO_S), 1)}
