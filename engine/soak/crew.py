"""Cases lived side by side in processes of their own, as they come, with progress."""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Protocol

from engine.soak.totals import Totals


class Case(Protocol):
    """Something that can be lived through anywhere, and gives the same totals again."""

    def live(self) -> Totals:
        """All of it."""


def live_all(cases: Sequence[Case], jobs: int, done: Callable[[int, Totals], None]) -> None:
    """Live every case, ``jobs`` at a time; ``done`` hears how many are over, and the totals of the one that just is.

    KeyboardInterrupt ends the cases that run, each with all that it started, and is raised again.
    """
    if jobs == 1:
        for number, case in enumerate(cases, 1):
            done(number, case.live())
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _hear_of_interruptions) as crew:
        futures = [crew.submit(live_one, case) for case in cases]
        try:
            for number, future in enumerate(as_completed(futures), 1):
                done(number, future.result())
        except KeyboardInterrupt:
            for worker in multiprocessing.active_children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid or os.getpid(), signal.SIGINT)
            crew.shutdown(wait=True, cancel_futures=True)
            raise


def live_one(case: Case) -> Totals:
    """In a worker: the case, or nothing where it was interrupted."""
    return WORKER.live(case)


@dataclass(slots=True)
class Worker:
    """An interruption reaches a case once, so that it can clear up undisturbed; no case begins after it."""

    lives: bool = False
    interrupted: bool = False

    def interrupt(self, *_: object) -> None:
        """A signal came."""
        if not self.interrupted:
            self.interrupted = True
            if self.lives:
                raise KeyboardInterrupt

    def live(self, case: Case) -> Totals:
        """The case, unless it is interrupted."""
        try:
            self.lives = not self.interrupted
            return case.live() if self.lives else Totals()
        except KeyboardInterrupt:
            return Totals()
        finally:
            self.lives = False


WORKER = Worker()


def _hear_of_interruptions() -> None:
    signal.signal(signal.SIGINT, WORKER.interrupt)
