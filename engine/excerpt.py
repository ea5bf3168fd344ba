"""A minute out of a finished piece, made fit to be played by itself: from level 0, no note held over."""

from collections.abc import Iterable, Sequence

from engine.decision import Decision
from engine.midi import EXPRESSION, MidiEvent, control, is_control, is_note_off, is_note_on
from engine.mixer import START_S, risen


def telling_start_s(decisions: Sequence[Decision], seconds: float) -> float:
    """Where an excerpt of ``seconds`` shows the most: the offset rises by most between its ends.

    Of equals the earliest; a piece shorter than the excerpt is taken from its start.
    """
    length = int(seconds)
    starts = range(max(1, len(decisions) - length))
    best = max(starts, key=lambda first: _rise(decisions, first, length))
    return decisions[best].time_s if decisions else 0.0


def _rise(decisions: Sequence[Decision], first: int, length: int) -> float:
    last = min(first + length, len(decisions) - 1)
    return round(decisions[last].offset - decisions[first].offset, 3)


def excerpt(
    events: Iterable[MidiEvent], start_s: float, seconds: float, *, level_cc: int = EXPRESSION
) -> list[tuple[float, bytes]]:
    """The events from ``start_s``, as (seconds from the excerpt's start, bytes).

    Notes that began before are left out whole; controllers stand at their last value, levels rise from 0 over
    12 s as after a person's start. What still sounds at the end is the player's to fade.
    """
    standing: dict[tuple[int, int], int] = {}
    sounding: set[tuple[int, int]] = set()
    played: list[tuple[float, bytes]] = []
    for event in events:
        at_s = event.time_s - start_s
        if at_s >= seconds:
            break
        if at_s < 0:
            if is_control(event.data):
                standing[event.data[0] & 0x0F, event.data[1]] = event.data[2]
        elif _belongs(event.data, sounding):
            played.append((at_s, event.data))
    opening = [
        (0.0, control(channel, number, 0 if number == level_cc else value))
        for (channel, number), value in sorted(standing.items())
    ]
    return opening + _faded_in(played, standing, level_cc)


def _belongs(data: bytes, sounding: set[tuple[int, int]]) -> bool:
    key = (data[0] & 0x0F, data[1])
    if is_note_on(data):
        sounding.add(key)
    elif is_note_off(data):
        known = key in sounding
        sounding.discard(key)
        return known
    return True


def _faded_in(
    played: Sequence[tuple[float, bytes]], standing: dict[tuple[int, int], int], level_cc: int
) -> list[tuple[float, bytes]]:
    levels = {channel: value for (channel, number), value in standing.items() if number == level_cc}
    steps = [
        (round(0.1 * step, 1), channel) for step in range(1, round(START_S * 10) + 1) for channel in sorted(levels)
    ]
    faded: list[tuple[float, bytes]] = []
    rest = list(played)
    for at_s, channel in steps:
        while rest and rest[0][0] <= at_s:
            _take(rest.pop(0), levels, level_cc, faded)
        value = _risen(at_s, levels[channel])
        if not faded or _last_level(faded, channel, level_cc) != value:
            faded.append((at_s, control(channel, level_cc, value)))
    return faded + rest


def _take(timed: tuple[float, bytes], levels: dict[int, int], level_cc: int, faded: list[tuple[float, bytes]]) -> None:
    data = timed[1]
    if is_control(data) and data[1] == level_cc:
        levels[data[0] & 0x0F] = data[2]
    else:
        faded.append(timed)


def _risen(at_s: float, value: int) -> int:
    share = min(1.0, at_s / START_S)
    return round(risen(value, share))


def _last_level(faded: Sequence[tuple[float, bytes]], channel: int, level_cc: int) -> int | None:
    for _, data in reversed(faded):
        if data[:2] == bytes((0xB0 | channel, level_cc)):
            return data[2]
    return None
