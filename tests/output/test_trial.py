"""The chord that tries a synth, and the way back from level 0."""

import pytest

from engine.midi import is_control, is_note_on
from engine.output import trial
from engine.output.cues import FADE_S, Stop
from engine.output.guard import Guard
from tests.stream_checker import StreamChecker, decibels


@pytest.mark.parametrize("level_cc", [7, 11])
def test_the_chord_keeps_every_limit_through_the_guard(level_cc: int) -> None:
    guard, checker = Guard(level_cc=level_cc), StreamChecker(level_cc=level_cc)
    guard.cue(0, None, 0.0)
    for at_s, data in trial.chord(0, level_cc):
        guard.event(0, at_s, data)
    stop_s, told = trial.SECONDS - FADE_S[Stop.END], False
    for tick in range(round(trial.SECONDS * 100) + 50):
        now_s = tick / 100
        guard.beat(now_s)
        if now_s >= stop_s and not told:
            told = True
            guard.cue(1, Stop.END, now_s)
            checker.stop("end", now_s)
        for sent_s, data in guard.advance(now_s):
            checker.feed(sent_s, data)
    checker.finish()
    assert not guard.counts.refused


def test_the_chord_is_soft_and_swells_twice() -> None:
    chord = trial.chord(2, 11)
    notes = [data for _, data in chord if is_note_on(data)]
    levels = [data[2] for _, data in chord if is_control(data)]
    assert [data[1] for data in notes] == list(trial.CHORD)
    assert {data[0] & 0x0F for _, data in chord} == {2}
    assert max(data[2] for data in notes) <= 48
    peak, last = levels.index(104), len(levels) - 1
    assert levels[0] == 20
    assert min(levels[peak:]) == 52
    assert levels[last] == 104


@pytest.mark.parametrize(("level_cc", "at_the_end"), [(7, 100), (11, 127)])
def test_a_level_comes_back_slowly_to_where_it_usually_stands(level_cc: int, at_the_end: int) -> None:
    walk = trial.restoring(0, level_cc)
    assert walk[-1][1][2] == at_the_end
    for at_s, data in walk:
        in_a_second = [later[2] for when_s, later in walk if at_s <= when_s <= at_s + 1]
        assert decibels(in_a_second[-1]) - decibels(data[2]) <= 6.0
