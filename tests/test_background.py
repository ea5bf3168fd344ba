"""Nothing that fails in the background prints a traceback at a nurse, and nothing of it is hidden."""

import asyncio
import errno
import gc

import pytest

from engine.background import tell_what_fails

pytestmark = pytest.mark.asyncio


def fail(error: Exception) -> None:
    raise error


async def test_a_callback_that_fails_is_told_once_of_its_kind() -> None:
    loop, said = asyncio.get_running_loop(), list[str]()
    tell_what_fails(loop, said.append)
    for error in (ValueError("canary"), ValueError("again"), KeyError("other")):
        loop.call_soon(fail, error)
    await asyncio.sleep(0)
    assert said == [
        "Something in the background failed (ValueError); the music goes on.",
        "Something in the background failed (KeyError); the music goes on.",
    ]


async def test_a_forgotten_task_is_told() -> None:
    loop, said = asyncio.get_running_loop(), list[str]()
    tell_what_fails(loop, said.append)

    async def broken() -> None:
        raise RuntimeError

    task = asyncio.create_task(broken())
    await asyncio.sleep(0)
    del task
    gc.collect()
    assert len(said) == 1


async def test_a_socket_that_closed_before_its_turn_is_told_by_its_owner_alone() -> None:
    loop, said = asyncio.get_running_loop(), list[str]()
    tell_what_fails(loop, said.append)
    loop.call_soon(fail, OSError(errno.EBADF, "Bad file descriptor"))
    await asyncio.sleep(0)
    assert said == []
