"""Sessions for tests: the default profile, a heart, and inputs where a test wants them."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

from engine.affect.estimate import Route
from engine.inputs import Act, Command, Input
from engine.offline import Rendering, Stamper, Writer, new_writer
from engine.output.cues import Stop
from engine.profile import Profile
from engine.session import Folded, Session, Setup
from sensors.heart import HeartPacket, Recording
from tests.stream_checker import check_stream

TPS = 20


@cache
def default_profile() -> Profile:
    """The profile that ships as ``default``."""
    return Profile.model_validate(tomllib.loads((files("configs") / "default.toml").read_text()))


def a_setup(seed: int = 1, route: Route = Route.NONE, *, hears_a_heart: bool = True) -> Setup:
    """The default profile, a seed."""
    return Setup(default_profile(), seed, route, hears_a_heart=hears_a_heart)


def steady_heart(seconds: int, hr_bpm: float = 66.0, *, from_s: float = 0.0) -> list[HeartPacket]:
    """A packet a second of a quiet heart whose intervals vary a little, as a living one's do."""
    rr_ticks = round(1024 * 60 / hr_bpm)
    sway = (0, 9, 17, 9, 0, -9, -17, -9)
    return [
        HeartPacket(from_s + second, round(hr_bpm), (rr_ticks + sway[second % len(sway)],)) for second in range(seconds)
    ]


def commands(at: Mapping[float, Act]) -> dict[int, list[Input]]:
    """Commands at seconds."""
    return {round(at_s * TPS): [Command(act, "test")] for at_s, act in at.items()}


def merged(*many: Mapping[int, Sequence[Input]]) -> dict[int, list[Input]]:
    """Inputs by tick from several stories."""
    together: dict[int, list[Input]] = {}
    for one in many:
        for tick, given in one.items():
            together.setdefault(tick, []).extend(given)
    return together


def heard(packets: Iterable[HeartPacket]) -> dict[int, list[Input]]:
    """Packets at the ticks of their arrival."""
    by_tick: dict[int, list[Input]] = {}
    for packet in packets:
        by_tick.setdefault(round(packet.arrival_s * TPS), []).append(packet)
    return by_tick


def fold(setup: Setup, seconds: float, inputs: Mapping[int, Sequence[Input]]) -> tuple[Rendering, list[Folded]]:
    """Fold ``seconds`` with inputs by tick; what went to the wire passes the stream checker."""
    session, writer, stamper = Session(setup), new_writer(setup), Stamper()
    folded = [_fold_one(session, writer, stamper, tick, inputs.get(tick, ())) for tick in range(round(seconds * TPS))]
    _check(writer, folded, seconds)
    return writer.rendering, folded


def _check(writer: Writer, folded: Sequence[Folded], seconds: float) -> None:
    """The last seconds fade in the guard alone, so that every stream ends as a session does."""
    stops = [(str(cue.stop), cue.tick / TPS) for each in folded for cue in each.cues if cue.stop]
    writer.guard.cue(folded[-1].epoch + 1, Stop.SILENCE, seconds)
    faded = writer.guard.advance(seconds + 2.0)
    check_stream([*writer.rendering.wire, *faded], composer=True, stops=[*stops, ("silence", seconds)])
    assert writer.guard.counts.refused.total() == 0


def _fold_one(session: Session, writer: Writer, stamper: Stamper, tick: int, given: Sequence[Input]) -> Folded:
    stamped = [stamper.stamp(tick, each) for each in given]
    writer.rendering.inputs.extend(stamped)
    folded = session.fold(tick, stamped)
    writer.take(folded)
    return folded


def pulled(recording: Recording, seconds: float) -> dict[int, list[Input]]:
    """A recording's events by the tick that pulls them."""
    return {tick: list(recording.pull(tick / TPS)) for tick in range(0, round(seconds * TPS), 2)}
