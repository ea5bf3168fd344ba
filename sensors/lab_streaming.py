"""A heart from the Lab Streaming Layer: RR intervals or a heart rate that a program streams. Only here is pylsl known.

pylsl's calls block, so each is made on a thread and ends by itself. A stream is found on the local network as far as
the layer's own configuration file lets it.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sensors.heart import Deliver, HeartPacket, Link, LinkState
from sensors.link_watch import Change, LinkWatch, Patience
from sensors.other_programs import MissingExtraError, RatePace, packet_of
from sensors.stream_channels import Channel, HeartChannels, heart_channels, heart_like

__all__ = ["FoundStream", "LabStreamingHeart", "NoSuchStreamError", "SeveralStreamsError", "StreamError", "find"]

SEARCH_S = 1.0
"""How long one search takes; the layer's authors find that below half of it streams are missed."""
CALL_S = 5.0
PULL_S = 0.25
RETRY_S = 1.0
BUFFER_S = 10

# Reasons are kept in the session's record, so no reason names a stream: some are named after their wearer.
LOOKING = "looking for the stream"
SEVERAL = "several streams could be meant: give each outlet a source_id of its own"
NO_HEART = "the stream has no channel of intervals, one sample a beat, and none of heart rates: label one RR or HR"
LOST = "the program that sends the stream ended or is out of reach"

_MADE_UP_ID = re.compile(r"-?\d{15,20}")
"""pylsl makes up a source_id where a program gives none: new at each start, the same for streams that look alike."""


_T = TypeVar("_T")


class StreamError(Exception):
    """No stream to listen to; the text is one sentence for a person: what, and what to do."""


class NoSuchStreamError(StreamError):
    """Nothing that was found is the stream that is wanted, or there is no heart in it."""


class SeveralStreamsError(StreamError):
    """More than one stream could be meant, and guessing could pick another person's."""


class _StreamTroubleError(Exception):
    """The layer failed; the text says how."""


@dataclass(frozen=True, slots=True)
class FoundStream:
    """A stream on the network. ``id`` is what it is known by again: its source_id, else name, type and computer."""

    name: str
    type: str
    id: str
    info: Any


def load() -> Any:
    """The library; raises MissingExtraError where it, or what it needs of the system, is not here."""
    try:
        import pylsl
    except (ImportError, RuntimeError) as error:
        raise MissingExtraError("Lab Streaming Layer", "lsl") from error
    return pylsl


def matching(wanted: str | None, streams: Sequence[FoundStream]) -> tuple[FoundStream, ...]:
    """The streams that ``wanted`` can mean: an id; else a name; else a type. None: any that sounds like a heart's.

    Upper and lower case are the same.
    """
    if wanted is None:
        return tuple(each for each in streams if heart_like(each.type) or heart_like(each.name))
    word = wanted.casefold()
    tests = (
        lambda stream: stream.id.casefold() == word,
        lambda stream: stream.name.casefold() == word,
        lambda stream: stream.type.casefold() == word,
    )
    return next((found for test in tests if (found := tuple(filter(test, streams)))), ())


async def find(wanted: str | None = None, seconds: float = 5.0) -> FoundStream:
    """The one stream with a heart in it that ``wanted`` (id, name or type, None for any heart's) means.

    Raises MissingExtraError, NoSuchStreamError or SeveralStreamsError, each one sentence saying what to do.
    """
    lsl = load()
    loop = asyncio.get_running_loop()
    end_s = loop.time() + seconds
    while True:
        streams = await asyncio.to_thread(_search, lsl)
        found = matching(wanted, streams)
        if found or loop.time() >= end_s:
            break
    if len(found) > 1:
        named = ", ".join(f"{each.name} ({each.id})" for each in found)
        raise SeveralStreamsError(f"{len(found)} streams match, {named}: name the one to use, lsl:{found[0].id}")
    if not found:
        raise NoSuchStreamError(_none(wanted, streams, seconds))
    try:
        await _call("opening the stream", _open, lsl, found[0])
    except _StreamTroubleError as trouble:
        raise NoSuchStreamError(f"the stream {found[0].name} cannot be heard: {trouble}") from trouble
    return found[0]


def _none(wanted: str | None, streams: Sequence[FoundStream], seconds: float) -> str:
    what = f"no stream called {wanted}" if wanted else "no stream of type RR or HR"
    there = "; there are: " + ", ".join(f"{each.name} (type {each.type})" for each in streams) if streams else ""
    return f"{what} was found in {seconds:g} s: start the program that sends it, on this network{there}"


class LabStreamingHeart:
    """A heart source: runs until cancelled, whatever happens to the stream or the program behind it.

    ``wanted`` is a stream's id, name or type, or None for the only one that sounds like a heart's; from its first
    beat on it is that stream alone. ``clock`` gives the seconds that packets are stamped with, on any thread.
    Raises MissingExtraError where it is made and pylsl is not here.
    """

    def __init__(
        self,
        wanted: str | None,
        clock: Callable[[], float],
        *,
        patience: Patience | None = None,
        retry_s: float = RETRY_S,
    ) -> None:
        self._lsl = load()
        self._wanted = wanted
        self._clock = clock
        self._patience = patience or Patience()
        self._retry_s = retry_s
        self._state: Change | None = None
        self._deliver: Deliver = lambda _: None

    async def run(self, deliver: Deliver) -> None:
        """Deliver packets, and each change of the link with its reason, until cancelled."""
        self._deliver = deliver
        self._say(Link.SEARCHING, LOOKING)
        while True:
            try:
                await self._attend(await self._find())
            except _StreamTroubleError as trouble:
                self._say(Link.SEARCHING, str(trouble))
                await asyncio.sleep(self._retry_s)

    def _say(self, link: Link, why: str) -> None:
        if self._state != (link, why):
            self._state = link, why
            self._deliver(LinkState(self._clock(), link, why))

    async def _find(self) -> FoundStream:
        """The stream, once there is exactly one that can be meant."""
        while True:
            found = matching(self._wanted, await _call("searching", _search, self._lsl))
            if len(found) == 1:
                return found[0]
            self._say(Link.SEARCHING, SEVERAL if found else LOOKING)

    async def _attend(self, stream: FoundStream) -> None:
        """Listen until the stream ends or stalls. Raises _StreamTroubleError where it cannot be opened."""
        self._say(Link.CONNECTING, "the stream was found")
        inlet, channels = await _call("opening the stream", _open, self._lsl, stream)
        try:
            await self._listen(stream, inlet, channels)
        except _StreamTroubleError:
            self._say(Link.LOST, LOST)
        else:
            self._say(Link.STALLED, "the stream is there but brings nothing")
            self._say(Link.LOST, "the stream was closed to start afresh")
        self._say(Link.SEARCHING, LOOKING)

    async def _listen(self, stream: FoundStream, inlet: Any, channels: HeartChannels) -> None:
        """Deliver what comes; return when nothing has come for too long."""
        fresh_s = self._clock()
        watch, pace = LinkWatch(self._patience, fresh_s), RatePace()
        while True:
            arrival_s, samples = await _call("reading", self._pull, inlet)
            packet = packet_of(arrival_s, channels.rr_ms(samples), channels.hr_bpm(samples))
            if packet is not None:
                fresh_s = arrival_s
                if pace.wants(packet):
                    self._take(stream, watch, packet)
            elif arrival_s - fresh_s > watch.stall_s:
                return

    def _pull(self, inlet: Any) -> tuple[float, list[list[float]]]:
        """Everything that has come, and when; nothing where nothing comes for a moment."""
        samples, _ = inlet.pull_chunk(timeout=PULL_S, min_samples=1)
        return self._clock(), samples

    def _take(self, stream: FoundStream, watch: LinkWatch, packet: HeartPacket) -> None:
        """Deliver a packet and what it says of the link; from here on it is this stream and no other."""
        self._wanted = stream.id
        if change := watch.hear(packet):
            self._say(*change)
        self._deliver(packet)


async def _call(doing: str, call: Callable[..., _T], *arguments: Any) -> _T:
    """A call into the library on a thread; each of its errors is a RuntimeError, and here a _StreamTroubleError."""
    try:
        return await asyncio.to_thread(call, *arguments)
    except RuntimeError as error:
        raise _StreamTroubleError(f"{doing} failed: {str(error).rstrip('.')}") from error


def _search(lsl: Any) -> list[FoundStream]:
    """Every stream there is, in order of id."""
    streams = (_found(info) for info in lsl.resolve_streams(SEARCH_S))
    return sorted(streams, key=lambda stream: stream.id)


def _found(info: Any) -> FoundStream:
    name, kind, given = info.name(), info.type(), info.source_id()
    known_by = given if given and not _MADE_UP_ID.fullmatch(given) else f"{name}/{kind}@{info.hostname()}"
    return FoundStream(name, kind, known_by, info)


def _open(lsl: Any, stream: FoundStream) -> tuple[Any, HeartChannels]:
    """An inlet that hears the stream from now on, and where the heart is in it. Raises _StreamTroubleError."""
    inlet = lsl.StreamInlet(stream.info, max_buflen=BUFFER_S, recover=False)
    told = inlet.info(CALL_S)
    channels = HeartChannels()
    if told.channel_format() != lsl.cf_string:
        regular = told.nominal_srate() != lsl.IRREGULAR_RATE
        channels = heart_channels(_channels(told), (stream.type, stream.name), regular=regular)
    if not channels:
        raise _StreamTroubleError(NO_HEART)
    inlet.open_stream(CALL_S)
    return inlet, channels


def _channels(told: Any) -> list[Channel]:
    """What the stream says of each channel; a program may say it of some, or of none."""
    count = told.channel_count()
    told_of = (told.get_channel_labels(), told.get_channel_types(), told.get_channel_units())
    columns = [[each or "" for each in column or ()] + [""] * count for column in told_of]
    return [Channel(*words) for words in list(zip(*columns, strict=False))[:count]]
