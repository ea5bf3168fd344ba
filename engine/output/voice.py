"""The guardian's answers on their way to the engine. Standard library only."""

import os

from engine.output.protocol import encode

UNSAID = 65536


class Voice:
    """Answers to an engine that may have stopped listening: never waits, and leaves out what cannot be said."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._unsaid = b""
        os.set_blocking(pipe, False)

    def say(self, message: dict[str, object]) -> None:
        """Say one thing now, or later, or (beyond ``UNSAID`` bytes) never."""
        if len(self._unsaid) < UNSAID:
            self._unsaid += encode(message)
        self.flush()

    def flush(self) -> None:
        """Say what is still unsaid, as far as somebody listens."""
        try:
            while self._unsaid:
                self._unsaid = self._unsaid[os.write(self._pipe, self._unsaid) :]
        except BlockingIOError:
            pass
        except OSError:
            self._unsaid = b""
