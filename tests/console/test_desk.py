"""The desk: who may ask what, and that done and recorded are said when they are so, in that order."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from engine.console.about import ALL_ACTS
from engine.console.desk import MOST_PENDING, Desk
from engine.console.messages import Press, SetUp, TakeBack, TellStory
from engine.console.viewers import ASKS_AT_ONCE, MOST_ANSWERS, Role, Viewer
from engine.inputs import Act, Command, Input, OutputKind, OutputState, Stamped
from engine.news import Hear, RecordedUpTo
from engine.session import Folded

pytestmark = pytest.mark.asyncio


@dataclass(slots=True)
class QuietRoom:
    """A room that takes everything in and folds only when a test says so."""

    given: list[Input] = field(default_factory=list)

    def now_s(self) -> float:
        return 0.0

    def submit(self, given: Input) -> Stamped:
        self.given.append(given)
        return Stamped(100 + len(self.given), len(self.given), given)

    def subscribe(self, hear: Hear) -> Callable[[], None]:
        return lambda: None


def folded(tick: int) -> Folded:
    return Folded(tick, 0, (), (), None, 54.0, 0.0)


async def answers(viewer: Viewer) -> list[tuple[int, str]]:
    """What the viewer was answered since the last time: (id, state)."""
    viewer.show("{}")  # a state follows the answers, so that there is something to wait for
    *texts, _ = await viewer.next_messages()
    told = [json.loads(text)["answer"] for text in texts]
    return [(each["id"], each["state"]) for each in told]


def a_desk(acts: frozenset[Act] = ALL_ACTS) -> tuple[Desk, QuietRoom, Viewer]:
    room = QuietRoom()
    return Desk(room, acts), room, Viewer(Role.CONTROL, "page")


async def test_done_is_said_when_the_tick_is_folded_and_recorded_when_the_disk_has_it() -> None:
    desk, room, viewer = a_desk()
    desk.take(viewer, Press(7, Act.EASE))
    assert room.given == [Command(Act.EASE, "page")]
    desk.hear(folded(100))
    assert await answers(viewer) == []
    desk.hear(folded(101))
    assert await answers(viewer) == [(7, "done")]
    desk.hear(RecordedUpTo(1))
    assert await answers(viewer) == [(7, "recorded")]
    desk.hear(folded(102))
    desk.hear(RecordedUpTo(1))
    assert await answers(viewer) == []


async def test_a_disk_that_is_quicker_than_the_fold_never_says_recorded_before_done() -> None:
    desk, _, viewer = a_desk()
    desk.take(viewer, Press(7, Act.SILENCE))
    desk.hear(RecordedUpTo(1))
    assert await answers(viewer) == []
    desk.hear(folded(101))
    assert await answers(viewer) == [(7, "done"), (7, "recorded")]


@pytest.mark.parametrize("ask", [Press(1, Act.SILENCE), TakeBack(1, 3), TellStory(1, "panic"), SetUp(1, "begin", {})])
async def test_whoever_may_only_look_moves_nothing(ask: Press | TakeBack | TellStory | SetUp) -> None:
    desk, room, _ = a_desk()
    desk.tell = lambda _: pytest.fail("told")
    viewer = Viewer(Role.VIEW, "tablet")
    desk.take(viewer, ask)
    assert room.given == []
    assert await answers(viewer) == [(1, "refused")]


async def test_undo_is_a_command_of_its_own_and_only_what_the_room_can_do_is_taken() -> None:
    desk, room, viewer = a_desk(frozenset({Act.END}))
    desk.take(viewer, Press(1, Act.EASE))
    desk.take(viewer, TellStory(2, "panic"))
    desk.take(viewer, SetUp(3, "scan", {}))
    desk.undoable = lambda: 12
    desk.take(viewer, TakeBack(4, 11))
    desk.take(viewer, TakeBack(5, 12))
    assert room.given == [Command(Act.UNDO, "page", 12.0)]
    assert await answers(viewer) == [(1, "refused"), (2, "refused"), (3, "refused"), (4, "refused")]


async def test_play_on_is_not_called_done_once_the_session_ends() -> None:
    desk, room, viewer = a_desk()
    desk.hear(Stamped(90, 1, Command(Act.END, "page")))
    desk.take(viewer, Press(1, Act.PLAY_ON))
    assert await answers(viewer) == [(1, "refused")]
    assert room.given == []


async def test_play_on_is_not_called_done_while_the_output_is_away() -> None:
    desk, room, viewer = a_desk()
    desk.hear(Stamped(90, 1, OutputState(OutputKind.PORT_LOST, "Synth is gone; plug it in again.")))
    desk.take(viewer, Press(1, Act.PLAY_ON))
    desk.take(viewer, Press(2, Act.EASE))
    assert await answers(viewer) == [(1, "refused")]
    desk.hear(Stamped(91, 2, OutputState(OutputKind.SILENCED, "Synth is back; play on when you are ready")))
    desk.take(viewer, Press(3, Act.PLAY_ON))
    assert room.given == [Command(Act.EASE, "page"), Command(Act.PLAY_ON, "page")]


async def test_a_story_that_nobody_wrote_is_refused_in_its_own_words() -> None:
    desk, _, viewer = a_desk()

    def tell(story: str) -> None:
        if story != "panic":
            raise ValueError(f"there is no story {story!r}")

    desk.tell = tell
    desk.take(viewer, TellStory(1, "panic"))
    desk.take(viewer, TellStory(2, "nonsense"))
    assert await answers(viewer) == [(1, "done"), (2, "refused")]


async def test_a_disk_that_takes_nothing_for_hours_costs_no_memory() -> None:
    desk, _, viewer = a_desk()
    for number in range(2 * MOST_PENDING):
        desk.take(viewer, Press(number, Act.OTHER))
    desk.hear(folded(10_000))
    assert len(await answers(viewer)) == MOST_ANSWERS
    desk.hear(RecordedUpTo(2 * MOST_PENDING))
    assert len(await answers(viewer)) == MOST_ANSWERS


async def test_a_viewer_that_does_not_read_gets_the_newest_state_and_every_late_answer() -> None:
    viewer = Viewer(Role.VIEW, "tablet")
    for number in range(1000):
        viewer.show(f"state {number}")
    viewer.tell({"ended": True})
    assert await viewer.next_messages() == ['{"ended":true}', "state 999"]
    waiting = asyncio.ensure_future(viewer.next_messages())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_thirty_presses_at_once_and_ten_a_second_are_no_flood() -> None:
    viewer = Viewer(Role.CONTROL, "page")
    assert all(viewer.may_ask(0.0) for _ in range(ASKS_AT_ONCE))
    assert not viewer.may_ask(0.0)
    assert all(viewer.may_ask(10.0 + number / 10) for number in range(600))
