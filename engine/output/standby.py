"""Guardian processes, one ahead: the next stands by, all that takes time done, while the one at work still lives."""

import asyncio
import contextlib
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence

SETTLE_S = 1.0
"""The next is started so long after the last one was taken: taking over comes first. So is one for one that died."""


class Standby:
    """Starts guardians and keeps one waiting: it owns nothing until its first order, and ends when its pipe does."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._waiting: Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the one that stands by, while there is one."""
        return self._waiting.pid if self._waiting else None

    async def take(self) -> Process:
        """One that waits for its first order: the one that stood by or, where there is none, a new one.

        Raises OSError where this computer has no room for a new one.
        """
        process, self._waiting = self._waiting, None
        await self._stop_keeping()
        self._keeper = asyncio.create_task(self._keep(), name="standby")
        return process or await self._start()

    async def _keep(self) -> None:
        """One that stands by, again and again; where it cannot be started, it is tried again."""
        while True:
            await asyncio.sleep(SETTLE_S)
            with contextlib.suppress(OSError):
                self._waiting = await self._start()
                await self._waiting.wait()
            self._waiting = None

    async def _start(self) -> Process:
        """A process group of its own: what is meant for the engine's terminal passes it by."""
        return await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE, start_new_session=True)

    async def close(self) -> None:
        """End the one that stands by: it has nothing to let go of."""
        await self._stop_keeping()
        process, self._waiting = self._waiting, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _stop_keeping(self) -> None:
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
