"""The guardian as it is, and the moment of each call that hands a message to the driver, written down at its end."""

import json
import os
import sys
from pathlib import Path

from engine.clock import now_s
from engine.output import guardian
from engine.output.ports import MidiPort

SENT: list[tuple[float, str]] = []


def timed(port: MidiPort, data: bytes) -> None:
    """Look at the clock, and send."""
    SENT.append((now_s(), data.hex()))
    _send(port, data)


def no_priority() -> str:
    """What the guardian says where the system does not permit it."""
    return "SCHED_FIFO is not permitted, as this benchmark asked."


_send = MidiPort.send


def main() -> int:
    """The guardian's own exit code."""
    setattr(MidiPort, "send", timed)  # noqa: B010  mypy holds methods to be constant
    if "CALANDO_TIMING_NO_FIFO" in os.environ:
        setattr(guardian, "take_priority", no_priority)  # noqa: B010
    try:
        return guardian.main()
    finally:
        Path(os.environ["CALANDO_TIMING_SENT"]).write_text(json.dumps(SENT))


if __name__ == "__main__":
    sys.exit(main())
