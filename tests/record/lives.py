"""Runs of a room in virtual time, as processes that may be killed would live them."""

import asyncio
import datetime as dt
from pathlib import Path

from engine.affect.estimate import Route
from engine.decision import Decision
from engine.inputs import Act, Command
from engine.midi import is_note_on
from engine.news import News
from engine.offline import Mark
from engine.output.cues import Stop
from engine.output.rehearsal import RehearsedOutput
from engine.record.folder import head, run_head
from engine.record.journal import Journal
from engine.record.past import relive
from engine.record.recorded import read_inputs
from engine.room import Continued, Room
from engine.session import Folded, Session
from sensors.played import PlayedRecording
from sensors.simulated import SimulatedListener
from tests.session.sessions import a_setup
from tests.virtual_time import VirtualTimeLoop

SETUP = a_setup(route=Route.IV)
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


class KilledError(BaseException):
    """What kill -9 looks like from inside a test: nothing is tidied up, and what was not committed is gone."""


def live(
    path: Path,
    minutes: float,
    *,
    dies_s: float | None = None,
    comes_back_s: float | None = None,
    plays_on: bool = False,
) -> list[Decision]:
    """One run of a room in virtual time, as a process would live it."""
    past = read_inputs(path) if comes_back_s is not None else None
    journal = Journal(path)
    journal.open(None if past else head(SETUP, "room"))
    decisions: list[Decision] = []

    def hear(news: News) -> None:
        if isinstance(news, Folded) and news.decision:
            decisions.append(news.decision)
        if isinstance(news, Folded) and dies_s is not None and news.tick >= dies_s * 20:
            raise KilledError

    async def run() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        loop.stall(comes_back_s or 0.0)
        session = relive(past) if past else Session(SETUP)
        output = RehearsedOutput(loop.time)
        room = Room(
            session,
            output,
            loop.time,
            record=journal,
            marks=[Mark(60.0, Act.DOSE)] if not past else (),
            minutes=minutes,
            start_s=0.0,
            continued=Continued(past.last_seq, past.last_run) if past else None,
        )
        room.source = PlayedRecording(SimulatedListener("drug", 1), now_s=room.now_s)
        room.subscribe(hear)
        journal.take_run(run_head(past.last_run + 1 if past else 0, 0.0, 0.0, lambda: NOON))
        if not past:
            room.submit(Command(Act.PLAY_ON, "start"))
        if plays_on:
            loop.call_later(2.0, room.submit, Command(Act.PLAY_ON, "key"))
        try:
            await room.run()
        except* KilledError:
            journal._pending.clear()
        assert output.guard.counts.refused.total() == 0
        if past:
            assert plays_on or not any(is_note_on(data) for _, data in output.wire), "silent until play on"
            assert output.cues[0][1].stop is Stop.SILENCE

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(run())
    journal.close()
    return decisions
