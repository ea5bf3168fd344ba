"""What may reach the synth, and how it falls silent: the guardian's whole judgement, pure. Standard library only."""

import heapq
import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from engine.limiter import Key, Limiter
from engine.limits import CONTROLLERS, OUTER, Limits, is_well_formed
from engine.midi import EXPRESSION, is_control, is_note_off, is_note_on, note_off
from engine.output.cues import FADE_S, Stop
from engine.output.faders import Faders
from engine.output.lateness import Lateness
from engine.output.told import Told

HEARTBEAT_S = 1.0
"""A heartbeat missing this long begins a fade."""

LATE_S = 0.15
"""A note-on later than this is dropped: music that missed its moment is not caught up with."""

CROWDED_S = 0.05
"""A controller later than this comes in a crowd: it is slowed all the same, but nobody asked for too much."""

CROWD_S, CATCH_UP, LONGEST_CROWD_S = 1.0, 2.0, 10.0
"""So long after a late one the next still stand too near to it, however punctual, as levels are limited by the second;
and what the music asked for at 4 dB/s in a stall is caught up with at 6, which takes twice the stall."""

STORM_REFUSALS = 50
STORM_S = 10.0
"""More than ``STORM_REFUSALS`` within ``STORM_S``: whoever composes cannot be trusted, and the music fades out."""

AGAIN_S = 0.3
"""So long after all off it is said once more: JACK drops messages where a client is late, and a note-off may be one."""

QUEUE_EVENTS = 8192


class GuardState(StrEnum):
    """Whether anything may sound."""

    SILENT = "silent"
    PLAYING = "playing"
    FADING = "fading"


@dataclass(slots=True)
class Counts:
    """What became of every message. Late drops and discards of an old epoch are no refusals."""

    sent: int = 0
    late: int = 0
    discarded: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    lateness: Lateness = field(default_factory=Lateness)


class _Queued(NamedTuple):
    """In order of time, then as they came."""

    due_s: float
    seq: int
    epoch: int
    data: bytes


class Guard:
    """Holds the outer limits, the ledger of sounding notes, epochs, and every stop by one gain.

    Messages go in with the time they are due and come out of ``advance`` with the time they went. All times are
    seconds on one clock. It begins silent, and only a cue to play on opens it; every stop ends with all notes off
    and the level controllers at 0. ``limits`` narrow the outer limits; what is wider in them is as if unsaid.
    """

    def __init__(self, limits: Limits = OUTER, level_cc: int = EXPRESSION, channels: Iterable[int] = ()) -> None:
        self.counts = Counts()
        self.state = GuardState.SILENT
        self.why = "waiting for play on"
        self.silences = 0
        self._limiter = Limiter(limits.within(OUTER))
        self._told = Told(level_cc, channels)
        self._queue: list[_Queued] = []
        self._seq = 0
        self._now_s = -math.inf
        self._epoch = 0
        self._next_epoch: int | None = None
        self._may_return = False
        self._faders = Faders(self._limiter, level_cc, self._send)
        self._last_beat_s: float | None = None
        self._crowded_until_s = -math.inf
        self._again_s = math.inf
        self._ended: tuple[Key, ...] = ()
        self._kept: list[bytes] = []
        self._note_epochs: dict[Key, int] = {}
        self._refusal_times: deque[float] = deque()
        self._out: list[tuple[float, bytes]] = []

    @property
    def sounding(self) -> Mapping[Key, int]:
        """The ledger: every (channel, pitch) that sounds, with its velocity."""
        return self._limiter.sounding

    @property
    def epoch(self) -> int:
        """The epoch whose events are heard."""
        return self._epoch

    @property
    def at_rest(self) -> bool:
        """Silent, and everything said that makes it so."""
        return self.state is GuardState.SILENT and self._again_s == math.inf

    @property
    def next_due_s(self) -> float:
        """When there is next something to do; infinity when there is nothing."""
        return self._out[0][0] if self._out else self._due_s

    @property
    def next_note_on_s(self) -> float | None:
        """When the next message is due, if it is a note-on (the only kind worth waiting for with care)."""
        return self._queue[0].due_s if self._queue and is_note_on(self._queue[0].data) else None

    def event(self, epoch: int, due_s: float, data: bytes) -> None:
        """Take in one message of ``epoch`` for ``due_s``; it is judged when it is due. Never raises."""
        if not math.isfinite(due_s) or len(self._queue) >= QUEUE_EVENTS:
            self._refuse(self._now_s, "queue")
            return
        self._seq += 1
        heapq.heappush(self._queue, _Queued(due_s, self._seq, epoch, data))

    def beat(self, now_s: float) -> None:
        """The engine's heartbeat, watched from the first one on.

        While a fade for want of it still runs, the gain stays where it is and comes back slowly.
        """
        self._last_beat_s = now_s = self._reach(now_s)
        if self.state is GuardState.FADING and self._may_return and self._faders.come_back(now_s):
            self.state = GuardState.PLAYING
            self._may_return = False
            self.why = "the engine stood still for a moment and is back; the music comes back slowly"

    def cue(self, cue_epoch: int, stop: Stop | None, now_s: float) -> None:
        """The session's word: a stop, or (None) a person's *play on*. An epoch older than the guard's is ignored."""
        now_s = self._reach(now_s)
        if cue_epoch < self._epoch:
            self.counts.discarded += 1
        elif stop is None:
            self._play_on(cue_epoch, now_s)
        else:
            self._epoch = cue_epoch
            self._begin_stop(stop, now_s, f"asked to stop: {stop}")

    def stop(self, stop: Stop, now_s: float, why: str) -> None:
        """A stop of the guardian's own: panic, a closed pipe, an output that cannot be trusted."""
        self.silences += 1
        self._begin_stop(stop, self._reach(now_s), why)

    def reject(self, now_s: float, reason: str) -> None:
        """Count something that came in and cannot even be judged as a message."""
        self._refuse(now_s, reason)

    def inherit(self, now_s: float, notes: Iterable[Key], channels: Iterable[int] = ()) -> None:
        """Take over from a guardian that died: end the notes it may have left, before anything else.

        ``channels`` are silenced with all others. An output that is away hears of the notes when it is back.
        """
        now_s = self._reach(now_s)
        self._told.channels |= set(channels)
        inherited = tuple(notes)
        self._told.strand(inherited)
        for channel, pitch in inherited:
            self._send(now_s, note_off(channel, pitch))
        if self.state is GuardState.SILENT:
            self._silence(now_s, self.why)
            self._ended = inherited

    def lose(self, now_s: float, why: str) -> None:
        """The output is gone with all it held: nothing more can be sent and nothing sounds."""
        self.silences += 1
        self._forget_play_on()
        self.strand(now_s)
        self._silence(self._reach(now_s), why)
        self._again_s = math.inf
        self._out.clear()

    def strand(self, now_s: float) -> None:
        """An output went away: what sounds, and what ended a moment ago, is ended there once more when it is back."""
        self._told.lose(now_s, self._limiter.sounding)

    def restore(self) -> list[bytes]:
        """What a returned output must be told, to be as it was and silent."""
        return self._told.again(self._limiter)

    def advance(self, now_s: float) -> list[tuple[float, bytes]]:
        """Time passed smoothly up to ``now_s``: everything due by then, each at its own moment, in order."""
        while (due_s := self._due_s) <= now_s:
            self._step(max(due_s, self._now_s))
        self._reach(now_s)
        return self._drain()

    def catch_up(self, now_s: float) -> list[tuple[float, bytes]]:
        """The wall stands at ``now_s``: everything due goes out now, and what is too late is dropped."""
        self._step(self._reach(now_s))
        return self._drain()

    @property
    def _due_s(self) -> float:
        queued_s = self._queue[0].due_s if self._queue else math.inf
        return min(queued_s, self._faders.next_s, self._limiter.next_overdue_s, self._heartbeat_due_s, self._again_s)

    @property
    def _heartbeat_due_s(self) -> float:
        watched = self.state is GuardState.PLAYING and self._last_beat_s is not None
        return self._last_beat_s + HEARTBEAT_S if watched and self._last_beat_s is not None else math.inf

    def _reach(self, now_s: float) -> float:
        """Time goes on, and never back."""
        self._now_s = max(self._now_s, now_s)
        return self._now_s

    def _drain(self) -> list[tuple[float, bytes]]:
        out, self._out = self._out, []
        return out

    def _step(self, now_s: float) -> None:
        """Do everything that is due, as of now."""
        self._now_s = now_s
        if self._heartbeat_due_s <= now_s:
            self._begin_stop(Stop.CRASH, now_s, "the engine stopped answering")
            self._may_return = True
        while self._queue and self._queue[0].due_s <= now_s:
            self._judge(now_s, heapq.heappop(self._queue))
        if self._limiter.next_overdue_s <= now_s:
            self._end_overdue(now_s)
        if self._again_s <= now_s:
            self._all_off(now_s, self._ended)
            self._again_s = math.inf
        if self._faders.next_s <= now_s:
            self._faders.wake(now_s)
            if self._faders.is_faded(now_s):
                self._finish(now_s)
            else:
                self._faders.step(now_s)

    def _end_overdue(self, now_s: float) -> None:
        for channel, pitch in self._limiter.overdue(now_s):
            self._refuse(now_s, "note length")
            self._send(now_s, note_off(channel, pitch))

    def _judge(self, now_s: float, queued: _Queued) -> None:
        data, late_s = queued.data, now_s - queued.due_s
        if late_s > CROWDED_S:
            crowd_s = min(CROWD_S + CATCH_UP * late_s, LONGEST_CROWD_S)
            self._crowded_until_s = max(self._crowded_until_s, now_s + crowd_s)
        if not is_well_formed(data):
            self._refuse(now_s, "malformed")
        elif is_note_off(data):
            self._release(now_s, queued.epoch, (data[0] & 0x0F, data[1]))
        elif queued.epoch == self._next_epoch and not is_note_on(data):
            self._kept.append(data)
        elif queued.epoch != self._epoch or self.state is not GuardState.PLAYING:
            self.counts.discarded += 1
        elif is_note_on(data) and late_s > LATE_S:
            self.counts.late += 1
        elif self._admit(now_s, data) and is_note_on(data):
            self.counts.lateness.add(late_s)

    def _release(self, now_s: float, epoch: int, key: Key) -> None:
        """A note-off ends the note of its own epoch; a later note at the same pitch is none of its business."""
        if self._note_epochs.get(key) == epoch:
            self._send(now_s, note_off(*key))
        else:
            self.counts.discarded += 1

    def _admit(self, now_s: float, data: bytes) -> bool:
        """Send what the limits allow; False where they refuse it."""
        channel = data[0] & 0x0F
        if is_control(data) and data[1] in CONTROLLERS:
            self._faders.open(now_s, channel)
            limited = self._faders.move(now_s, channel, data[1], data[2])
            if limited is not None and now_s >= self._crowded_until_s:
                self._refuse(now_s, limited)
            return True
        reason = self._limiter.refusal(now_s, data)
        if reason is not None:
            self._refuse(now_s, reason)
            return False
        self._faders.open(now_s, channel)
        self._send(now_s, data)
        return True

    def _send(self, now_s: float, data: bytes) -> None:
        self._limiter.accept(now_s, data)
        self._told.take(now_s, data)
        key = (data[0] & 0x0F, data[1])
        if is_note_on(data):
            self._note_epochs[key] = self._epoch
        elif is_note_off(data):
            self._note_epochs.pop(key, None)
        self.counts.sent += 1
        self._out.append((now_s, data))

    def _refuse(self, now_s: float, reason: str) -> None:
        self.counts.refused[reason] += 1
        while self._refusal_times and self._refusal_times[0] <= now_s - STORM_S:
            self._refusal_times.popleft()
        self._refusal_times.append(now_s)
        if len(self._refusal_times) > STORM_REFUSALS and self.state is GuardState.PLAYING:
            self._refusal_times.clear()
            self.stop(Stop.CRASH, now_s, "too many messages broke the limits")

    def _play_on(self, epoch: int, now_s: float) -> None:
        if self.state is GuardState.FADING:
            self._next_epoch = epoch
            self._may_return = False
            self._faders.fade(now_s, FADE_S[Stop.SILENCE])
            return
        if self.state is GuardState.SILENT:
            self._last_beat_s = now_s if self._last_beat_s is not None else None
            self._told.play_on()
            self._again_s = math.inf
            self._faders.start()
            for channel in sorted(self._told.channels):
                self._faders.open(now_s, channel)
        self._epoch = epoch
        self.state = GuardState.PLAYING
        self.why = "playing"

    def _begin_stop(self, stop: Stop, now_s: float, why: str) -> None:
        """Fade out; a stop already on its way is only ever made shorter."""
        if self.state is GuardState.SILENT:
            return
        self._forget_play_on()
        self._may_return = False
        self.why = why
        self.state = GuardState.FADING
        self._faders.fade(now_s, FADE_S[stop])

    def _forget_play_on(self) -> None:
        """Whoever asked to play on in a fade is overruled by a stop."""
        self._next_epoch = None
        self._kept.clear()

    def _finish(self, now_s: float) -> None:
        """All off; then, if a person already asked to play on, begin again from level 0, as was told meanwhile."""
        next_epoch, self._next_epoch = self._next_epoch, None
        self.silences += self._may_return
        kept, self._kept = self._kept, []
        self._silence(now_s, self.why)
        if next_epoch is not None:
            self._play_on(next_epoch, now_s)
            for data in kept:
                self.event(next_epoch, now_s, data)

    def _silence(self, now_s: float, why: str) -> None:
        self._ended = tuple(self._limiter.sounding)
        self._all_off(now_s, self._ended)
        self._again_s = now_s + AGAIN_S if self._told.channels else math.inf
        self.state = GuardState.SILENT
        self.why = why
        self._may_return = False
        self._faders.mute()

    def _all_off(self, now_s: float, keys: Iterable[Key]) -> None:
        for data in self._told.all_off(keys):
            self._send(now_s, data)
