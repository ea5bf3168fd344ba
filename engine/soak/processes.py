"""Real processes killed, frozen and stopped at random instants, and disks that fail under them; every time measured."""

import os
import random
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from engine.clock import now_s
from engine.output.control import silence_room
from engine.soak.living import LivingRoom, Wire, is_level, living_room, sounds, wait, wait_until
from engine.soak.totals import Totals

LONGEST_PLAY_S = 5.0
"""A room is hit within so many seconds of its start: while levels rise, or later."""
SILENT_S = 3.0
"""So long nobody plays on after a resume, and nothing may sound."""
FULL_BYTES = 20_000
BUSY_S = 4.5
"""A commit that waits so long for the file goes through in the end, as on a disk that is slow to sync."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One real room that is hit ``times`` times in one way, and plays on after each; then the record is proved."""

    kind: str
    times: int
    seed: int

    def live(self) -> Totals:
        """The room, whole."""
        totals, draw = Totals(), random.Random(f"{self.kind}/{self.seed}")
        where = f"{self.kind}, seed {self.seed}"
        with living_room(self.seed) as room:
            try:
                room.start()
                for _ in range(self.times):
                    room.wait_for_notes(1)
                    wait(draw.uniform(0.0, LONGEST_PLAY_S))
                    HITS[self.kind](room, totals, draw)
                    totals.counts[COUNTED[self.kind]] += 1
                _end(room, totals)
                totals.tell(where, room.breaches())
            except Exception as error:  # whatever a real process did not do is told with its seed
                totals.tell(where, [f"{type(error).__name__}: {error}", *room.breaches()])
        return totals


def _end(room: LivingRoom, totals: Totals) -> None:
    at_s = room.tell("end")
    room.signal(signal.SIGTERM)
    code = room.wait_for_end()
    totals.tell("the end", [f"the engine ended with exit code {code}"] if code else [])
    _measure(room.wire(), "end", at_s, totals)


def _measure(wire: Wire, name: str, at_s: float, totals: Totals) -> None:
    """When the levels began to fall, and when the last message came; nothing where nothing sounded."""
    later = [(time_s, data) for time_s, data in wire if time_s >= at_s]
    level: dict[int, int] = {data[0] & 0x0F: data[2] for time_s, data in wire if time_s < at_s and is_level(data)}
    for time_s, data in later:
        if is_level(data) and data[2] < level.get(data[0] & 0x0F, 0):
            totals.time(f"{name}: begins", time_s - at_s)
            totals.time(f"{name}: quiet", later[-1][0] - at_s)
            return
        if is_level(data):
            level[data[0] & 0x0F] = data[2]


def _kill_engine(room: LivingRoom, totals: Totals, draw: random.Random) -> None:
    """Kill -9, silence, every committed row still there; back, silent, and a person plays on."""
    rows, resumes = room.rows(), room.resumes()
    at_s = room.tell("crash")
    room.signal(signal.SIGKILL)
    room.wait_for_end()
    room.wait_for_silence()
    _measure(room.wire(), "engine killed", at_s, totals)
    left = room.rows()
    totals.tell("engine killed", [f"{name} rows lost" for name in rows if left[name] < rows[name]])
    wait(draw.uniform(0.0, 2.0))
    heard, begun_s = len(room.wire()), now_s()
    room.start(resume=True)
    wait_until(lambda: room.resumes() == resumes + 1, "the resume")
    totals.time("resumed", now_s() - begun_s)
    wait(SILENT_S)
    totals.tell("resumed", ["a resume was not silent"] if sounds(room.wire()[heard:]) else [])
    room.play_on()


def _kill_guardian(room: LivingRoom, totals: Totals, _: random.Random) -> None:
    """The guardian's death; the next one's first act is the note-offs."""
    guardian = room.guardian()
    at_s = room.tell("guardian")
    os.kill(guardian, signal.SIGKILL)
    _measure_silence(room, "guardian killed", at_s, totals)
    wait(1.0)
    room.play_on()


def _measure_silence(room: LivingRoom, name: str, at_s: float, totals: Totals) -> None:
    silent_s = room.wait_for_silence()
    _measure(room.wire(), name, at_s, totals)
    if silent_s < at_s:
        totals.counts[f"{name} in silence"] += 1


def _freeze(room: LivingRoom, totals: Totals, draw: random.Random) -> None:
    """The engine stands still until all is off, and then goes on."""
    at_s = room.tell("heartbeat")
    room.signal(signal.SIGSTOP)
    _measure_silence(room, "engine frozen", at_s, totals)
    wait(draw.uniform(0.0, 3.0))
    room.signal(signal.SIGCONT)
    wait(1.0)
    room.play_on()


def _silence(room: LivingRoom, totals: Totals, draw: random.Random) -> None:
    """The key, and with a frozen engine *panic*, in turn."""
    if draw.random() < 0.5:
        at_s = room.tell("silence")
        room.press("s")
        _measure_silence(room, "silence by key", at_s, totals)
    else:
        room.signal(signal.SIGSTOP)
        at_s = room.tell("silence")
        silence_room(room.socket, now_s)
        _measure_silence(room, "panic with the engine frozen", at_s, totals)
        room.signal(signal.SIGCONT)
    wait(1.0)
    room.play_on()


def _pause(room: LivingRoom, totals: Totals, _: random.Random) -> None:
    at_s = room.tell("pause")
    room.press("p")
    wait(8.5)
    _measure_silence(room, "pause", at_s, totals)
    room.play_on()


def _fill_disk(room: LivingRoom, totals: Totals, draw: random.Random) -> None:
    """The music goes on and silence comes at once; when there is room again all is written, and the gap is marked."""
    gaps = room.gaps()
    room.limit_files(FULL_BYTES)
    wait(draw.uniform(2.0, 5.0))
    room.wait_for_notes(1)
    at_s = room.tell("silence")
    room.press("s")
    _measure_silence(room, "silence with the disk full", at_s, totals)
    room.limit_files(-1)
    wait_until(lambda: room.gaps() > gaps, "the gap's row")
    room.play_on()


def _lock_disk(room: LivingRoom, _: Totals, draw: random.Random) -> None:
    """Locked for longer than SQLite itself waits."""
    _lock(room, 7.0 + draw.uniform(0.0, 5.0))


def _slow_disk(room: LivingRoom, _: Totals, __: random.Random) -> None:
    """One commit takes as long as on a disk that is busy elsewhere."""
    _lock(room, BUSY_S)


def _lock(room: LivingRoom, seconds: float) -> None:
    gaps = room.gaps()
    with closing(sqlite3.connect(room.journal, isolation_level=None)) as database:
        database.execute("PRAGMA busy_timeout=5000")
        database.execute("BEGIN IMMEDIATE")
        wait(seconds)
    room.wait_for_notes(1)
    wait_until(lambda: room.gaps() > gaps, "the gap's row")


HITS: dict[str, Callable[[LivingRoom, Totals, random.Random], None]] = {
    "engine killed": _kill_engine,
    "guardian killed": _kill_guardian,
    "engine frozen": _freeze,
    "silenced": _silence,
    "paused": _pause,
    "disk full": _fill_disk,
    "disk locked": _lock_disk,
    "disk slow": _slow_disk,
}

COUNTED = {
    "engine killed": "engine kills",
    "guardian killed": "guardian kills",
    "engine frozen": "freezes",
    "silenced": "stops",
    "paused": "stops",
    "disk full": "disk faults",
    "disk locked": "disk faults",
    "disk slow": "disk faults",
}


def hits(kind: str, count: int, first_seed: int, in_one_room: int = 10) -> list[Hit]:
    """``count`` hits of this kind, so many in each room."""
    whole, rest = divmod(count, in_one_room)
    times = [in_one_room] * whole + [rest] * bool(rest)
    return [Hit(kind, each, first_seed + index) for index, each in enumerate(times)]
