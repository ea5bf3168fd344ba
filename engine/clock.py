"""The one live clock. Guardian and engine read the same one and compare by ping.

It never jumps back. On Linux it runs on while the computer sleeps (CLOCK_BOOTTIME), as what the listener was given
does; on Windows it is perf_counter, whose monotonic clock is too coarse.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

Clock = Callable[[], float]


if sys.platform == "win32":
    now_s: Clock = time.perf_counter
elif sys.platform == "linux":

    def now_s() -> float:
        """Seconds on a clock that never jumps back, and runs on while the computer sleeps."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

else:
    now_s: Clock = time.monotonic  # noqa: TID251 -- the one place


def boot() -> str:
    """Names the stretch in which ``now_s`` counts on, from one start of the computer to the next; empty if unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
