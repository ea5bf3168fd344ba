"""A minute out of a finished piece, made fit to be played by itself: from level 0, no note held over."""

from collections.abc import Iterable, Sequence

from engine.decision import Decision
from engine.limiter import Limiter
from engine.limits import COMPOSER
from engine.midi import EXPRESSION, MidiEvent, is_control, is_note_off, is_note_on
from engine.mixer import Mixer
from generators.score import Control

Timed = tuple[float, bytes]


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


def excerpt(events: Iterable[MidiEvent], start_s: float, seconds: float, *, level_cc: int = EXPRESSION) -> list[Timed]:
    """The events from ``start_s``, as (seconds from the excerpt's start, bytes).

    Notes that began before are left out whole; controllers begin where they stood, levels rise from 0 as after a
    person's start. What still sounds at the end is the player's to fade.
    """
    taken = [(event.time_s - start_s, event.data) for event in events if event.time_s < start_s + seconds]
    controls = [(max(0.0, at_s), data) for at_s, data in taken if is_control(data)]
    notes = _own_notes((at_s, data) for at_s, data in taken if at_s >= 0)
    return sorted([*_walked(controls, seconds, level_cc), *notes], key=lambda timed: timed[0])


def _own_notes(played: Iterable[Timed]) -> list[Timed]:
    sounding: set[bytes] = set()
    own: list[Timed] = []
    for at_s, data in played:
        key = bytes((data[0] & 0x0F, data[1]))
        if is_note_on(data):
            sounding.add(key)
            own.append((at_s, data))
        elif is_note_off(data) and key in sounding:
            sounding.discard(key)
            own.append((at_s, data))
    return own


def _walked(controls: Sequence[Timed], seconds: float, level_cc: int) -> list[Timed]:
    channels = {str(data[0] & 0x0F): data[0] & 0x0F for _, data in controls}
    mixer = Mixer(Limiter(COMPOSER), channels, level_cc)
    walked = [(0.0, data) for data in mixer.start(0.0)]
    waiting = list(reversed(controls))
    for step in range(int(seconds * 10)):
        now_s = step / 10
        asked = []
        while waiting and waiting[-1][0] <= now_s:
            asked.append(_asked(waiting.pop()[1], level_cc))
        walked += [(now_s, data) for data in mixer.walk(now_s, asked)]
    return walked


def _asked(data: bytes, level_cc: int) -> Control:
    number = EXPRESSION if data[1] == level_cc else data[1]
    return Control(str(data[0] & 0x0F), number, float(data[2]))
