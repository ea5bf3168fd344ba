"""What a synth was told: enough to silence it, and to tell it again when it comes back. Standard library only."""

from collections import deque
from collections.abc import Iterable, Iterator

from engine.limiter import Key, Limiter
from engine.limits import BANK
from engine.midi import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    PROGRAM,
    SUSTAIN,
    control,
    is_control,
    is_note_off,
    is_program,
    note_off,
)

UNNOTICED_S = 3.0
"""A pulled cable is noticed within a second or two; what was sent meanwhile went nowhere."""


class Told:
    """Which channels play, their banks and programs, and the notes whose end a lost synth may not have heard.

    ``level_cc`` is the controller that is left at 0; ``channels`` are silenced whether anything was sent there or not.
    """

    def __init__(self, level_cc: int, channels: Iterable[int]) -> None:
        self.channels = set(channels)
        self._level_cc = level_cc
        self._patches: dict[int, dict[int, bytes]] = {}
        self._stranded: dict[Key, None] = {}
        self._lately_ended: deque[tuple[float, Key]] = deque()

    def take(self, now_s: float, data: bytes) -> None:
        """One message was sent."""
        channel = data[0] & 0x0F
        self.channels.add(channel)
        if is_control(data) and data[1] in BANK:
            self._patches.setdefault(channel, {})[data[1]] = data
        elif is_program(data):
            self._patches.setdefault(channel, {})[PROGRAM] = data
        elif is_note_off(data):
            self._keep_in_mind(now_s, (channel, data[1]))

    def _keep_in_mind(self, now_s: float, key: Key) -> None:
        """A note-off just before an output is found lost may not have reached it."""
        while self._lately_ended and self._lately_ended[0][0] < now_s - UNNOTICED_S:
            self._lately_ended.popleft()
        self._lately_ended.append((now_s, key))

    def strand(self, keys: Iterable[Key]) -> None:
        """These may sound on in a synth that is away, and are ended in this order."""
        self._stranded |= dict.fromkeys(keys)

    def lose(self, now_s: float, sounding: Iterable[Key]) -> None:
        """The synth is gone with all that sounds, and with what ended too short a time ago to be sure of."""
        self.strand(sorted(sounding))
        self.strand(key for at_s, key in self._lately_ended if at_s >= now_s - UNNOTICED_S)

    def play_on(self) -> None:
        """Whatever was stranded was told its end."""
        self._stranded.clear()

    def all_off(self, keys: Iterable[Key]) -> Iterator[bytes]:
        """The end of these notes, and of everything on every channel."""
        yield from (note_off(*key) for key in keys)
        for channel in sorted(self.channels):
            yield from self._channel_off(channel)

    def again(self, limiter: Limiter) -> list[bytes]:
        """What a returned synth must be told.

        The end of every note it was lost with, level 0, patches and controllers as they were, and all off.
        """
        told = [note_off(*key) for key in self._stranded]
        for channel in sorted(self.channels):
            told.append(control(channel, self._level_cc, 0))
            told += self._patches.get(channel, {}).values()
            told += limiter.controls(channel)
            told += self._channel_off(channel)
        return told

    def _channel_off(self, channel: int) -> tuple[bytes, ...]:
        numbers = (SUSTAIN, ALL_NOTES_OFF, ALL_SOUND_OFF, self._level_cc)
        return tuple(control(channel, number, 0) for number in numbers)
