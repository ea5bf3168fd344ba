"""The faders by themselves: what the guard never asks of them holds too."""

import pytest

from engine.limiter import Limiter
from engine.limits import OUTER
from engine.midi import control, note_on
from engine.output.faders import ASLEEP_S, STALL_S, WALK_STEP_S, Faders

LEVEL, BRIGHTNESS = 11, 74


class Board:
    """Faders of one sounding channel at level 20, and what they sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, bytes]] = []
        self.limiter = Limiter(OUTER)
        self.faders = Faders(self.limiter, LEVEL, self._send)

    def _send(self, now_s: float, data: bytes) -> None:
        self.limiter.accept(now_s, data)
        self.sent.append((now_s, data))

    def begin(self, level: int = 20) -> None:
        self.faders.start()
        self.faders.open(0.0, 0)
        self.faders.move(0.0, 0, LEVEL, level)
        self.faders.move(0.0, 0, BRIGHTNESS, 64)
        self.limiter.accept(0.1, note_on(0, 60, 40))

    def value(self, number: int) -> int | None:
        return self.limiter.value(0, number)

    def walk_until(self, now_s: float) -> None:
        while self.faders.next_s <= now_s:
            self.faders.step(self.faders.next_s)


@pytest.fixture
def board() -> Board:
    return Board()


def test_before_a_start_and_after_a_mute_no_level_comes_through(board: Board) -> None:
    board.faders.open(0.0, 0)
    board.faders.move(0.0, 0, LEVEL, 20)
    assert board.value(LEVEL) == 0
    board.begin()
    assert board.value(LEVEL) == 20
    board.faders.mute()
    board.faders.move(2.0, 0, LEVEL, 20)
    assert board.value(LEVEL) == 0


def test_a_new_wish_ends_the_way_to_the_old_one(board: Board) -> None:
    board.begin()
    assert board.faders.move(1.0, 0, BRIGHTNESS, 127) == "controller steps"
    assert board.faders.next_s == 1.0 + WALK_STEP_S
    assert board.faders.move(1.2, 0, BRIGHTNESS, 80) is None
    board.walk_until(5.0)
    assert board.value(BRIGHTNESS) == 80


def test_in_a_fade_no_wish_raises_a_level(board: Board) -> None:
    board.begin()
    board.faders.fade(1.0, 2.0)
    assert board.faders.move(1.0, 0, LEVEL, 100) is None
    board.faders.step(1.1)
    assert [data for at_s, data in board.sent if at_s >= 1.0] == []


def test_a_level_of_nothing_comes_back_as_nothing(board: Board) -> None:
    board.begin(level=0)
    board.faders.fade(1.0, 2.0)
    board.faders.come_back(1.5)
    board.walk_until(60.0)
    assert {data[2] for _, data in board.sent if data[1] == LEVEL} == {0}


def test_a_level_comes_back_to_where_it_was(board: Board) -> None:
    board.begin()
    board.faders.fade(1.0, 2.0)
    board.faders.step(2.0)
    assert board.value(LEVEL) == 10
    board.faders.come_back(2.0)
    board.walk_until(60.0)
    assert board.sent[-1][1] == control(0, LEVEL, 20)


@pytest.mark.parametrize(("late_s", "value"), [(STALL_S, 18), (2 * STALL_S, 20)], ids=["no stall", "a stall"])
def test_a_step_that_comes_a_tenth_late_is_taken_and_a_later_one_is_made_up_for(
    board: Board, late_s: float, value: int
) -> None:
    board.begin()
    board.faders.fade(0.0, 1.0)
    board.faders.wake(late_s)
    board.faders.step(late_s)
    assert board.value(LEVEL) == value


@pytest.mark.parametrize(
    ("woke_s", "rest_s"),
    [(0.8, 0.25), (1.0, 0.25), (1.1, 0.15), (1.2, 0.1), (1.3, ASLEEP_S), (3600.0, ASLEEP_S)],
    ids=["before its end", "at its end", "just after", "as late as may be", "after a sleep", "after an hour"],
)
def test_what_a_stall_leaves_of_a_fade_is_no_cut_and_comes_in_time_where_it_can(
    board: Board, woke_s: float, rest_s: float
) -> None:
    board.begin()
    board.faders.fade(0.0, 1.0)
    board.faders.step(0.0)
    while board.faders.next_s < 0.25:
        board.faders.step(board.faders.next_s)
    assert board.value(LEVEL) == 15
    board.faders.wake(woke_s)
    board.faders.step(woke_s)
    assert board.value(LEVEL) in (14, 15)
    assert not board.faders.is_faded(woke_s + rest_s - 0.01)
    assert board.faders.is_faded(woke_s + rest_s + 1e-9)
    board.faders.wake(woke_s + rest_s + 5.0)
    assert board.faders.is_faded(woke_s + rest_s + 5.0), "it is put off once"


def test_a_whole_second_is_a_stall_and_no_sleep(board: Board) -> None:
    board.begin()
    board.faders.fade(0.0, 1.0)
    board.faders.wake(1.0)
    assert board.faders.is_faded(1.25)


def test_a_stall_that_leaves_time_enough_is_not_the_one_that_a_fade_may_be_put_off_for(board: Board) -> None:
    board.begin()
    board.faders.fade(0.0, 1.0)
    board.faders.wake(0.75)
    board.faders.step(0.75)
    board.faders.wake(1.2)
    assert not board.faders.is_faded(1.2)


def test_a_shorter_stop_is_not_put_off_once_more(board: Board) -> None:
    board.begin()
    board.faders.fade(0.0, 1.0)
    board.faders.wake(1.5)
    board.faders.step(1.5)
    board.faders.fade(1.6, 0.5)
    board.faders.wake(5.0)
    assert board.faders.is_faded(5.0)


def test_a_stop_that_ends_with_the_one_that_fades_changes_nothing(board: Board) -> None:
    board.begin()
    board.faders.fade(0.0, 1.0)
    board.faders.step(0.0)
    board.faders.step(0.05)
    for at_s in range(12, 50, 2):
        board.faders.step(at_s / 100)
    board.faders.fade(0.48, 0.52)
    for at_s in range(50, 82, 2):
        board.faders.step(at_s / 100)
    assert board.value(LEVEL) == 4


def test_a_fade_of_what_is_muted_goes_nowhere(board: Board) -> None:
    board.begin()
    board.faders.mute()
    board.faders.fade(1.0, 0.7)
    board.faders.step(1.0)
    assert board.value(LEVEL) == 0
