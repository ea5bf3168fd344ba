"""Messages that try a synth: a soft chord whose level swells and dips, and the way back from level 0."""

import math
from collections.abc import Iterator
from itertools import pairwise

from engine.limits import SOFTEST_LEVEL
from engine.midi import control, note_on

Timed = tuple[float, bytes]

CHORD = (50, 57, 62, 69)
VELOCITY = 44
FIRST_NOTE_S = 0.2
BETWEEN_NOTES_S = 0.15
STEP_S = 0.1
HEIGHTS = ((0.0, SOFTEST_LEVEL), (10.0, 104), (14.0, 52), (19.0, 104))
"""(second, controller value): up from silence, down, and up again, never faster than 3 dB/s."""
SECONDS = 28.0
"""With the fade of 8 s that ends it."""
RESTORED = {7: 100, 11: 127}
"""What a level controller holds before anybody moves it (MIDI recommended practice RP-015)."""
RESTORE_DB_PER_S = 5.5


def chord(channel: int, level_cc: int) -> list[Timed]:
    """A soft chord on a channel 0-15 that swells, dips and swells; whoever plays it fades it."""
    notes = [
        (FIRST_NOTE_S + index * BETWEEN_NOTES_S, note_on(channel, pitch, VELOCITY)) for index, pitch in enumerate(CHORD)
    ]
    levels = [each for start, end in pairwise(HEIGHTS) for each in _walk(channel, level_cc, start, end)]
    return sorted(notes + levels)


def restoring(channel: int, level_cc: int) -> list[Timed]:
    """A level controller's way up to where it usually stands, slow enough for a synth that is sounding."""
    high = RESTORED[level_cc]
    seconds = 40 * math.log10(high / SOFTEST_LEVEL) / RESTORE_DB_PER_S
    return list(_walk(channel, level_cc, (0.0, SOFTEST_LEVEL), (seconds, high)))


def _walk(channel: int, level_cc: int, start: tuple[float, int], end: tuple[float, int]) -> Iterator[Timed]:
    """From one (second, value) to another on a straight line in dB, every 100 ms, on change only."""
    (start_s, low), (end_s, high) = start, end
    steps = math.ceil((end_s - start_s) / STEP_S)
    last = None
    for step in range(steps + 1):
        value = round(low * (high / low) ** (step / steps))
        if value != last:
            yield start_s + (end_s - start_s) * step / steps, control(channel, level_cc, value)
        last = value
