"""A piece as a Standard MIDI File (type 1): a tempo track with markers, and a track for each layer.

The file plays at the session's own times. Its tempo map is the session's, rounded to whole microseconds a beat, and
every event is placed against the rounded map, so that no rounding adds up: an event is at most half a MIDI tick
from its time (0.5 ms at 60 beats a minute), after an hour as after a second.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

from engine.midi import NOTE_OFF, SYSTEM, TICK_US, MidiEvent
from engine.output.saving import save_whole

TICKS_PER_BEAT = 960
DEFAULT_TEMPO_BPM = 60.0

_TRACK_NAME = 0x03
_MARKER = 0x06
_END_OF_TRACK = 0x2F
_SET_TEMPO = 0x51
_LONGEST_BEAT_US = 0xFFFFFF
_CHANNEL_MESSAGES = range(NOTE_OFF, SYSTEM)

TimedBytes = tuple[int, bytes]
"""A message or meta event, and when: microseconds or MIDI ticks, as its list says."""


@dataclass(frozen=True, slots=True)
class Marker:
    """Words at a time: a phase begins, a command, a stop."""

    time_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Everything a MIDI file tells of a session; times are seconds from its start.

    ``tempo`` holds ``(time_s, bpm)``: in force from that time on, the first from the start. ``layers`` names the
    channels 0-15. Only channel messages are kept; clock, start and stop have no place in a file.
    """

    events: Sequence[MidiEvent | tuple[float, bytes]]
    tempo: Sequence[tuple[float, float]] = ()
    layers: Mapping[int, str] = field(default_factory=dict)
    markers: Sequence[Marker] = ()
    name: str = "calando"


def write_mid(path: Path | str, piece: Piece) -> None:
    """Save ``piece`` at ``path``, whole; equal pieces give equal bytes.

    Raises SaveError, one sentence, where the file cannot be saved.
    """
    data = encode(piece)
    save_whole(path, lambda file: file.write(data))


def encode(piece: Piece) -> bytes:
    """The file's bytes."""
    segments = _segments(piece.tempo or ((0.0, DEFAULT_TEMPO_BPM),))
    tracks = [_track(_conductor(piece, segments))]
    tracks.extend(_track(_layer(piece, channel, events)) for channel, events in _by_channel(piece, segments))
    header = struct.pack(">4sLHHH", b"MThd", 6, 1, len(tracks), TICKS_PER_BEAT)
    return header + b"".join(tracks)


@dataclass(frozen=True, slots=True)
class _Segment:
    """A stretch of one tempo: from when it was asked, where it stands in the file, and the file's own time there."""

    asked_us: int
    start_tick: int
    file_time: int
    """In microseconds x TICKS_PER_BEAT, so that it stays whole."""
    beat_us: int

    def tick_at(self, time_us: int) -> int:
        """The MIDI tick nearest to a time in this stretch."""
        since = time_us * TICKS_PER_BEAT - self.file_time
        return self.start_tick + max(0, (2 * since + self.beat_us) // (2 * self.beat_us))


def _beat_us(bpm: float) -> int:
    return min(_LONGEST_BEAT_US, max(1, round(60e6 / bpm)))


def _segments(tempo: Sequence[tuple[float, float]]) -> list[_Segment]:
    segments = [_Segment(0, 0, 0, _beat_us(tempo[0][1]))]
    for time_s, bpm in tempo[1:]:
        last = segments[-1]
        beat_us = _beat_us(bpm)
        if beat_us == last.beat_us:
            continue
        time_us = round(time_s * 1e6)
        tick = last.tick_at(time_us)
        file_time = last.file_time + (tick - last.start_tick) * last.beat_us
        segments.append(_Segment(time_us, tick, file_time, beat_us))
    return segments


def _placed(timed: Iterable[TimedBytes], segments: Sequence[_Segment]) -> list[TimedBytes]:
    """From microseconds, in order, to MIDI ticks."""
    bounds = [segment.asked_us for segment in segments[1:]]
    bounds.append(1 << 62)
    placed = []
    index = 0
    for time_us, data in timed:
        while time_us >= bounds[index]:
            index += 1
        placed.append((segments[index].tick_at(time_us), data))
    return placed


def _time_us(event: MidiEvent | tuple[float, bytes]) -> TimedBytes:
    if isinstance(event, MidiEvent):
        return event.tick * TICK_US + event.offset_us, event.data
    return round(event[0] * 1e6), event[1]


def _by_channel(piece: Piece, segments: Sequence[_Segment]) -> list[tuple[int, list[TimedBytes]]]:
    timed = [_time_us(event) for event in piece.events if _data(event)[0] in _CHANNEL_MESSAGES]
    timed.sort(key=itemgetter(0))
    channels: dict[int, list[TimedBytes]] = {channel: [] for channel in piece.layers}
    for tick, data in _placed(timed, segments):
        channels.setdefault(data[0] & 0x0F, []).append((tick, data))
    return sorted(channels.items())


def _data(event: MidiEvent | tuple[float, bytes]) -> bytes:
    return event.data if isinstance(event, MidiEvent) else event[1]


def _conductor(piece: Piece, segments: Sequence[_Segment]) -> list[TimedBytes]:
    marks = [(round(marker.time_s * 1e6), _meta_text(_MARKER, marker.text)) for marker in piece.markers]
    marks.sort(key=itemgetter(0))
    tempi = [(segment.start_tick, _meta(_SET_TEMPO, segment.beat_us.to_bytes(3))) for segment in segments]
    return [(0, _meta_text(_TRACK_NAME, piece.name)), *sorted(tempi + _placed(marks, segments), key=itemgetter(0))]


def _layer(piece: Piece, channel: int, events: list[TimedBytes]) -> list[TimedBytes]:
    name = piece.layers.get(channel, f"channel {channel + 1}")
    return [(0, _meta_text(_TRACK_NAME, name)), *events]


def _meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind)) + _variable_length(len(data)) + data


def _meta_text(kind: int, text: str) -> bytes:
    return _meta(kind, text.encode("ascii", "replace"))


def _variable_length(number: int) -> bytes:
    """Seven bits a byte, the last without the top bit (Standard MIDI Files 1.0)."""
    if number < 0x80:
        return bytes((number,))
    if number < 0x4000:
        return bytes((0x80 | number >> 7, number & 0x7F))
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | number & 0x7F)
    return bytes(reversed(groups))


def _track(events: Iterable[TimedBytes]) -> bytes:
    body = bytearray()
    now = 0
    for tick, data in events:
        body += _variable_length(tick - now)
        body += data
        now = tick
    body += b"\x00" + _meta(_END_OF_TRACK, b"")
    return struct.pack(">4sL", b"MTrk", len(body)) + body
