"""Recordings as a source: what a strap would have sent, and when, had it been there."""

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from sensors.capture import is_capture, read_capture
from sensors.heart import RR_TICKS_PER_SECOND, HeartPacket, Link, LinkState, SourceEvent, event_time_s
from sensors.recording_files import Reading, ReplayError, ReplayWordsError, read_lines, read_recording

__all__ = ["LabelSpan", "Replay", "ReplayError", "ReplaySpec", "ReplayWordsError", "parse_replay_spec"]

_LONGEST_RR_MS = 0xFFFF * 1000 / RR_TICKS_PER_SECOND
"""The longest interval that fits a packet; a longer one is a hole."""
_HOLE_S = 1.5
"""More than this between the end of one interval and the start of the next: beats were lost there."""
_HR_HOLE_S = 10.0
"""As ``_HOLE_S``, between two heart rates."""
_OTHER_CLOCK_S = 60.0
"""A recording that starts later than this counts on some other clock, and is moved to start at 0."""
_DAY_S = 86_400.0
_FIELD_BEATS = 5
"""A packet's heart-rate field is averaged over this many beats, about as straps do it."""


class ReplaySpec(NamedTuple):
    """What ``--heart replay:FILE[?subject=S]`` asks for."""

    path: Path
    subject: str | None = None


def parse_replay_spec(text: str) -> ReplaySpec:
    """Read ``FILE`` or ``FILE?subject=S``; raises ``ReplayWordsError``."""
    file, mark, query = text.rpartition("?") if "?" in text else (text, "", "")
    if not file:
        raise ReplayWordsError(f"'{text}' names no file: write replay:FILE or replay:FILE?subject=S")
    key, _, subject = query.partition("=")
    if mark and (key != "subject" or not subject):
        raise ReplayWordsError(f"'?{query}' is not understood: only ?subject=S can follow the file")
    return ReplaySpec(Path(file), subject or None)


@dataclass(frozen=True, slots=True)
class LabelSpan:
    """A stretch of the recording under one label, on the recording's clock."""

    start_s: float
    end_s: float
    label: str


class Replay:
    """A recording, read whole. Where its time goes back a new segment follows on, with a lost link at the joint."""

    def __init__(self, events: Sequence[SourceEvent], labels: Sequence[LabelSpan] = ()) -> None:
        """``events`` in order of arrival; raises ``ReplayError`` where there are none."""
        self.events = tuple(events)
        self.labels = tuple(labels)
        if not self.events:
            raise ReplayError("a recording without a single heartbeat cannot be played")
        self._times_s = [event_time_s(event) for event in self.events]
        self._next = 0

    @classmethod
    def open(cls, path: str | Path, subject: str | None = None) -> "Replay":
        """Read the file, of several people the one named; raises ``ReplayError``."""
        path = Path(path)
        lines = read_lines(path)
        if is_capture(lines):
            return cls(read_capture(path, lines))
        segments = list(_run_on(_segments(read_recording(path, lines, subject))))
        return cls(list(_events(segments)), list(_labels(segments)))

    @property
    def duration_s(self) -> float:
        """The first whole second after the last event."""
        return math.floor(self._times_s[-1]) + 1.0

    def pull(self, until_s: float) -> tuple[SourceEvent, ...]:
        """Everything that arrived before ``until_s`` and was not pulled yet."""
        first, self._next = self._next, max(self._next, bisect_left(self._times_s, until_s))
        return self.events[first : self._next]


def _segments(readings: Sequence[Reading]) -> list[list[Reading]]:
    """Cut where time goes back, or leaps on by more than a day."""
    segments = [[readings[0]]]
    for before, reading in pairwise(readings):
        if not 0 <= reading.time_s - before.time_s <= _DAY_S:
            segments.append([])
        segments[-1].append(reading)
    return segments


def _run_on(segments: Iterable[Sequence[Reading]]) -> Iterator[list[Reading]]:
    """Let each segment begin where the one before it ended, on one clock that starts near 0."""
    end_s: float | None = None
    for segment in segments:
        begins_s = segment[0].begins_s
        if end_s is None:
            end_s = begins_s if -1.0 <= begins_s <= _OTHER_CLOCK_S else 0.0
        moved_s = end_s - begins_s
        moved = [replace(reading, time_s=reading.time_s + moved_s) for reading in segment]
        end_s = moved[-1].time_s
        yield moved


def _arrival_s(reading: Reading) -> float:
    """A heart rate arrives at once, an interval with the next whole second's packet."""
    return reading.time_s if reading.rr_ms is None else math.floor(reading.time_s) + 1.0


def _events(segments: Sequence[Sequence[Reading]]) -> Iterator[SourceEvent]:
    """Packets, and the link's changes where the recording itself says that something is missing."""
    now_s = 0.0
    before: Reading | None = None
    field: deque[float] = deque(maxlen=_FIELD_BEATS)
    for segment in segments:
        for arrival_s, together in groupby(segment, key=_arrival_s):
            readings = list(together)
            now_s = max(now_s, arrival_s)
            lost = _lost_before(readings, before, joint=readings[0] is segment[0])
            if lost or before is None:
                field.clear()
                yield from _joint(now_s, readings[0], lost)
            yield _packet(now_s, readings, field)
            before = readings[-1]


def _lost_before(readings: Sequence[Reading], before: Reading | None, *, joint: bool) -> str | None:
    """What is missing between the reading before and these, in words; None where they touch."""
    if before is None:
        return None
    if joint:
        return "another part of the recording begins"
    gap_s = max(after.begins_s - earlier.time_s for earlier, after in zip([before, *readings], readings, strict=False))
    too_long = any((reading.rr_ms or 0.0) > _LONGEST_RR_MS for reading in readings)
    hole_s = _HOLE_S if readings[0].hr_bpm is None else _HR_HOLE_S
    return f"{max(gap_s, 0.0):.0f} s are missing in the recording" if too_long or gap_s > hole_s else None


def _joint(at_s: float, reading: Reading, lost: str | None) -> Iterator[LinkState]:
    if lost:
        yield LinkState(at_s, Link.LOST, lost)
    streaming = Link.STREAMING_HR_ONLY if reading.rr_ms is None else Link.STREAMING_RR
    yield LinkState(at_s, streaming, "the recording goes on" if lost else "the recording begins")


def _packet(at_s: float, readings: Sequence[Reading], field: deque[float]) -> HeartPacket:
    if readings[-1].hr_bpm is not None:
        return HeartPacket(at_s, round(readings[-1].hr_bpm))
    rr_ms = [reading.rr_ms for reading in readings if reading.rr_ms and reading.rr_ms <= _LONGEST_RR_MS]
    field.extend(rr_ms)
    hr_bpm = min(255, round(60_000 / fmean(field))) if field else 0
    return HeartPacket(at_s, hr_bpm, tuple(max(1, round(rr * RR_TICKS_PER_SECOND / 1000)) for rr in rr_ms))


def _labels(segments: Sequence[Sequence[Reading]]) -> Iterator[LabelSpan]:
    for segment in segments:
        for label, together in groupby(segment, key=lambda reading: reading.label):
            readings = list(together)
            if label:
                yield LabelSpan(readings[0].begins_s, readings[-1].time_s, label)
