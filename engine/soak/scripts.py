"""What happens to a room over time, each script at its own pace."""

from collections.abc import Iterator

Script = Iterator[float]
"""Something that happens over time: it yields the seconds until it goes on."""


class Scripts:
    """Those that run, each with the time when it goes on."""

    def __init__(self) -> None:
        self._running: list[tuple[float, Script]] = []

    @property
    def due_s(self) -> float:
        """When the next goes on; infinity when none runs."""
        return min((due_s for due_s, _ in self._running), default=float("inf"))

    def begin(self, at_s: float, script: Script) -> None:
        """Let one run from ``at_s`` on."""
        self._running.append((at_s, script))

    def go_on(self, now_s: float) -> None:
        """Everything that is due by now."""
        due = [each for each in self._running if each[0] <= now_s]
        self._running = [each for each in self._running if each[0] > now_s]
        for _, script in due:
            wait_s = next(script, None)
            if wait_s is not None:
                self._running.append((now_s + wait_s, script))

    def clear(self) -> None:
        """None runs any more."""
        self._running.clear()
