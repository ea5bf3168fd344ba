"""Real-time priority for what must be on time. Standard library only."""

import contextlib
import os

PRIORITY = 10
NICE = -10


def take_priority() -> str | None:
    """Ask for real-time priority for the thread that calls, else for a better share; a sentence without the first."""
    if not hasattr(os, "sched_setscheduler"):
        return "This system has no SCHED_FIFO; notes keep time as well as it lets them."
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
    except OSError:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, NICE)
        return "SCHED_FIFO is not permitted (the user's rtprio limit permits it); notes may come late under load."
    return None
