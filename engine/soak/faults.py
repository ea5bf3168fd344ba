"""Everything that can go wrong around a room, by name: each a script that a rig lives through.

A script yields the seconds until it goes on; ``draw`` decides how bad it is.
"""

import math
import random
from collections.abc import Callable
from dataclasses import replace

from engine.config import load
from engine.inputs import Act, Command, ConfigChange
from engine.soak.rig import Rig
from engine.soak.scripts import Script
from sensors.heart import HeartPacket, Link, LinkState
from sensors.simulated import SimulatedListener
from sensors.simulation.happenings import Fault as StrapFault
from sensors.simulation.happenings import FaultKind

OTHER_PROFILES = ("snow", "hearth", "dusk")
ACTS = [act for act in Act if act not in {Act.END, Act.PLAY_ON}]

Fault = Callable[[Rig, random.Random], Script]


def a_command(draw: random.Random) -> Command:
    """Anything a person may ask but the end."""
    act = draw.choice(ACTS)
    return Command(act, "soak", {Act.EXTEND: 5.0, Act.CEILING: draw.random()}.get(act))


def _strap(kind: FaultKind, longest_s: float) -> Fault:
    def happen(rig: Rig, draw: random.Random) -> Script:
        fault = StrapFault(kind, math.ceil(rig.clock.now_s), draw.uniform(2.0, longest_s))
        if isinstance(rig.heart, SimulatedListener):
            rig.heart.story = replace(rig.heart.story, faults=(*rig.heart.story.faults, fault))
        yield fault.length_s

    return happen


def _ectopy(rig: Rig, _: random.Random) -> Script:
    """A heart out of step from now on: an extra beat after every second one or so."""
    if isinstance(rig.heart, SimulatedListener):
        rig.heart.tell("frequent-ectopy")
    yield 0.0


def _hostile_packets(rig: Rig, draw: random.Random) -> Script:
    """A strap that lies: any rate, any interval, arriving at any time."""
    for _ in range(draw.randrange(20, 200)):
        intervals = tuple(draw.randrange(65536) for _ in range(draw.randrange(10)))
        arrival_s = rig.clock.now_s + draw.choice([0.0, 0.0, -5.0, 5.0])
        rig.submit(HeartPacket(arrival_s, draw.choice([0, 20, 255, 65535, draw.randrange(256)]), intervals))
        yield draw.uniform(0.0, 1.0)


def _two_hearts(rig: Rig, draw: random.Random) -> Script:
    """Another person's heart is heard as well: plausible, and not this one's."""
    hr_bpm = draw.randrange(45, 150)
    for _ in range(draw.randrange(20, 300)):
        rig.submit(HeartPacket(rig.clock.now_s, hr_bpm, (60 * 1024 // hr_bpm,)))
        yield draw.uniform(0.8, 1.2)


def _flapping_link(rig: Rig, draw: random.Random) -> Script:
    for _ in range(draw.randrange(10, 60)):
        rig.submit(LinkState(rig.clock.now_s, draw.choice(list(Link)), "soak"))
        yield draw.uniform(0.0, 2.0)


def _command_storm(rig: Rig, draw: random.Random) -> Script:
    for _ in range(draw.randrange(20, 200)):
        rig.submit(a_command(draw))
        yield draw.choice([0.0, 0.01, 0.2])


def _silence_hammered(rig: Rig, draw: random.Random) -> Script:
    """Silence and play on, faster than any fade."""
    for _ in range(draw.randrange(10, 60)):
        rig.submit(Command(draw.choice([Act.SILENCE, Act.PAUSE, Act.PLAY_ON, Act.PLAY_ON]), "soak"))
        yield draw.choice([0.0, 0.05, 0.3, 1.0, 5.0, 12.0])


def _profile_changed(rig: Rig, draw: random.Random) -> Script:
    for _ in range(draw.randrange(1, 6)):
        other = load(draw.choice(OTHER_PROFILES))
        rig.submit(ConfigChange({**other.model_dump(mode="json"), "output": rig.setup.profile.output.model_dump()}))
        yield draw.uniform(0.5, 60.0)


def _engine_killed(rig: Rig, draw: random.Random) -> Script:
    """Gone, and back: soon, or after a while."""
    for _ in range(draw.randrange(1, 4)):
        if rig.engine_runs:
            rig.kill_engine()
            yield draw.choice([2.5, 4.0, 60.0])
            rig.revive_engine()
        yield draw.uniform(0.1, 100.0)


def _engine_frozen(rig: Rig, draw: random.Random) -> Script:
    """Stopped long enough for its heartbeat to be missed; then it goes on, sometimes before the fade is over."""
    rig.stop_told("heartbeat")
    rig.halts.add("frozen")
    yield draw.uniform(1.3, 9.0)
    rig.halts.discard("frozen")


def _engine_stalled(rig: Rig, draw: random.Random) -> Script:
    """Busy elsewhere, again and again, but never for a whole second."""
    for _ in range(draw.randrange(3, 30)):
        rig.halts.add("stalled")
        yield draw.uniform(0.1, 0.8)
        rig.halts.discard("stalled")
        yield draw.uniform(0.3, 3.0)


def _suspended(rig: Rig, draw: random.Random) -> Script:
    """The computer sleeps, guardian and all; either wakes first."""
    rig.pass_by(draw.choice([2.0, 8.0, 30.0, 600.0]) * draw.uniform(0.5, 1.5))
    if draw.random() < 0.5:
        rig.look()
    yield 0.0


def _guardian_killed(rig: Rig, draw: random.Random) -> Script:
    for _ in range(draw.randrange(1, 4)):
        rig.kill_guardian()
        yield draw.uniform(0.1, 60.0)


def _guardian_stalled(rig: Rig, draw: random.Random) -> Script:
    """Starved, again and again, while the engine goes on."""
    for _ in range(draw.randrange(3, 30)):
        rig.stall_guardian(draw.choice([0.05, 0.15, 0.4, 0.9, 3.0]) * draw.uniform(0.5, 1.0))
        yield draw.uniform(0.1, 20.0)


def _record_behind(rig: Rig, draw: random.Random) -> Script:
    """The disk stands still, the record falls behind, and mostly the engine is killed before it has caught up."""
    rig.kept.stands_still = True
    yield draw.uniform(1.0, 90.0)
    if rig.engine_runs and draw.random() < 0.7:
        rig.kill_engine()
        yield draw.choice([2.5, 4.0, 60.0])
        rig.kept.stands_still = False
        rig.revive_engine()
    rig.kept.stands_still = False


def _garbage(rig: Rig, draw: random.Random) -> Script:
    """Noise on the guardian's pipe, some of it nearly right."""
    rig.may_refuse |= {"unreadable line", "queue", "malformed"}
    for _ in range(draw.randrange(5, 120)):
        rig.babble(_a_bad_line(draw))
        yield draw.uniform(0.0, 0.4)


def _a_bad_line(draw: random.Random) -> bytes:
    nearly = [
        b'{"events":[[1e999,"903c40"]],"epoch":1}',
        b'{"events":[[0,"90"]],"epoch":0}',
        b'{"cue":"louder","epoch":99,"silences":0}',
        b'{"inherit":[[99,1]]}',
        b"[" * 5000,
        b"\xff\x00" * draw.randrange(40),
        draw.randbytes(draw.randrange(200)).replace(b"\n", b""),
    ]
    return draw.choice(nearly) + b"\n"


def _panic(rig: Rig, draw: random.Random) -> Script:
    for _ in range(draw.randrange(1, 4)):
        rig.stop_told("silence")
        rig.guardian.panic()
        yield draw.uniform(0.0, 40.0)


def _port_lost(rig: Rig, draw: random.Random) -> Script:
    """The cable is pulled and put back, once or often."""
    for _ in range(draw.randrange(1, 4)):
        away_s = draw.choice([0.3, 2.0, 20.0, 100.0]) * draw.uniform(0.5, 1.5)
        rig.unplug()
        yield away_s
        rig.plug_in()
        yield draw.uniform(0.5, 40.0)


FAULTS: dict[str, Fault] = {
    "strap lost": _strap(FaultKind.LOST, 120.0),
    "strap stalled": _strap(FaultKind.STALLED, 120.0),
    "no contact": _strap(FaultKind.NO_CONTACT, 120.0),
    "strap off the body": _strap(FaultKind.OFF_BODY, 300.0),
    "heart rate only": _strap(FaultKind.HR_ONLY, 300.0),
    "packets late": _strap(FaultKind.LATE, 20.0),
    "motion": _strap(FaultKind.MOTION, 120.0),
    "ectopic heart": _ectopy,
    "hostile packets": _hostile_packets,
    "two hearts": _two_hearts,
    "flapping link": _flapping_link,
    "command storm": _command_storm,
    "silence hammered": _silence_hammered,
    "profile changed": _profile_changed,
    "engine killed": _engine_killed,
    "engine frozen": _engine_frozen,
    "engine stalled": _engine_stalled,
    "computer suspended": _suspended,
    "guardian killed": _guardian_killed,
    "guardian stalled": _guardian_stalled,
    "record behind": _record_behind,
    "garbage on the pipe": _garbage,
    "panic": _panic,
    "port lost": _port_lost,
}
"""Every fault by the name that reports use."""
