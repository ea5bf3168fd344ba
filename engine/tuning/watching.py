"""Saved files as events: watchfiles, and nothing else of the outside."""

from collections.abc import AsyncIterator, Collection
from pathlib import Path


async def saved(files: Collection[Path]) -> AsyncIterator[None]:
    """One event each time that any of these was saved, also where an editor puts a new file in its place."""
    from watchfiles import awatch

    wanted = {str(file.resolve()) for file in files}
    folders = {file.resolve().parent for file in files}
    async for _ in awatch(*folders, watch_filter=lambda _, path: str(Path(path).resolve()) in wanted, recursive=False):
        yield
