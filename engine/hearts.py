"""``--heart``: which heart is listened to, as a recording that is pulled or a source that speaks."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from engine.clock import Clock
from engine.computers import parse_computer
from engine.errors import UsageError
from engine.words import instead
from sensors.heart import HeartSource, Recording
from sensors.replay import Replay, parse_replay_spec
from sensors.simulated import SimulatedListener
from sensors.strap_wanted import WantedStrap, parse_wanted

KINDS = ("auto", "ble", "lsl", "osc", "replay", "sim", "none")

SourceMaker = Callable[[Clock], HeartSource]
"""Makes a source that stamps its packets with a clock."""


@dataclass(frozen=True, slots=True)
class HeartSpec:
    """``KIND[:REST]``, split and known."""

    kind: str
    rest: str

    @property
    def is_recorded(self) -> bool:
        """True where it can be pulled as fast as one likes."""
        return self.kind in {"replay", "sim"}

    @property
    def is_strap(self) -> bool:
        """True where it is a strap on the air."""
        return self.kind in {"ble", "auto"}

    @property
    def is_streamed(self) -> bool:
        """True where another program sends it."""
        return self.kind in {"lsl", "osc"}


def parse_heart(text: str) -> HeartSpec:
    """Split what ``--heart`` can say, as its help lists it. Raises UsageError, ReplayWordsError or StrapWordsError."""
    kind, _, rest = text.partition(":")
    if kind not in KINDS:
        raise UsageError(f"--heart {text!r}: there is no source {kind!r}{instead(kind, KINDS)}")
    if kind in {"replay", "sim"} and not rest:
        example = "replay:recording.csv" if kind == "replay" else "sim:distress"
        raise UsageError(f"--heart {text!r} does not say which; write for example --heart {example}.")
    if kind == "osc":
        _osc_place(rest)
    if kind == "replay":
        parse_replay_spec(rest)
    if kind == "ble":
        parse_wanted(rest)
    return HeartSpec(kind, rest)


def open_recording(spec: HeartSpec, seed: int) -> Recording:
    """The recording of a ``replay`` or ``sim`` heart. Raises the reader's own one-sentence errors."""
    if spec.kind == "sim":
        return SimulatedListener(spec.rest, seed)
    path, subject = parse_replay_spec(spec.rest)
    return Replay.open(path, subject)


async def find_strap(spec: HeartSpec, remembered: str | None, tell: Callable[[str], None]) -> tuple[str, SourceMaker]:
    """How to ask for the strap again, and its source, once it is found. Raises the strap's one-sentence errors.

    Without a name in ``spec`` it is the strap ``remembered`` for the room, else the only one there.
    """
    from sensors.strap import find

    wanted = _wanted(spec, remembered)
    found = await find(wanted.name)
    tell(f"Strap: {found.name} ({found.id})")
    return str(wanted.found_as(found.name, found.id)), _strap(WantedStrap(found.id, wanted.pairing), tell)


def awaited_strap(spec: HeartSpec, remembered: str | None, tell: Callable[[str], None]) -> SourceMaker:
    """The source of the strap that ``find_strap`` would find: it searches for as long as that takes, and says so."""
    return _strap(_wanted(spec, remembered), tell)


def _wanted(spec: HeartSpec, remembered: str | None) -> WantedStrap:
    return parse_wanted(spec.rest).over(parse_wanted(remembered or ""))


def _strap(wanted: WantedStrap, tell: Callable[[str], None]) -> SourceMaker:
    from sensors.strap import Pairing, Strap, StrapDetails

    def details(told: StrapDetails) -> None:
        if told.words:
            tell(f"Strap: {told.words}")

    pairing = wanted.pairing or Pairing.AUTO
    return lambda now_s: Strap(wanted.name, now_s, Random(), pairing=pairing, on_details=details)


async def find_stream(spec: HeartSpec, tell: Callable[[str], None]) -> SourceMaker:
    """The source of an ``lsl`` or ``osc`` heart, once it can be listened to. Raises its own one-sentence errors."""
    if spec.kind == "lsl":
        from sensors import lab_streaming

        stream = await lab_streaming.find(spec.rest or None)
        tell(f"Stream: {stream.name} ({stream.id})")
        return lambda now_s: lab_streaming.LabStreamingHeart(stream.id, now_s)
    from sensors import open_sound

    open_sound.load()
    host, port = _osc_place(spec.rest)
    open_sound.check_place(host, port)
    tell(f"{open_sound.RR} and {open_sound.RATE} are awaited on {host}:{port}")
    return lambda now_s: open_sound.OpenSoundHeart(now_s, host, port)


def _osc_place(rest: str) -> tuple[str, int]:
    """``HOST:PORT``, or nothing for this computer alone. Raises UsageError."""
    from sensors.open_sound import LOOPBACK, PORT

    if not rest:
        return LOOPBACK, PORT
    place = parse_computer(rest)
    if place is None:
        raise UsageError(f"--heart 'osc:{rest}' names no place to listen; write for example osc:{LOOPBACK}:{PORT}.")
    return place
