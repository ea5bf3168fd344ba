"""Cases lived side by side in processes of their own, as they come, with progress."""

import contextlib
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from engine.soak.totals import RAISED, Totals

Done = Callable[[Totals], None]
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a soak to end: Ctrl-C, a machine, a closed terminal."""


class Case(Protocol):
    """Something that can be lived through anywhere, and gives the same totals again."""

    def live(self) -> Totals:
        """All of it."""


def live_all(cases: Sequence[Case], jobs: int, done: Callable[[int, Totals], None]) -> None:
    """Live every case, ``jobs`` at a time; ``done`` hears how many are over, and the totals of the one that just is.

    A case that raises, or whose process dies, is told as broken, and the others are lived all the same.
    KeyboardInterrupt ends the cases that run, each with all that it started, and is raised again.
    """
    numbers, waiting = count(1), deque(cases)

    def over(totals: Totals) -> None:
        done(next(numbers), totals)

    while waiting and jobs == 1:
        over(survive(waiting.popleft()))
    while waiting:
        _live_in_crew(waiting, jobs, over)


def _live_in_crew(waiting: deque[Case], jobs: int, done: Done) -> None:
    """Until none waits, or a process dies with all that was under way; another crew goes on with the rest."""
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _hear_of_interruptions) as crew:
        try:
            _keep_busy(crew, waiting, jobs, done)
        except KeyboardInterrupt:
            for worker in multiprocessing.active_children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid or os.getpid(), signal.SIGINT)
            crew.shutdown(wait=True, cancel_futures=True)
            raise


def _keep_busy(crew: ProcessPoolExecutor, waiting: deque[Case], jobs: int, done: Done) -> None:
    under_way: dict[Future[Totals], Case] = {}
    broken = False
    while under_way or (waiting and not broken):
        while waiting and not broken and len(under_way) < jobs:
            try:
                under_way[crew.submit(live_one, waiting[0])] = waiting[0]
                waiting.popleft()
            except BrokenProcessPool:
                broken = True
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            broken |= isinstance(future.exception(), BrokenProcessPool)
            done(_outcome(future, under_way.pop(future)))


def _outcome(future: Future[Totals], case: Case) -> Totals:
    error = future.exception()
    return future.result() if error is None else _told(case, error)


def survive(case: Case) -> Totals:
    """The case; where it raises, a breach that says which case it was and what it raised."""
    try:
        return case.live()
    except Exception as error:  # one case must not take the others with it
        return _told(case, error)


def _told(case: Case, error: BaseException) -> Totals:
    totals = Totals()
    totals.tell(repr(case), [f"{RAISED}{type(error).__name__}: {error}"])
    return totals


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
            return survive(case) if self.lives else Totals()
        except KeyboardInterrupt:
            return Totals()
        finally:
            self.lives = False


WORKER = Worker()


def _hear_of_interruptions() -> None:
    """Ctrl-C always, as the soak itself passes it on; else what whoever began the soak did not shut out."""
    for number in ENDS:
        if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, WORKER.interrupt)
