"""A child that fails is started again, with patience; one that keeps failing stays down and is tried each minute."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import CalandoError
from engine.supervise import DOWN_S, LONGEST_WAIT_S, RESTARTS, WITHIN_S, Supervisor
from tests.virtual_time import VirtualTimeLoop

Child = Callable[[], Awaitable[None]]


class Life:
    """A child that lives ``lives_s`` each time and then crashes; in its last life it returns."""

    def __init__(self, lives_s: list[float]) -> None:
        self.lives_s = lives_s
        self.starts_s: list[float] = []
        self.crashes_s: list[float] = []
        self.troubles: list[str] = []

    async def child(self) -> None:
        loop = asyncio.get_running_loop()
        self.starts_s.append(loop.time())
        await asyncio.sleep(self.lives_s[len(self.starts_s) - 1])
        if len(self.starts_s) < len(self.lives_s):
            self.crashes_s.append(loop.time())
            raise CalandoError("the page fell over.")

    def live(self, seed: int = 1) -> "Life":
        async def keep() -> None:
            clock = asyncio.get_running_loop().time
            await Supervisor("page", clock, random.Random(seed), self.troubles.append).keep(self.child)

        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.run(keep())
        return self

    @property
    def waits_s(self) -> list[float]:
        return [start_s - crash_s for crash_s, start_s in zip(self.crashes_s, self.starts_s[1:], strict=True)]


def test_a_child_that_returns_is_done() -> None:
    life = Life([5.0]).live()
    assert life.starts_s == [0.0]
    assert life.troubles == []


def test_a_crash_is_told_in_the_error_s_own_words() -> None:
    life = Life([5.0, 1.0]).live()
    assert life.troubles == ["The page failed (the page fell over); it is started again."]
    assert 0.5 <= life.waits_s[0] <= 1.0


def test_of_an_unknown_error_only_its_kind_is_told() -> None:
    told: list[str] = []
    supervisor = Supervisor("page", lambda: 0.0, random.Random(1), told.append)
    supervisor._after_crash(RuntimeError("secret"), 0.0)
    assert told == ["The page failed (RuntimeError); it is started again."]


def test_one_that_keeps_failing_stays_down_says_so_once_and_is_tried_each_minute() -> None:
    life = Life([0.0] * 12).live()
    assert life.waits_s[RESTARTS:] == pytest.approx([DOWN_S] * (11 - RESTARTS))
    assert len(life.troubles) == RESTARTS + 1
    assert "stays down and is tried each minute" in life.troubles[-1]


def test_one_that_lives_again_has_its_whole_patience_back() -> None:
    life = Life([0.0] * (RESTARTS + 1) + [DOWN_S, 1.0]).live()
    assert life.waits_s[-1] < LONGEST_WAIT_S
    assert life.troubles[-1].endswith("it is started again.")


def test_crashes_far_apart_never_take_it_down() -> None:
    life = Life([WITHIN_S] * 20).live()
    assert not any("stays down" in trouble for trouble in life.troubles)


def test_a_cancelled_child_is_no_crash() -> None:
    life = Life([100.0])

    async def keep() -> None:
        supervisor = Supervisor("page", asyncio.get_running_loop().time, random.Random(1), life.troubles.append)
        keeping = asyncio.create_task(supervisor.keep(life.child))
        await asyncio.sleep(1.0)
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(keep())
    assert life.troubles == []


def test_a_child_that_gives_up_as_cancelled_though_nobody_asked_is_told_and_started_again() -> None:
    starts_s, troubles = list[float](), list[str]()

    async def child() -> None:
        starts_s.append(asyncio.get_running_loop().time())
        if len(starts_s) == 1:
            connection = asyncio.get_running_loop().create_future()
            connection.cancel()
            await connection

    async def keep() -> None:
        clock = asyncio.get_running_loop().time
        await Supervisor("heart source", clock, random.Random(1), troubles.append).keep(child)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(keep())
    assert len(starts_s) == 2
    assert troubles == ["The heart source failed (CancelledError); it is started again."]


@settings(max_examples=50)
@given(lives_s=st.lists(st.floats(0.0, 90.0), min_size=1, max_size=20), seed=st.integers(0, 10))
def test_no_child_is_started_more_than_six_times_in_any_minute(lives_s: list[float], seed: int) -> None:
    life = Life(lives_s).live(seed)
    starts_s = life.starts_s
    assert all(later - earlier > WITHIN_S for earlier, later in zip(starts_s, starts_s[RESTARTS + 2 :], strict=False))
    assert all(0.499 <= wait_s <= DOWN_S + 0.001 for wait_s in life.waits_s)
