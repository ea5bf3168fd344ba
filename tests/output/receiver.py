"""A synth in small on JACK: ``python -m tests.output.receiver NAME PATH`` writes ``seconds hex`` for what it hears.

It prints a line once its port is open.
"""

import sys
import threading
from pathlib import Path
from typing import Any

from engine.clock import now_s


def main(name: str, path: str) -> None:
    import rtmidi

    port = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=name)
    with Path(path).open("ab", buffering=0) as file:

        def hear(message: tuple[list[int], float], _data: Any = None) -> None:
            file.write(f"{now_s():.6f} {bytes(message[0]).hex()}\n".encode())

        port.set_callback(hear)
        port.open_virtual_port("in")
        print("open", flush=True)
        threading.Event().wait(300)


if __name__ == "__main__":
    main(*sys.argv[1:])
