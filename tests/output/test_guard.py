"""The guard in stories: nothing before a person's play on, every stop, every limit, and nothing left sounding."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.limits import OUTER
from engine.midi import control, is_note_off, is_note_on, note_off, note_on
from engine.output.cues import FADE_S, Stop
from engine.output.guard import AGAIN_S, QUEUE_EVENTS, Guard, GuardState
from tests.stream_checker import StreamChecker

Wire = list[tuple[float, bytes]]

LEVELS = [20, 22, 24, 26, 28]


def playing(*, beats: bool = False, level_cc: int = 11) -> tuple[Guard, Wire]:
    """Two seconds in: two notes sound on channel 0 at level 28, in epoch 1."""
    guard = Guard(level_cc=level_cc, channels=(0,))
    if beats:
        guard.beat(0.0)
    guard.cue(1, None, 0.0)
    for index, value in enumerate(LEVELS):
        guard.event(1, 0.1 + index * 0.3, control(0, level_cc, value))
    guard.event(1, 1.5, note_on(0, 60, 48))
    guard.event(1, 1.6, note_on(0, 64, 48))
    wire: Wire = []
    for tick in range(21):
        if beats:
            guard.beat(tick / 10)
        wire += guard.advance(tick / 10)
    assert guard.sounding == {(0, 60): 48, (0, 64): 48}
    return guard, wire


def state_of(guard: Guard) -> str:
    """Whether anything may sound now."""
    return guard.state


def quiet_s(wire: Wire) -> float:
    """When all was off; it is said once more a little later, and then there is nothing to add."""
    return round(wire[-1][0] - AGAIN_S, 6)


def levels(wire: Wire, number: int = 11) -> list[int]:
    """The values of the level controller."""
    return [data[2] for _, data in wire if data[0] & 0xF0 == 0xB0 and data[1] == number]


def checked(wire: Wire, *stops: tuple[str, float], level_cc: int = 11) -> None:
    """Through the stream checker."""
    checker, waiting = StreamChecker(level_cc=level_cc), list(stops)
    for time_s, data in wire:
        while waiting and waiting[0][1] <= time_s:
            checker.stop(*waiting.pop(0))
        checker.feed(time_s, data)
    assert not waiting
    checker.finish()


# Starting


def test_nothing_sounds_before_a_person_plays_on() -> None:
    guard = Guard()
    guard.event(0, 1.0, note_on(0, 60, 40))
    guard.event(0, 1.0, control(0, 11, 20))
    assert guard.advance(5.0) == []
    assert guard.counts.discarded == 2
    assert state_of(guard) == "silent"


def test_playing_on_begins_at_level_0_on_every_channel() -> None:
    guard = Guard(channels=(0, 3))
    guard.cue(1, None, 2.0)
    assert guard.next_due_s == 2.0
    assert guard.advance(2.0) == [(2.0, control(0, 11, 0)), (2.0, control(3, 11, 0))]


def test_a_channel_nobody_told_of_begins_at_level_0_too() -> None:
    guard = Guard()
    guard.cue(1, None, 0.0)
    guard.event(1, 1.0, note_on(5, 60, 40))
    guard.event(1, 2.0, note_off(5, 60))
    assert guard.advance(3.0) == [(1.0, control(5, 11, 0)), (1.0, note_on(5, 60, 40)), (2.0, note_off(5, 60))]


def test_a_level_of_0_opens_a_channel_by_itself() -> None:
    guard = Guard()
    guard.cue(1, None, 0.0)
    guard.event(1, 1.0, control(5, 11, 0))
    assert guard.advance(3.0) == [(1.0, control(5, 11, 0))]


def test_events_come_out_at_their_own_moments_in_order() -> None:
    guard, _ = playing()
    for due_s in (2.3, 2.1, 2.2):
        guard.event(1, due_s, note_on(0, 40 + round(due_s * 10), 40))
    assert [time_s for time_s, _ in guard.advance(2.2)] == [2.1, 2.2]
    assert guard.next_due_s == guard.next_note_on_s == 2.3
    assert [time_s for time_s, _ in guard.advance(3.0)] == [2.3]


def test_messages_due_together_keep_their_order() -> None:
    guard, _ = playing()
    together = [note_off(0, 60), note_on(0, 60, 40), control(0, 74, 50), note_on(0, 67, 40)]
    for data in together:
        guard.event(1, 3.0, data)
    assert [data for _, data in guard.advance(3.0)] == together


def test_only_a_waiting_note_on_is_worth_waiting_for_with_care() -> None:
    guard, _ = playing()
    assert guard.next_note_on_s is None
    guard.event(1, 2.5, control(0, 74, 60))
    assert guard.next_note_on_s is None


# Epochs


def test_another_epoch_is_discarded_and_is_no_refusal() -> None:
    guard, _ = playing()
    for epoch in (0, 2):
        guard.event(epoch, 2.5, note_on(0, 70, 40))
    assert guard.advance(3.0) == []
    assert guard.counts.discarded == 2
    assert not guard.counts.refused


def test_a_note_off_ends_only_its_own_epochs_note() -> None:
    guard, _ = playing()
    guard.event(1, 5.0, note_off(0, 60))
    guard.cue(2, Stop.SILENCE, 2.0)
    guard.advance(3.0)
    guard.cue(2, None, 3.0)
    guard.event(2, 4.0, note_on(0, 60, 40))
    guard.advance(6.0)
    assert (0, 60) in guard.sounding
    guard.event(2, 7.0, note_off(0, 60))
    assert guard.advance(7.0) == [(7.0, note_off(0, 60))]


def test_a_note_on_of_velocity_0_is_a_note_off() -> None:
    guard, _ = playing()
    guard.event(1, 3.0, note_on(0, 60, 0))
    assert guard.advance(3.0) == [(3.0, note_off(0, 60))]


def test_an_old_cue_is_ignored() -> None:
    guard, _ = playing()
    guard.cue(0, Stop.SILENCE, 2.0)
    assert state_of(guard) == "playing"
    guard.cue(3, Stop.SILENCE, 2.0)
    guard.advance(3.0)
    guard.cue(2, None, 3.0)
    assert state_of(guard) == "silent"
    assert guard.counts.discarded == 2
    guard.cue(3, None, 3.0)
    assert state_of(guard) == "playing"
    assert guard.epoch == 3


def test_playing_on_while_playing_keeps_what_sounds_and_how_loud() -> None:
    guard, _ = playing()
    guard.cue(2, None, 2.0)
    assert guard.advance(3.0) == []
    assert len(guard.sounding) == 2
    guard.event(2, 3.5, control(0, 11, 27))
    assert guard.advance(4.0) == [(3.5, control(0, 11, 27))]


# Stops


@pytest.mark.parametrize("stop", Stop)
def test_a_stop_fades_and_ends_with_all_off(stop: Stop) -> None:
    guard, wire = playing()
    guard.cue(2, stop, 2.0)
    assert state_of(guard) == "fading"
    stopped = guard.advance(60.0)
    faded, off, again = stopped[:-12], stopped[-12:-6], stopped[-6:]
    assert levels(faded) == list(range(27, -1, -1))
    assert [data for _, data in off] == [
        note_off(0, 60),
        note_off(0, 64),
        control(0, 64, 0),
        control(0, 123, 0),
        control(0, 120, 0),
        control(0, 11, 0),
    ]
    assert {time_s for time_s, _ in off} == {2.0 + FADE_S[stop]}
    assert again == [(time_s + AGAIN_S, data) for time_s, data in off]
    assert state_of(guard) == "silent"
    assert guard.why == f"asked to stop: {stop}"
    assert not guard.counts.refused
    checked(wire + stopped, (stop, 2.0))


@pytest.mark.parametrize("level_cc", [7, 11])
def test_the_fade_moves_the_controller_that_the_synth_obeys(level_cc: int) -> None:
    guard, wire = playing(level_cc=level_cc)
    guard.cue(2, Stop.CRASH, 2.0)
    stopped = guard.advance(60.0)
    assert levels(stopped, level_cc)[-1] == 0
    assert levels(stopped, 18 - level_cc) == []
    checked(wire + stopped, ("crash", 2.0), level_cc=level_cc)


def test_a_fade_goes_straight_down_from_the_first_step() -> None:
    guard, _ = playing()
    guard.cue(2, Stop.CRASH, 2.0)
    half = levels(guard.advance(3.0))
    assert half[-1] == 14
    assert levels(guard.advance(3.98))[-1] == 0


def test_nothing_starts_in_a_fade_but_notes_may_end() -> None:
    guard, _ = playing()
    guard.event(1, 2.3, note_on(0, 67, 40))
    guard.event(1, 2.3, note_off(0, 60))
    guard.event(1, 2.3, control(0, 74, 80))
    guard.cue(2, Stop.PAUSE, 2.0)
    guard.event(2, 2.4, note_on(0, 69, 40))
    faded = guard.advance(3.0)
    assert not any(is_note_on(data) for _, data in faded)
    assert [time_s for time_s, data in faded if is_note_off(data)] == [2.3]
    assert guard.counts.discarded == 3


def test_a_stop_on_its_way_is_only_made_shorter() -> None:
    guard, wire = playing()
    guard.cue(2, Stop.END, 2.0)
    wire += guard.advance(4.0)
    guard.cue(3, Stop.SILENCE, 4.0)
    silenced = guard.advance(60.0)
    assert quiet_s(silenced) == 4.7
    assert levels(silenced)[0] <= levels(wire)[-1]
    checked(wire + silenced, ("end", 2.0), ("silence", 4.0))


def test_a_longer_stop_does_not_hold_up_a_shorter_one() -> None:
    guard, wire = playing()
    guard.cue(2, Stop.SILENCE, 2.0)
    wire += guard.advance(2.3)
    guard.cue(3, Stop.END, 2.3)
    wire += guard.advance(60.0)
    assert quiet_s(wire) == 2.7
    checked(wire, ("silence", 2.0))


def test_a_stop_that_comes_when_the_last_is_just_over_changes_nothing() -> None:
    guard, wire = playing()
    guard.cue(2, Stop.SILENCE, 2.0)
    wire += guard.advance(2.69)
    guard.cue(3, Stop.END, 2.7)
    guard.cue(4, Stop.SILENCE, 2.7)
    wire += guard.advance(9.0)
    assert quiet_s(wire) == 2.7
    assert not guard.sounding


def test_a_stop_in_silence_says_nothing() -> None:
    guard = Guard(channels=(0,))
    guard.cue(1, Stop.SILENCE, 1.0)
    assert guard.advance(5.0) == []
    assert guard.epoch == 1


def test_after_a_pause_playing_on_begins_from_level_0() -> None:
    guard, wire = playing()
    guard.cue(2, Stop.PAUSE, 2.0)
    wire += guard.advance(20.0)
    guard.cue(2, None, 20.0)
    guard.event(2, 20.5, control(0, 11, 20))
    guard.event(2, 21.0, note_on(0, 60, 40))
    guard.event(2, 22.0, note_off(0, 60))
    again = guard.advance(30.0)
    assert levels(again) == [20]
    checked(wire + again, ("pause", 2.0))


def test_playing_on_in_a_fade_waits_for_its_end_which_comes_soon() -> None:
    guard, wire = playing()
    guard.cue(2, Stop.PAUSE, 2.0)
    wire += guard.advance(3.0)
    guard.cue(2, None, 3.0)
    assert state_of(guard) == "fading"
    guard.event(2, 3.8, control(0, 11, 20))
    guard.event(2, 3.9, note_on(0, 60, 40))
    guard.event(2, 4.9, note_off(0, 60))
    wire += guard.advance(30.0)
    assert state_of(guard) == "playing"
    off_s = [time_s for time_s, data in wire if data == control(0, 120, 0)]
    assert off_s == [pytest.approx(3.7)]
    assert not guard.sounding
    checked(wire, ("pause", 2.0))


def test_a_stop_after_playing_on_in_a_fade_is_obeyed() -> None:
    guard, _ = playing()
    guard.cue(2, Stop.PAUSE, 2.0)
    guard.advance(3.0)
    guard.cue(2, None, 3.0)
    guard.cue(3, Stop.SILENCE, 3.2)
    guard.advance(9.0)
    assert state_of(guard) == "silent"


def test_a_level_still_on_its_way_fades_from_where_it_is() -> None:
    guard, _ = playing()
    guard.event(1, 2.0, control(0, 11, 100))
    reached = levels(guard.advance(2.0))
    guard.cue(2, Stop.CRASH, 2.0)
    fading = levels(guard.advance(2.5))
    assert fading[-1] < reached[-1] * 0.8


def test_the_guardians_own_stop_is_counted() -> None:
    guard, wire = playing()
    guard.stop(Stop.SILENCE, 2.0, "panic")
    wire += guard.advance(9.0)
    assert (guard.silences, guard.why, guard.state) == (1, "panic", GuardState.SILENT)
    checked(wire, ("silence", 2.0))


# The heartbeat


def test_without_a_first_heartbeat_none_is_missed() -> None:
    guard, _ = playing()
    assert guard.advance(100.0) == []


def test_a_missing_heartbeat_fades_within_2_seconds() -> None:
    guard, wire = playing(beats=True)
    wire += guard.advance(2.999)
    assert state_of(guard) == "playing"
    wire += guard.advance(3.0)
    assert state_of(guard) == "fading"
    assert guard.silences == 0
    wire += guard.advance(9.0)
    assert quiet_s(wire) == 5.0
    assert (guard.silences, guard.why) == (1, "the engine stopped answering")
    checked(wire, ("heartbeat", 2.0))


def test_a_heartbeat_that_returns_brings_the_gain_back_slowly() -> None:
    guard, _ = playing(beats=True)
    falling = levels(guard.advance(4.0))
    assert falling[-1] == 14
    rising: Wire = []
    for tick in range(400):
        guard.beat(4.0 + tick / 10)
        rising += guard.advance(4.0 + tick / 10)
    assert state_of(guard) == "playing"
    assert guard.silences == 0
    assert levels(rising)[0] <= 15
    assert levels(rising)[-1] == 28
    assert levels(rising) == sorted(levels(rising))
    first_s = next(time_s for time_s, data in rising if data[2] == 28)
    assert first_s - 4.0 == pytest.approx(12.04 / 0.5, abs=0.2), "6 dB in values is 12 dB in level, at 0.5 dB/s"
    assert len(guard.sounding) == 2


def test_while_the_gain_comes_back_new_levels_are_scaled() -> None:
    guard, _ = playing(beats=True)
    guard.advance(4.0)
    guard.beat(4.0)
    guard.event(1, 4.2, control(0, 11, 26))
    assert levels(guard.advance(4.5))[-1] == 13


def test_a_heartbeat_after_the_end_changes_nothing() -> None:
    guard, _ = playing(beats=True)
    guard.advance(9.0)
    guard.beat(9.0)
    assert guard.advance(20.0) == []
    assert state_of(guard) == "silent"


def test_a_heartbeat_does_not_undo_a_stop() -> None:
    guard, _ = playing(beats=True)
    guard.advance(3.5)
    guard.stop(Stop.SILENCE, 3.5, "panic")
    guard.beat(3.6)
    assert state_of(guard) == "fading"
    guard.advance(4.3)
    assert state_of(guard) == "silent"


def test_playing_on_counts_as_a_heartbeat() -> None:
    guard = Guard(channels=(0,))
    guard.beat(0.0)
    guard.cue(1, None, 50.0)
    guard.advance(50.9)
    assert state_of(guard) == "playing"
    guard.advance(51.0)
    assert state_of(guard) == "fading"


def test_all_off_is_not_said_again_into_music_that_plays_on() -> None:
    guard, wire = playing()
    guard.cue(2, Stop.SILENCE, 2.0)
    wire += guard.advance(2.8)
    guard.cue(3, None, 2.8)
    guard.event(3, 2.9, control(0, 11, 20))
    guard.event(3, 2.9, note_on(0, 60, 40))
    later = guard.advance(20.0)
    assert [data for _, data in later] == [control(0, 11, 20), note_on(0, 60, 40)]
    checked(wire, ("silence", 2.0))


def test_a_guard_is_at_rest_when_all_off_was_said_twice() -> None:
    guard, _ = playing()
    guard.cue(2, Stop.SILENCE, 2.0)
    guard.advance(2.7)
    assert (guard.state, guard.at_rest) == (GuardState.SILENT, False)
    guard.advance(2.7 + AGAIN_S)
    assert guard.at_rest


# Limits


def test_a_breach_is_refused_and_counted_by_its_name() -> None:
    guard, _ = playing()
    breaches = [b"", note_on(0, 20, 40), note_on(0, 60, 40), note_on(0, 70, 90), control(0, 121, 0), bytes((0xC0, 4))]
    for data in breaches:
        guard.event(1, 2.5, data)
    assert guard.advance(3.0) == []
    names = ["malformed", "pitch", "already sounding", "velocity", "controller", "program while sounding"]
    assert guard.counts.refused == dict.fromkeys(names, 1)


def test_limits_may_be_narrower() -> None:
    guard = Guard(replace(OUTER, velocity=30, note_length_s=500.0))
    guard.cue(1, None, 0.0)
    guard.event(1, 1.0, note_on(0, 60, 31))
    guard.event(1, 1.0, note_on(0, 60, 30))
    guard.advance(120.9)
    assert guard.sounding == {(0, 60): 30}
    assert guard.advance(121.0) == [(121.0, note_off(0, 60))]
    assert guard.counts.refused == {"velocity": 1, "note length": 1}


def test_a_limited_controller_walks_on_to_the_asked_value() -> None:
    guard, _ = playing()
    guard.event(1, 2.0, control(0, 74, 40))
    guard.event(1, 3.0, control(0, 74, 95))
    walked = [(round(time_s, 2), data[2]) for time_s, data in guard.advance(9.0)]
    assert walked == [(2.0, 44), (2.1, 40), (3.0, 60), (3.1, 80), (3.2, 95)]
    assert guard.counts.refused == {"controller steps": 2}


def test_a_limited_level_walks_on_at_six_decibels_a_second() -> None:
    guard, wire = playing()
    guard.event(1, 2.5, control(0, 11, 40))
    walked = guard.advance(9.0)
    assert levels(walked)[-1] == 40
    assert guard.counts.refused == {"level rise": 1}
    guard.event(1, 9.5, note_off(0, 60))
    guard.event(1, 9.5, note_off(0, 64))
    checked(wire + walked + guard.advance(10.0))


def test_a_walk_ends_where_the_next_word_asks() -> None:
    guard, _ = playing()
    guard.event(1, 3.0, control(0, 74, 127))
    guard.event(1, 3.15, control(0, 74, 100))
    assert levels(guard.advance(9.0), 74)[-1] == 100


def test_an_unchanged_controller_is_not_sent_again() -> None:
    guard, _ = playing()
    guard.event(1, 2.5, control(0, 11, 28))
    assert guard.advance(3.0) == []
    assert not guard.counts.refused


def test_a_storm_of_refusals_ends_in_silence() -> None:
    guard, wire = playing()
    for index in range(51):
        guard.event(1, 3.0 + index / 10, note_on(0, 20, 40))
    wire += guard.advance(7.9)
    assert state_of(guard) == "playing"
    wire += guard.advance(20.0)
    assert state_of(guard) == "silent"
    assert guard.why == "too many messages broke the limits"
    checked(wire, ("crash", 8.0))


def test_refusals_far_apart_are_no_storm() -> None:
    guard, _ = playing()
    for index in range(200):
        guard.event(1, 3.0 + index * 0.201, note_on(0, 20, 40))
    guard.advance(60.0)
    assert state_of(guard) == "playing"


def test_what_cannot_be_read_counts_toward_a_storm() -> None:
    guard, _ = playing()
    for _ in range(51):
        guard.reject(2.0, "unreadable line")
    assert state_of(guard) == "fading"


@pytest.mark.parametrize("due_s", [float("nan"), float("inf"), float("-inf")])
def test_a_moment_that_never_comes_is_refused(due_s: float) -> None:
    guard, _ = playing()
    guard.event(1, due_s, note_on(0, 70, 40))
    assert guard.counts.refused == {"queue": 1}
    assert guard.advance(9.0) == []


def test_the_queue_has_an_end() -> None:
    guard, _ = playing()
    for _ in range(QUEUE_EVENTS + 1):
        guard.event(1, 1e6, note_on(0, 70, 40))
    assert guard.counts.refused == {"queue": 1}


# Lateness


@pytest.mark.parametrize(("late_s", "sent"), [(0.149, True), (0.151, False)])
def test_a_late_note_on_is_dropped_and_no_refusal(late_s: float, sent: bool) -> None:
    guard, _ = playing()
    guard.event(1, 3.0, note_on(0, 70, 40))
    assert guard.catch_up(3.0 + late_s) == ([(3.0 + late_s, note_on(0, 70, 40))] if sent else [])
    assert guard.counts.late == (not sent)
    assert not guard.counts.refused
    assert guard.counts.lateness.total == 2 + sent


def test_a_late_note_off_is_sent() -> None:
    guard, _ = playing()
    guard.event(1, 3.0, note_off(0, 60))
    assert guard.catch_up(3000.0)[0] == (3000.0, note_off(0, 60))


def test_after_a_stall_nothing_is_caught_up_with() -> None:
    guard, _ = playing()
    for index in range(40):
        guard.event(1, 2.1 + index / 4, note_on(0, 67 + index % 12, 40))
        guard.event(1, 2.2 + index / 4, note_off(0, 67 + index % 12))
    caught = guard.catch_up(22.0)
    assert not any(is_note_on(data) for _, data in caught)
    assert guard.counts.late == 40


def awake(guard: Guard, from_s: float, until_s: float) -> Wire:
    """The wall stands at ``from_s``, and goes on as smoothly as it does."""
    wire: Wire = []
    for step in range(round((until_s - from_s) * 50) + 1):
        wire += guard.catch_up(from_s + step / 50)
    return wire


@pytest.mark.parametrize("slept_from_s", [2.0, 2.1, 2.3, 2.5])
@pytest.mark.parametrize("stop", [Stop.SILENCE, Stop.PAUSE, Stop.CRASH])
def test_a_computer_that_sleeps_in_a_fade_fades_the_rest_when_it_wakes(stop: Stop, slept_from_s: float) -> None:
    guard, wire = playing()
    guard.stop(stop, 2.0, "told")
    before = guard.advance(slept_from_s)
    after = awake(guard, slept_from_s + 3600.0, slept_from_s + 3601.0)
    falling = [levels(wire + before)[-1], *levels(after)]
    assert all(0 <= one - then <= 2 for one, then in pairwise(falling))
    rest_s = 2.7 - slept_from_s if stop is Stop.SILENCE else 0.7
    assert quiet_s(after) == pytest.approx(slept_from_s + 3600.0 + rest_s, abs=0.021)
    assert not guard.sounding


@pytest.mark.parametrize("back_s", [2.15, 2.3, 2.45, 2.6, 2.69])
def test_a_stall_in_a_silence_is_no_cut_and_silence_comes_within_a_second_all_the_same(back_s: float) -> None:
    guard, wire = playing()
    guard.cue(2, Stop.SILENCE, 2.0)
    wire += guard.advance(2.02)
    after = awake(guard, back_s, 3.5)
    assert levels(wire)[-1] - levels(after)[0] <= 2
    assert quiet_s(after) <= 3.0
    checked(wire + after, ("silence", 2.0))


def test_a_long_fade_that_stalls_is_over_when_it_was_to_be() -> None:
    guard, wire = playing()
    guard.cue(2, Stop.END, 2.0)
    wire += guard.advance(4.0)
    after = awake(guard, 7.0, 11.0)
    assert levels(after)[0] == levels(wire)[-1] - 1
    assert quiet_s(after) == pytest.approx(10.0, abs=0.001)


def test_a_silence_asked_for_at_waking_goes_down_from_where_the_fade_stood() -> None:
    guard, wire = playing()
    guard.cue(2, Stop.END, 2.0)
    wire += guard.advance(4.0)
    guard.cue(3, Stop.SILENCE, 600.0)
    after = awake(guard, 600.0, 601.0)
    assert levels(wire)[-1] - levels(after)[0] <= 2
    assert quiet_s(after) == pytest.approx(600.7, abs=0.001)


def test_a_heartbeat_that_returns_at_waking_keeps_what_the_fade_had_left() -> None:
    guard, wire = playing(beats=True)
    wire += guard.advance(3.5)
    guard.beat(600.0)
    after = awake(guard, 600.0, 600.9)
    assert state_of(guard) == "playing"
    assert levels(wire)[-1] > 10
    assert min(levels(after), default=127) >= levels(wire)[-1] - 1


@pytest.mark.parametrize("stop", [Stop.SILENCE, Stop.PAUSE, Stop.CRASH])
@pytest.mark.parametrize("every_s", [0.05, 0.125, 0.2, 0.3, 0.5, 1.0, 5.0])
def test_stall_upon_stall_cannot_put_silence_off(stop: Stop, every_s: float) -> None:
    guard, wire = playing()
    guard.stop(stop, 2.0, "told")
    for turn in range(1, 400):
        wire += guard.catch_up(2.0 + turn * every_s)
    at_off = next(at_s for at_s, data in wire if is_note_off(data))
    assert at_off - 2.0 <= FADE_S[stop] + (0.3 if every_s < 0.5 else 2 * every_s)
    assert not guard.sounding


@given(st.lists(st.floats(0.001, 0.3), min_size=60, max_size=60))
def test_however_a_machine_stutters_a_fade_only_falls_and_ends(stalls_s: list[float]) -> None:
    guard, wire = playing()
    guard.cue(2, Stop.SILENCE, 2.0)
    now_s, after = 2.0, list[tuple[float, bytes]]()
    for stall_s in [*stalls_s, *[0.3] * 5]:
        now_s += stall_s
        after += guard.catch_up(now_s)
    falling = [levels(wire)[-1], *levels(after)]
    assert falling == sorted(falling, reverse=True)
    assert next(at_s for at_s, data in after if is_note_off(data)) <= 3.31


def test_what_a_start_tells_the_synth_is_kept_where_a_stall_holds_up_the_fade_before_it() -> None:
    guard, _ = playing()
    guard.cue(2, Stop.PAUSE, 2.0)
    guard.advance(9.9)
    guard.cue(2, None, 10.1)
    told = [control(0, 0, 1), bytes((0xC0, 89)), control(0, 10, 30), control(0, 91, 60)]
    for data in (*told, note_on(0, 60, 40)):
        guard.event(2, 10.2, data)
    sent = [data for _, data in awake(guard, 10.1, 12.0)]
    assert [data for data in sent if data in told] == told
    assert note_on(0, 60, 40) not in sent, "its moment was in the fade"


def test_a_stop_forgets_what_a_start_told_in_a_fade() -> None:
    guard, _ = playing()
    guard.cue(2, Stop.PAUSE, 2.0)
    guard.cue(2, None, 3.0)
    guard.event(2, 3.1, control(0, 10, 30))
    guard.advance(3.2)
    guard.cue(3, Stop.SILENCE, 3.3)
    guard.advance(6.0)
    guard.cue(3, None, 7.0)
    assert control(0, 10, 30) not in [data for _, data in guard.advance(9.0)]


def test_a_heartbeat_that_returns_when_the_fade_has_left_nothing_ends_in_a_silence_that_is_told() -> None:
    guard, _ = playing(beats=True)
    guard.advance(4.99)
    assert state_of(guard) == "fading"
    guard.beat(5.005)
    awake(guard, 5.005, 6.0)
    assert (state_of(guard), guard.silences) == ("silent", 1)


def test_a_gain_that_comes_back_is_not_hurried_by_a_stall() -> None:
    guard, wire = playing(beats=True)
    wire += guard.advance(4.0)
    for tenth in range(40, 45):
        guard.beat(tenth / 10)
        wire += guard.advance(tenth / 10)
    before = levels(wire)[-1]
    guard.beat(60.0)
    after = awake(guard, 60.0, 60.3)
    assert max(levels(after), default=before) <= before + 1


def test_time_never_goes_back_on_the_wire() -> None:
    guard, _ = playing()
    guard.event(1, 1.0, note_off(0, 60))
    assert guard.advance(2.5) == [(2.0, note_off(0, 60))]
    guard.event(1, 2.4, note_off(0, 64))
    assert guard.catch_up(1.0) == [(2.5, note_off(0, 64))]


# Outputs that come and go


def test_a_lost_output_is_silence_at_once() -> None:
    guard, _ = playing()
    guard.lose(2.5, "the cable is out")
    assert guard.advance(9.0) == []
    assert guard.restore()[:2] == [note_off(0, 60), note_off(0, 64)]
    assert (guard.state, guard.why, guard.silences) == (GuardState.SILENT, "the cable is out", 1)
    assert not guard.sounding


def test_what_an_heir_inherits_while_the_output_is_away_is_ended_when_it_is_back() -> None:
    guard = Guard()
    guard.inherit(5.0, [(0, 60), (3, 40)])
    guard.lose(5.0, "the cable is out")
    guard.advance(9.0)
    assert guard.restore()[:2] == [note_off(0, 60), note_off(3, 40)]


def test_a_returned_output_is_told_everything_and_stays_silent() -> None:
    guard = Guard()
    guard.cue(1, None, 0.0)
    for data in (
        control(2, 0, 1),
        control(2, 32, 5),
        bytes((0xC2, 90)),
        control(2, 10, 70),
        control(2, 11, 20),
        note_on(2, 60, 40),
    ):
        guard.event(1, 1.0, data)
    guard.advance(2.0)
    guard.lose(3.0, "gone")
    assert guard.restore() == [
        note_off(2, 60),
        control(2, 11, 0),
        control(2, 0, 1),
        control(2, 32, 5),
        bytes((0xC2, 90)),
        control(2, 11, 0),
        control(2, 10, 70),
        control(2, 64, 0),
        control(2, 64, 0),
        control(2, 123, 0),
        control(2, 120, 0),
        control(2, 11, 0),
    ]


def test_an_heir_first_ends_the_notes_it_inherits() -> None:
    guard = Guard(channels=(0,))
    guard.inherit(5.0, [(0, 60), (3, 40)])
    wire = guard.advance(5.0)
    assert [data for _, data in wire[:2]] == [note_off(0, 60), note_off(3, 40)]
    assert {data for _, data in wire[2:]} == {
        control(channel, number, 0) for channel in (0, 3) for number in (64, 123, 120, 11)
    }
    assert state_of(guard) == "silent"
    assert [data for _, data in guard.advance(9.0)] == [data for _, data in wire]


def test_controllers_that_a_stall_delayed_go_on_to_the_last_one_and_are_no_refusals() -> None:
    guard, _ = playing()
    for index in range(80):
        guard.event(1, 2.1 + index / 10, control(0, 74, 64 + 40 * (index % 2)))
    guard.catch_up(12.0)
    guard.advance(13.0)
    assert guard.counts.refused.total() == 0
    assert guard._limiter.value(0, 74) == 104


def test_a_stop_that_is_asked_for_again_and_again_takes_its_time() -> None:
    guard, wire = playing()
    after: Wire = []
    for tenth in range(20, 100):
        guard.cue(tenth, Stop.PAUSE, tenth / 10)
        after += guard.advance(tenth / 10)
    after += guard.advance(12.0)
    assert quiet_s(after) == 10.0
    fell = [before - value for before, value in pairwise([levels(wire)[-1], *levels(after)])]
    assert max(fell) <= 1


def test_a_punctual_controller_that_stands_too_near_to_a_delayed_one_is_no_refusal() -> None:
    guard, _ = playing()
    guard.event(1, 2.1, control(0, 74, 60))
    guard.event(1, 2.2, control(0, 74, 40))
    guard.event(1, 2.54, control(0, 74, 60))
    guard.catch_up(2.5)
    guard.advance(3.4)
    assert guard.counts.refused.total() == 0
    assert guard._limiter.value(0, 74) == 60
    crowd_s = 1.0 + 2.0 * (2.5 - 2.1)
    guard.event(1, 2.5 + crowd_s, control(0, 74, 30))
    guard.advance(5.0)
    assert guard.counts.refused == {"controller steps": 1}
