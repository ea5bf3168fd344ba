"""Virtual time through the event loop: when every task waits, the clock jumps to the next deadline."""

import asyncio
import selectors


class SleepForeverError(RuntimeError):
    """Every task waits and nothing is scheduled: the test would hang."""


class _JumpingSelector(selectors.DefaultSelector):
    """Looks at what is ready; where nothing is, moves the clock instead of waiting."""

    patience_s = 5.0

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            ready = super().select(self.patience_s)
            if not ready:
                raise SleepForeverError("every task waits and nothing is scheduled")
            return ready
        self.now_s += max(timeout, 0.0)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose ``time()`` starts at 0 and costs nothing; an hour of sleeps takes about a second."""

    def __init__(self) -> None:
        self._virtual = _JumpingSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual.now_s

    def stall(self, seconds: float) -> None:
        """Let time pass while nothing runs, as a blocked loop would."""
        self._virtual.now_s += seconds
