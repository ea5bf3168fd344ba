"""Cases lived side by side in processes of their own, as they come, with progress."""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Protocol

from engine.soak.totals import Totals


class Case(Protocol):
    """Something that can be lived through anywhere, and gives the same totals again."""

    def live(self) -> Totals:
        """All of it."""


def live_all(cases: Sequence[Case], jobs: int, done: Callable[[int, Totals], None]) -> None:
    """Live every case, ``jobs`` at a time; ``done`` hears how many are over, and the totals of the one that just is.

    KeyboardInterrupt ends it after the cases that run.
    """
    if jobs == 1:
        for number, case in enumerate(cases, 1):
            done(number, case.live())
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _let_the_parent_be_interrupted) as crew:
        futures = [crew.submit(case.live) for case in cases]
        try:
            for number, future in enumerate(as_completed(futures), 1):
                done(number, future.result())
        except KeyboardInterrupt:
            crew.shutdown(wait=True, cancel_futures=True)
            raise


def _let_the_parent_be_interrupted() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
