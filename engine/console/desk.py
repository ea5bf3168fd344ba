"""The desk between pages and room: takes what is asked, hands it in, and says *done* and *recorded* when it is so."""

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.attachment import RoomAccess
from engine.console.messages import Ask, Press, SetUp, TakeBack, TellStory
from engine.console.viewers import Role, Viewer
from engine.inputs import Act, Command
from engine.news import News, RecordedUpTo
from engine.session import Folded
from engine.standing import Standing

MOST_PENDING = 1000
"""So many commands may wait for a disk that takes nothing; the oldest is then told no more."""

Tell = Callable[[str], None]
"""Lets a story happen to the simulated listener; raises ValueError with one sentence."""


@dataclass(slots=True)
class _Pending:
    viewer: Viewer
    ask: Ask
    tick: int
    done: bool = False


@dataclass(slots=True)
class Desk:
    """One room's desk. ``acts`` are those that the room can obey; ``tell`` is there where the heart is simulated."""

    room: RoomAccess
    acts: frozenset[Act]
    tell: Tell | None = None
    undoable: Callable[[], int | None] = lambda: None
    """The seq of the command that can still be undone."""
    _pending: dict[int, _Pending] = field(default_factory=dict)
    _recorded: int = 0
    _standing: Standing = field(default_factory=Standing)

    def take(self, viewer: Viewer, ask: Ask) -> None:
        """Hand in what a viewer asks, or refuse it with one sentence."""
        if viewer.role is not Role.CONTROL:
            viewer.answer(ask, "refused", why="This page may only look.")
            return
        match ask:
            case Press(act=act) if why := self._standing.refusal(act):
                viewer.answer(ask, "refused", why=why)
            case Press(act=act, value=value) if act in self.acts:
                self._submit(viewer, ask, Command(act, viewer.by, value))
            case TakeBack(seq=seq) if seq == self.undoable():
                self._submit(viewer, ask, Command(Act.UNDO, viewer.by, float(seq)))
            case TellStory(story=story):
                self._let_happen(viewer, ask, story)
            case TakeBack():
                viewer.answer(ask, "refused", why="That can no longer be undone.")
            case Press() | SetUp():
                viewer.answer(ask, "refused", why="This room cannot do that now.")

    def _submit(self, viewer: Viewer, ask: Ask, command: Command) -> None:
        stamped = self.room.submit(command)
        if len(self._pending) >= MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        self._pending[stamped.seq] = _Pending(viewer, ask, stamped.tick)

    def _let_happen(self, viewer: Viewer, ask: Ask, story: str) -> None:
        if self.tell is None:
            viewer.answer(ask, "refused", why="This heart is real: nothing can be told to it.")
            return
        try:
            self.tell(story)
        except ValueError as error:
            viewer.answer(ask, "refused", why=str(error))
        else:
            viewer.answer(ask, "done")

    def hear(self, news: News) -> None:
        """A fold makes what came before it *done*, a commit makes it *recorded*."""
        self._standing.hear(news)
        match news:
            case Folded(tick=tick):
                if self._pending:
                    self._fold(tick)
            case RecordedUpTo(seq=seq):
                self._recorded = max(self._recorded, seq)
                self._settle()

    def _fold(self, tick: int) -> None:
        for seq, pending in self._pending.items():
            if not pending.done and pending.tick <= tick:
                pending.done = True
                pending.viewer.answer(pending.ask, "done", seq=seq)
        self._settle()

    def _settle(self) -> None:
        kept = [seq for seq, pending in self._pending.items() if pending.done and seq <= self._recorded]
        for seq in kept:
            pending = self._pending.pop(seq)
            pending.viewer.answer(pending.ask, "recorded", seq=seq)
