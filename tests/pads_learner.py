"""Learns from the port ``foot`` and says each step at once: ``python -m tests.pads_learner``."""

import functools
import queue

from engine.clock import now_s
from engine.commands.pads import _next_press, learned
from engine.output.ports import MidiInput


def main() -> None:
    heard: queue.Queue[tuple[float, bytes]] = queue.Queue()
    port = MidiInput("foot", lambda data: heard.put((now_s(), data)))
    try:
        learned(_next_press(heard), functools.partial(print, flush=True))
    finally:
        port.close()


if __name__ == "__main__":
    main()
