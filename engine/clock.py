"""The one live clock. Guardian and engine read the same one and compare by ping."""

import sys
import time
from collections.abc import Callable

Clock = Callable[[], float]

now_s: Clock = time.perf_counter if sys.platform == "win32" else time.monotonic  # noqa: TID251 -- the one place
"""Seconds on a clock that never jumps; on Windows perf_counter, whose monotonic clock is too coarse."""
