"""The page's server comes and goes with its room, however impatiently the room is told to end."""

import asyncio
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.console.rooms import served_room

pytestmark = pytest.mark.asyncio


def status(url: str) -> int:
    """What a plain request is answered with."""
    with urlopen(url, timeout=5) as answer:
        return int(answer.status)


@pytest.mark.parametrize("impatience", [1, 2, 3])
async def test_a_page_that_is_told_to_end_again_and_again_leaves_the_loop_whole(
    tmp_path: Path, impatience: int
) -> None:
    for visit in range(3):
        async with served_room(tmp_path / str(visit)) as served:
            assert await asyncio.to_thread(status, served.console.url) == 200
            page = next(task for task in asyncio.all_tasks() if task.get_name() == "page")
            for _ in range(impatience):
                page.cancel()
                await asyncio.sleep(0.02)
