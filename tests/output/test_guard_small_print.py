"""The guard's small print: its counts and words, the edges of its windows, what it keeps for whoever comes after."""

import math
from dataclasses import replace

import pytest

from engine.knobs import Knobs, Softest
from engine.limiter import Limiter
from engine.limits import JUST_S, OUTER, Limits
from engine.midi import control, note_off, note_on
from engine.output.cues import Stop
from engine.output.gain import Fade, Return
from engine.output.guard import Guard
from engine.output.lateness import EDGES_MS, Lateness, told
from tests.output.test_guard import levels, playing, state_of


def test_it_says_why_it_is_as_it_is() -> None:
    guard = Guard()
    assert (guard.why, guard.epoch) == ("waiting for play on", 0)
    guard.cue(1, None, 0.0)
    assert guard.why == "playing"
    beating, _ = playing(beats=True)
    beating.advance(3.5)
    beating.beat(3.6)
    assert beating.why == "the engine stood still for a moment and is back; the music comes back slowly"


def test_its_own_silences_add_up() -> None:
    guard, _ = playing()
    for count, at_s in enumerate((3.0, 4.0, 5.0), 1):
        guard.stop(Stop.SILENCE, at_s, "panic")
        assert guard.silences == count
    guard.lose(9.0, "gone")
    assert guard.silences == 4


def test_what_cannot_be_judged_is_counted_by_its_name() -> None:
    guard = Guard()
    guard.event(0, math.inf, note_on(0, 60, 40))
    guard.event(0, math.nan, note_on(0, 60, 40))
    guard.reject(1.0, "unreadable line")
    assert guard.counts.refused == {"queue": 2, "unreadable line": 1}


def test_what_was_sent_and_what_was_not_is_counted_one_by_one() -> None:
    guard, wire = playing()
    assert guard.counts.sent == len(wire)
    for pitch in (90, 91, 92):
        guard.event(1, 2.1, note_off(0, pitch))
    guard.advance(2.2)
    assert guard.counts.discarded == 3


def test_a_note_ends_once() -> None:
    guard, _ = playing()
    for _ in range(2):
        guard.event(1, 2.1, note_off(0, 60))
    assert guard.advance(2.2) == [(2.1, note_off(0, 60))]


def test_lateness_is_told_in_milliseconds_and_of_notes_that_left() -> None:
    guard, _ = playing()
    assert guard.counts.lateness.worst_ms == 0.0
    guard.event(1, 3.0, note_on(0, 70, 40))
    guard.event(1, 3.0, note_on(0, 71, 127))
    guard.catch_up(3.1)
    assert guard.counts.lateness.total == 3
    assert guard.counts.lateness.worst_ms == pytest.approx(100.0, abs=1e-6)


def test_the_histogram_tells_shares_and_the_worst() -> None:
    lateness = Lateness()
    assert lateness.at_most_ms(0.99) == 0.0
    for late_s in (0.00004, 0.0015, 0.0015, 0.3):
        lateness.add(late_s)
    assert (lateness.at_most_ms(0.25), lateness.at_most_ms(0.5), lateness.at_most_ms(1.0)) == (EDGES_MS[0], 2.0, 300.0)
    lateness.add(0.0001)
    assert lateness.worst_ms == 300.0
    one_each = Lateness()
    for late_s in (0.00004, 0.0015):
        one_each.add(late_s)
    assert one_each.at_most_ms(1.0) == 2.0


def test_lateness_is_a_sentence() -> None:
    counts = [0, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 1]
    report: dict[str, object] = {"lateness": counts, "worst_late_ms": 151.26, "late": 2}
    assert told(report) == (
        "99 % of 100 notes left within 1 ms of their moment, the latest 151.3 ms after it; "
        "2 more came too late and were left out."
    )
    assert told(report | {"late": 0, "worst_late_ms": 3}) == (
        "99 % of 100 notes left within 1 ms of their moment, the latest 3.0 ms after it."
    )
    assert told(report | {"lateness": [0] * 13}) is None
    assert told({"lateness": counts}) is None
    all_beyond = told(report | {"lateness": [0] * 12 + [5]})
    assert str(all_beyond).startswith("All 5 notes left within 151.26 ms of their moment")


def test_at_150_ms_a_note_is_late_enough_to_go_and_at_50_a_controller_is_not_yet_in_a_crowd() -> None:
    guard = Guard(channels=(0,))
    guard.cue(1, None, 0.0)
    guard.event(1, 0.0, note_on(0, 60, 40))
    guard.event(1, 0.0, control(0, 74, 127))
    guard.catch_up(0.05)
    assert guard.counts.refused == {"controller steps": 1}
    guard.event(1, 0.0, note_on(0, 64, 40))
    guard.catch_up(0.15)
    assert guard.counts.late == 0


def test_ten_seconds_later_refusals_are_forgotten() -> None:
    guard, _ = playing()
    for _ in range(50):
        guard.reject(2.0, "unreadable line")
    guard.reject(12.0, "unreadable line")
    assert state_of(guard) == "playing"


def test_a_heartbeat_does_not_undo_what_a_person_asked_in_the_fade_for_want_of_it() -> None:
    guard, _ = playing(beats=True)
    guard.advance(3.2)
    assert state_of(guard) == "fading"
    guard.cue(2, None, 3.2)
    guard.beat(3.25)
    assert state_of(guard) == "fading"
    guard.advance(5.0)
    assert (state_of(guard), guard.epoch) == ("fading", 2), "a second without a heartbeat, counted from the new start"


def test_an_heir_ends_notes_at_once_and_keeps_its_word() -> None:
    guard = Guard(channels=(0, 1))
    guard.inherit(5.0, [(0, 60)])
    wire = guard.advance(5.0)
    assert wire[0] == (5.0, note_off(0, 60))
    assert {time_s for time_s, _ in wire} == {5.0}
    assert guard.why == "waiting for play on"


def test_an_output_lost_twice_is_still_told_the_end_of_its_notes() -> None:
    guard, _ = playing()
    guard.lose(3.0, "gone")
    guard.lose(10.0, "gone")
    assert guard.restore()[:2] == [note_off(0, 60), note_off(0, 64)]


def test_a_returned_output_is_told_both_banks_and_the_program_of_its_channel() -> None:
    guard = Guard()
    guard.cue(1, None, 0.0)
    patches = [bytes((0xC1, 9)), control(1, 0, 5), control(1, 32, 5)]
    for data in patches:
        guard.event(1, 0.1, data)
    guard.advance(0.2)
    guard.lose(1.0, "gone")
    assert [data for data in guard.restore() if data in patches] == patches


def test_in_silence_and_after_a_walk_there_is_nothing_to_wake_for() -> None:
    silent = Guard()
    silent.cue(1, None, 0.0)
    silent.stop(Stop.SILENCE, 0.1, "panic")
    silent.advance(0.81)
    assert silent.at_rest
    assert silent.next_due_s == math.inf
    guard, _ = playing()
    guard.event(1, 2.1, control(0, 74, 127))
    guard.advance(10.0)
    assert guard.next_due_s > 100.0, "the oldest note's own end"


def test_a_shorter_stop_goes_on_from_where_the_fade_is() -> None:
    guard, wire = playing()
    guard.cue(2, Stop.END, 2.0)
    before = levels(guard.advance(6.0))
    guard.cue(3, Stop.SILENCE, 6.0)
    after = levels(guard.advance(6.05))
    assert before[-1] - 2 <= min(after or before) <= before[-1]
    assert levels(wire)[-1] > before[-1]


def test_the_gain_is_never_more_than_it_was_nor_less_than_nothing() -> None:
    fade = Fade(10.0, 0.5, 2.0)
    assert [fade.at(at_s) for at_s in (9.0, 10.0, 11.0, 12.0, 13.0)] == [0.5, 0.5, 0.25, 0.0, 0.0]
    assert Fade(10.0, 0.5, 0.0).at(10.0) == 0.0
    back = Return(10.0, 0.5)
    assert (back.at(9.0), back.at(10.0), back.at(1000.0)) == (0.5, 0.5, 1.0)


def test_the_softest_moment_of_the_last_second_counts_wherever_it_lies() -> None:
    limiter = Limiter(OUTER)
    for at_s, value in ((100.0, 100), (102.0, 85), (102.1, 70), (102.2, 55), (102.3, 74)):
        assert limiter.refusal(at_s, control(0, 11, value)) is None
        limiter.accept(at_s, control(0, 11, value))
    assert limiter.refusal(102.4, control(0, 11, 90)) == "level rise"
    assert limiter.refusal(103.31, control(0, 11, 90)) is None


def test_steps_add_up_over_the_last_tenth_of_a_second() -> None:
    limiter = Limiter(OUTER)
    limiter.accept(100.0, note_on(0, 60, 40))
    for at_s, value in ((100.0, 64), (101.0, 74), (101.02, 79), (101.04, 84)):
        limiter.accept(at_s, control(0, 74, value))
    assert limiter.refusal(101.05, control(0, 74, 85)) == "controller steps"


def test_a_switch_goes_all_the_way_down_on_a_sounding_channel() -> None:
    limiter = Limiter(OUTER)
    limiter.accept(0.0, control(0, 64, 127))
    limiter.accept(0.1, note_on(0, 60, 40))
    assert limiter.refusal(0.2, control(0, 64, 0)) is None


def test_volume_rises_by_what_expression_leaves() -> None:
    limiter = Limiter(OUTER)
    limiter.accept(0.0, control(0, 7, 40))
    limiter.accept(0.0, control(0, 11, 60))
    limiter.accept(0.1, note_on(0, 60, 40))
    assert limiter.refusal(5.0, control(0, 7, 55)) is None
    assert limiter.refusal(5.0, control(0, 7, 58)) == "level rise"


def test_a_velocity_of_one_is_a_note() -> None:
    narrow = Limits(**{**{name: getattr(OUTER, name) for name in OUTER.__slots__}, "velocity": 1})
    assert Limiter(narrow).nearest(0.0, note_on(0, 60, 40)) == note_on(0, 60, 1)


def test_a_note_off_that_a_lost_output_may_have_missed_is_said_again_on_its_return() -> None:
    guard, _ = playing()
    guard.event(1, 4.0, note_off(0, 60))
    guard.advance(4.0)
    guard.lose(5.0, "gone")
    assert note_off(0, 60) in guard.restore()


def test_what_ended_in_the_last_three_seconds_is_said_again_whatever_ended_since() -> None:
    guard, _ = playing()
    guard.event(1, 2.0, note_off(0, 60))
    guard.advance(2.0)
    guard.event(1, 5.0, note_off(0, 64))
    guard.advance(5.0)
    guard.lose(5.0, "gone")
    assert guard.restore()[:2] == [note_off(0, 60), note_off(0, 64)]


def test_what_was_inherited_is_kept_for_an_output_that_is_away() -> None:
    guard = Guard(channels=(0,))
    guard.inherit(1.0, [(0, 60)])
    guard.inherit(2.0, [(0, 64)])
    guard.lose(10.0, "gone")
    assert guard.restore()[:2] == [note_off(0, 60), note_off(0, 64)]


# the limiter's edges, to the last bit


def test_a_window_ends_at_its_edge() -> None:
    second, cluster, steps = 5.0 - 1.0 + JUST_S, 5.0 - 0.05 + JUST_S, 5.0 - 0.1 + JUST_S
    one_a_second, one_at_once = replace(OUTER, note_ons_per_s=1), replace(OUTER, cluster_notes=1)
    for limits, at_s in ((one_a_second, second), (one_at_once, cluster)):
        limiter = Limiter(limits)
        limiter.accept(at_s, note_on(0, 60, 40))
        assert limiter.refusal(5.0, note_on(0, 64, 40)) is None
    for limits, at_s in ((replace(OUTER, controllers_per_s=1), second), (OUTER, steps)):
        limiter = Limiter(limits)
        limiter.accept(0.0, note_on(0, 60, 40))
        limiter.accept(at_s, control(0, 74, 84))
        assert limiter.refusal(5.0, control(0, 74, 104)) is None


def test_a_level_counts_for_a_second_and_not_longer() -> None:
    softest, edge_s = Softest(), 5.0 - 1.0 - JUST_S
    softest.add(0.0, -10.0)
    softest.add(edge_s, -2.0)
    assert softest.at(5.0) == -2.0


def test_a_note_struck_again_is_as_young_as_its_last_stroke() -> None:
    limiter = Limiter(OUTER)
    for at_s, pitch in ((0.0, 60), (1.0, 64), (2.0, 60)):
        limiter.accept(at_s, note_on(0, pitch, 40))
    assert limiter.next_overdue_s == 1.0 + OUTER.note_length_s


def test_volume_is_turned_as_far_as_expression_leaves() -> None:
    limiter = Limiter(OUTER)
    limiter.accept(0.0, control(0, 7, 40))
    limiter.accept(0.0, control(0, 11, 60))
    limiter.accept(0.1, note_on(0, 60, 40))
    assert limiter.nearest(5.0, control(0, 7, 127)) == control(0, 7, 56)


def test_a_step_is_left_where_no_rise_is() -> None:
    limiter = Limiter(replace(OUTER, level_rise_db=0.0, level_step=1))
    limiter.accept(0.0, control(0, 11, 60))
    limiter.accept(0.1, note_on(0, 60, 40))
    assert limiter.nearest(5.0, control(0, 11, 90)) == control(0, 11, 61)


def test_a_switch_turns_all_the_way() -> None:
    assert Knobs(OUTER, {}).nearest(0.0, 0, 64, 127) == 127


def test_what_a_silent_channel_is_told_first_counts_for_nothing() -> None:
    limiter = Limiter(replace(OUTER, controllers_per_s=1))
    for number in (74, 71):
        limiter.accept(0.0, control(0, number, 70))
    limiter.accept(0.1, note_on(0, 60, 40))
    assert limiter.refusal(0.2, control(0, 74, 71)) is None
    limiter.accept(0.2, control(0, 72, 70))
    assert limiter.refusal(0.3, control(0, 74, 71)) == "controllers in a second"


@pytest.mark.parametrize(("number", "first", "furthest"), [(74, 70, 84), (1, 10, 20)])
def test_steps_are_counted_from_what_a_synth_holds_before_it_is_told(number: int, first: int, furthest: int) -> None:
    limiter = Limiter(OUTER)
    limiter.accept(0.0, note_on(0, 60, 40))
    limiter.accept(1.0, control(0, number, first))
    assert limiter.refusal(1.01, control(0, number, furthest)) is None
    assert limiter.refusal(1.01, control(0, number, furthest + 1)) == "controller steps"


def test_a_controller_without_a_value_of_its_own_begins_at_nothing() -> None:
    limiter = Limiter(OUTER)
    limiter.accept(0.0, note_on(0, 60, 40))
    assert limiter.refusal(1.0, control(0, 1, 20)) is None
    assert limiter.refusal(1.0, control(0, 1, 21)) == "controller steps"


def test_a_level_begins_anew_with_the_first_value_of_a_silent_channel() -> None:
    limiter = Limiter(OUTER)
    limiter.accept(0.0, control(0, 11, 20))
    limiter.accept(0.1, control(0, 7, 127))
    limiter.accept(0.1, note_on(0, 60, 40))
    assert limiter.refusal(0.2, control(0, 11, 28)) is None
