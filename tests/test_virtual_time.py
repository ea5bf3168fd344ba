"""An hour of sleeping costs nothing, and a hang is an error."""

import asyncio

import pytest

from tests.virtual_time import SleepForeverError, VirtualTimeLoop

pytestmark = pytest.mark.virtual_time


@pytest.mark.asyncio
async def test_an_hour_of_sleeps_passes_on_the_loops_clock() -> None:
    loop = asyncio.get_running_loop()
    for _ in range(3600):
        await asyncio.sleep(1.0)
    assert loop.time() == pytest.approx(3600.0)


@pytest.mark.asyncio
async def test_two_tasks_meet_in_the_order_of_their_deadlines() -> None:
    heard: list[str] = []

    async def say(word: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        heard.append(word)

    await asyncio.gather(say("late", 20.0), say("early", 3.0))
    assert heard == ["early", "late"]


def test_a_task_that_nobody_will_wake_is_an_error_not_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.virtual_time._JumpingSelector.patience_s", 0.01)
    loop = VirtualTimeLoop()
    task = loop.create_future()
    with pytest.raises(SleepForeverError):
        loop.run_until_complete(task)
    loop.close()
