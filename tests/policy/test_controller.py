"""Stories of a treatment room, as the controller lives them."""

import statistics
import time
from dataclasses import replace
from functools import partial

import pytest

from engine.affect.estimate import ArousalState, Estimate, Grade, Route, no_estimate
from engine.inputs import Act
from engine.midi import TICKS_PER_SECOND
from engine.policy.controller import Controller
from engine.policy.words import limits_in_words
from generators.score import Intent
from tests.policy.hearts import Room, Story, alarmed, calm, heard, infusion, level_arc, phase, profile

ELEVATED: Story = partial(heard, arousal=1.0, state=ArousalState.ELEVATED)


def lost_at(start_s: float) -> Story:
    """A strap that is gone since then."""
    return lambda now_s: heard(
        now_s, confidence=0.0, data_age_s=now_s - start_s, quality=0.0, state=ArousalState.COASTING
    )


def is_no_livelier(after: Intent, before: Intent) -> bool:
    """True where nothing in ``after`` is quicker, denser, louder, brighter or higher."""
    return all(
        getattr(after, name) <= getattr(before, name)
        for name in ("tempo_bpm", "density", "level_db", "brightness", "register_top", "velocity_high", "tension")
    )


# the response's figures


def test_lead_answers_a_step_within_the_times_it_promises() -> None:
    room = Room(level_arc())
    before = room.live(300)
    table = {after_s: room.live(after_s - (room.now_s - 300), alarmed) for after_s in (180, 330)}
    assert table[180].tempo_bpm <= 0.75 * before.tempo_bpm
    assert table[180].density <= 0.30 * before.density
    assert table[180].level_db <= before.level_db - 4
    assert table[330].tempo_bpm == pytest.approx(before.tempo_bpm * (1 - 0.36))


@pytest.mark.parametrize("name", ["tempo_bpm", "density", "level_db", "brightness", "register_top", "velocity_high"])
def test_the_way_back_takes_at_least_three_times_as_long(name: str) -> None:
    room = Room(level_arc())
    before, start_s = getattr(room.live(300), name), room.now_s
    lowest = getattr(room.live(600, alarmed), name)
    fall_s = seconds_until(Room(level_arc()), name, lowest, after_s=300, story=alarmed)
    back_s = next(room.now_s - start_s - 600 for intent in room.ticks(3600) if getattr(intent, name) >= before - 1e-9)
    assert back_s >= 3 * fall_s


def seconds_until(room: Room, name: str, value: float, *, after_s: float, story: Story) -> float:
    """How long the story takes to bring one value down to there."""
    room.live(after_s)
    return next(room.now_s - after_s for intent in room.ticks(3600, story) if getattr(intent, name) <= value)


def test_the_calm_end_lies_where_the_table_says() -> None:
    room = Room(level_arc())
    room.live(300)
    intent = room.live(600, alarmed)
    assert 34 <= intent.tempo_bpm <= 58 * 0.7
    assert intent.density <= 0.3 * 0.75
    assert (intent.register_top, intent.breath_per_min, intent.calm) == (67, 5.2, 1.0)
    assert (intent.velocity_low, intent.velocity_high) == (28, 42)
    assert 30 <= intent.brightness <= 45


def test_no_tempo_falls_under_the_floor() -> None:
    slow = profile(arc={"none": [phase("plateau", 60, tempo_bpm=44.0)]}, calm={"tempo_share": 0.4})
    room = Room(slow)
    assert min(intent.tempo_bpm for intent in room.ticks(900, alarmed)) == pytest.approx(34.0)


# never louder in distress


def test_nothing_grows_louder_while_arousal_is_rising_or_elevated() -> None:
    for state in (ArousalState.RISING, ArousalState.ELEVATED):
        room = Room(level_arc())
        softest = room.live(300, alarmed).level_db
        bound = room.live(300, partial(heard, state=state))
        assert (bound.level_db, bound.may_grow) == (softest, False)
        assert room.live(60).level_db > softest


def test_an_arc_that_rises_waits_for_distress_to_pass() -> None:
    rising = profile(arc={"none": [phase("arrival", 5, level_db=-14.0), phase("plateau", 60)]})
    room = Room(rising)
    levels = [intent.level_db for intent in room.ticks(120, partial(heard, state=ArousalState.ELEVATED))]
    assert max(levels) == -14.0


# the arc's clock


def test_with_no_drug_the_clock_waits_for_a_baseline() -> None:
    room = Room(profile())
    room.live(200, partial(heard, baseline=Grade.NONE))
    assert (room.controller.phase, room.controller.phase_left_s) == ("arrival", None)
    room.live(0.05)
    assert room.controller.phase == "plateau"


def test_with_no_drug_a_baseline_is_given_up_after_ten_minutes() -> None:
    room = Room(profile())
    room.live(599.95, no_estimate)
    assert room.controller.phase == "arrival"
    room.live(0.05, no_estimate)
    assert room.controller.phase == "plateau"


def test_with_staff_alone_arrival_lasts_as_written_and_nothing_coasts() -> None:
    room = Room(profile(), staff_only=True)
    room.live(299.9, ELEVATED)
    assert room.controller.phase == "arrival"
    intent = room.live(1, ELEVATED)
    assert (room.controller.phase, room.controller.offset, intent.may_grow) == ("plateau", 0.0, True)


def test_with_a_drug_the_clock_waits_for_the_dose() -> None:
    room = Room(infusion(), Route.IV)
    room.live(900)
    assert room.controller.phase == "arrival"
    room.press(Act.DOSE)
    room.live(60)
    assert room.controller.phase == "onset"
    assert room.controller.phase_left_s == pytest.approx(540)


def test_a_late_dose_mark_does_not_start_the_arc_again() -> None:
    room = Room(infusion(), Route.IV)
    room.press(Act.NEXT_PHASE)
    room.live(700)
    room.press(Act.DOSE)
    room.live(1)
    assert room.controller.phase == "ascent"


def test_extend_names_its_minutes_or_means_five() -> None:
    room = Room(infusion(), Route.IV)
    room.press(Act.DOSE)
    room.press(Act.EXTEND, 2.0)
    room.press(Act.EXTEND)
    room.live(0.05)
    assert room.controller.phase_left_s == pytest.approx(17 * 60, abs=0.1)


def test_the_clock_runs_through_a_gap_but_not_through_a_stay() -> None:
    through, stayed = Room(infusion(), Route.IV), Room(infusion(), Route.IV)
    for room in (through, stayed):
        room.press(Act.DOSE)
        room.live(60)
    stayed.press(Act.STAY)
    for room in (through, stayed):
        room.controller.resume(660)
        room.live(0.05)
    assert (through.controller.phase, stayed.controller.phase) == ("ascent", "onset")
    assert stayed.controller.phase_left_s == 540


def test_a_new_phase_is_walked_to_never_jumped_to() -> None:
    room = Room(profile())
    last = room.live(10, partial(heard, baseline=Grade.NONE))
    for intent in room.ticks(400):
        assert abs(intent.tempo_bpm - last.tempo_bpm) < 0.01
        assert abs(intent.level_db - last.level_db) <= 0.1 + 1e-9
        assert abs(intent.register_top - last.register_top) <= 1 / 300 + 1e-9
        last = intent


# staff


def test_ease_is_in_force_in_the_next_tick_with_no_heart_at_all() -> None:
    room = Room(profile(), staff_only=True)
    before = room.live(30, lambda _: None)
    room.press(Act.EASE)
    after = room.live(0.05, lambda _: None)
    assert (room.controller.staff_offset, room.controller.offset) == (0.25, 0.25)
    assert after.tempo_bpm < before.tempo_bpm
    assert after.level_db < before.level_db


def test_the_larger_of_staff_and_heart_counts() -> None:
    room = Room(level_arc())
    offsets = []
    for arousal in (0.2, 0.6, 1.0):
        room.press(Act.EASE)
        room.live(1, partial(heard, arousal=arousal))
        offsets.append((room.controller.staff_offset, room.controller.sensor_offset, room.controller.offset))
    assert offsets == [(0.25, 0.0, 0.25), (0.5, pytest.approx(0.5), pytest.approx(0.5)), (0.75, 1.0, 1.0)]


def test_lighter_gives_back_what_ease_took() -> None:
    room = Room(level_arc())
    before = room.live(400)
    room.press(Act.EASE)
    room.live(300)
    room.press(Act.LIGHTER)
    assert room.live(900) == before


def test_a_ceiling_holds_whatever_the_heart_says() -> None:
    room = Room(level_arc())
    room.live(300)
    room.press(Act.CEILING, 0.4)
    intent = room.live(600)
    assert room.controller.offset == pytest.approx(0.6)
    assert intent.density == pytest.approx(0.75 * (1 - 0.74 * 0.6))
    assert "ceiling" in limits_in_words(room.controller.standing)


def test_stay_freezes_the_intent_against_heart_and_arc() -> None:
    room = Room(infusion(), Route.IV)
    room.press(Act.DOSE)
    frozen = room.live(120)
    room.press(Act.STAY)
    assert all(replace(intent, may_grow=True) == frozen for intent in room.ticks(1200, ELEVATED))
    assert room.controller.phase == "onset"
    assert room.controller.phase_left_s == pytest.approx(480)
    room.press(Act.MOVE_ON)
    assert room.live(60, ELEVATED).tempo_bpm < frozen.tempo_bpm


def test_ease_acts_within_a_stay_and_nothing_rises_before_move_on() -> None:
    room = Room(level_arc())
    frozen = room.live(300)
    room.press(Act.STAY)
    room.live(60, alarmed)
    room.press(Act.EASE)
    eased = room.live(300, alarmed)
    assert eased.level_db == pytest.approx(frozen.level_db - 1.25)
    room.press(Act.LIGHTER)
    assert room.live(300) == eased
    room.press(Act.MOVE_ON)
    assert room.live(900) == frozen


def test_a_second_stay_changes_nothing() -> None:
    room = Room(level_arc())
    frozen = room.live(300)
    room.press(Act.STAY)
    room.press(Act.EASE)
    room.press(Act.STAY)
    assert room.live(60).density < frozen.density


# faults


def test_a_lost_strap_is_not_heard_as_distress_or_relief() -> None:
    room = Room(level_arc())
    before = room.live(600, partial(heard, arousal=0.6))
    after = room.live(300, lost_at(600))
    assert after == before


def test_a_lost_strap_in_calm_goes_gently_to_rest() -> None:
    room = Room(level_arc())
    last = room.live(600)
    for intent in room.ticks(300, lost_at(600)):
        assert is_no_livelier(intent, last)
        assert last.level_db - intent.level_db <= 0.1 + 1e-9
        last = intent
    assert room.controller.offset == 0.4


def test_while_coasting_the_arc_only_falls() -> None:
    up = profile(
        arc={"none": [phase("arrival", 5), phase("onset", 12, tempo_bpm=50.0, density=0.4), phase("plateau", 60)]}
    )
    room = Room(up)
    last = room.live(700)
    for intent in room.ticks(200, lost_at(700)):
        assert is_no_livelier(intent, last)
        last = intent
    assert room.controller.phase == "plateau"
    assert room.live(600).tempo_bpm > last.tempo_bpm


def test_a_recovery_under_way_waits_until_the_strap_is_back() -> None:
    room = Room(level_arc())
    room.live(300, alarmed)
    room.live(100)
    last = room.live(0.05)
    for intent in room.ticks(60, lost_at(room.now_s - 11)):
        assert is_no_livelier(intent, last)
        last = intent


def test_a_person_may_lighten_while_the_strap_is_lost() -> None:
    room = Room(level_arc())
    for _ in range(4):
        room.press(Act.EASE)
    room.live(600)
    lost = lost_at(600)
    before = room.live(60, lost)
    room.press(Act.LIGHTER)
    assert room.live(60, lost).density > before.density


def test_after_a_restart_good_data_count_anew() -> None:
    room = Room(level_arc())
    room.live(60, alarmed)
    room.live(45)
    before = room.controller.sensor_offset
    assert before < 1.0
    room.controller.resume(3.0)
    room.live(19)
    assert room.controller.sensor_offset == before
    room.live(10)
    assert room.controller.sensor_offset < before


def test_another_profile_is_walked_to() -> None:
    room = Room(level_arc())
    before = room.live(300)
    room.controller.reconfigure(
        profile(response="steady", rest_offset=0.1, arc={"none": [phase("plateau", 60, density=0.3)]})
    )
    first = room.live(0.05, alarmed)
    assert before.density - first.density < 0.001
    assert room.live(600, alarmed).density == 0.3
    assert room.controller.phase == "plateau"


# cost


def test_a_step_costs_little_more_than_the_intent_it_gives() -> None:
    """An hour is 72,000 steps, under 0.4 s on a quiet machine; a busy one slows both sides alike."""
    room = Room(profile())
    story = [heard(second, 1.0 if second // 300 % 2 else 0.0) for second in range(3600)]
    intent, ratios = room.live(0.05), []
    for start in range(0, 3600, 600):
        began_s = time.process_time()
        for tick in range(start * TICKS_PER_SECOND, (start + 600) * TICKS_PER_SECOND):
            room.controller.step(tick * 0.05, story[tick // TICKS_PER_SECOND], playing=True)
        stepped_s = time.process_time()
        for _ in range(600 * TICKS_PER_SECOND):
            replace(intent, calm=0.5)
        ratios.append((stepped_s - began_s) / (time.process_time() - stepped_s))
    assert statistics.median(ratios) < 2.0


def test_the_same_story_gives_the_same_intents() -> None:
    def wave(now_s: float) -> Estimate:
        return heard(now_s, (now_s % 97) / 97, confidence=(now_s % 31) / 31)

    assert list(Room(profile()).ticks(300, wave)) == list(Room(profile()).ticks(300, wave))


def test_calm_and_trusted_music_is_the_arcs_own() -> None:
    intent = Room(level_arc()).live(600, calm)
    assert (intent.tempo_bpm, intent.density, intent.level_db, intent.calm) == pytest.approx((58.0, 0.75, -9.5, 0.0))


# taking back


def test_a_ceiling_taken_back_is_as_if_never_said() -> None:
    room = Room(level_arc())
    room.live(300)
    room.press(Act.CEILING, 0.4)
    room.live(1)
    room.controller.take_back(Act.CEILING, room.now_s)
    assert room.controller.standing.data_age_s < 2.0
    room.live(0.05)
    assert (room.controller.ceiling, room.controller.offset) == (1.0, 0.0)


def test_a_ceiling_taken_back_lightens_also_while_the_strap_is_lost() -> None:
    room = Room(level_arc())
    room.press(Act.CEILING, 0.0)
    room.live(600)
    lost = lost_at(600)
    before = room.live(60, lost)
    room.controller.take_back(Act.CEILING, room.now_s)
    assert room.live(60, lost).density > before.density


@pytest.mark.parametrize("act", [Act.NEXT_PHASE, Act.DOSE])
def test_a_phase_or_a_dose_taken_back_leaves_the_arc_where_it_would_be(act: Act) -> None:
    room = Room(infusion(), Route.IV)
    if act is Act.NEXT_PHASE:
        room.press(Act.DOSE)
    room.live(60)
    before = room.controller.phase
    room.press(act)
    room.live(10)
    assert room.controller.phase != before
    room.controller.take_back(Act.CUFF, room.now_s)
    assert room.controller.phase != before
    room.controller.take_back(act, room.now_s)
    assert room.controller.phase == before
    assert room.controller.phase_left_s == (pytest.approx(530) if act is Act.NEXT_PHASE else None)


# another profile


def test_another_profiles_response_and_rest_count_from_now_on_on_the_same_route() -> None:
    room = Room(infusion(), Route.IV)
    room.press(Act.DOSE)
    room.live(60)
    room.controller.reconfigure(infusion().model_copy(update={"response": "companion", "rest_offset": 0.1}))
    assert room.controller.phase == "onset"
    intent = room.live(120, alarmed)
    assert (room.controller.offset, intent.calm) == (1.0, 0.0), "it softens and keeps its harmony"
    calm = Room(level_arc())
    calm.live(600)
    calm.controller.reconfigure(level_arc(rest_offset=0.1))
    calm.live(300, lost_at(600))
    assert calm.controller.offset == 0.1


# what holds before anything was heard


def test_before_its_first_tick_it_stands_at_the_arc_and_says_so() -> None:
    controller = Controller(profile(), Route.NONE)
    assert controller.intent.may_grow
    standing = controller.standing
    assert (standing.playing, standing.aroused, standing.estimate) == (False, False, None)
    controller.take_back(Act.NEXT_PHASE, 0.0)
    assert controller.phase == "arrival"


def test_stay_before_anything_was_heard_stays_at_the_arc() -> None:
    room, free = Room(level_arc()), Room(level_arc())
    room.press(Act.STAY)
    assert room.live(60, alarmed) == free.live(60)
    for each in (room, free):
        each.press(Act.EASE)
    assert room.live(300, alarmed) == free.live(300)


def test_unless_staff_are_to_lead_alone_the_heart_is_followed_and_what_was_heard_can_be_told() -> None:
    controller = Controller(level_arc(), Route.NONE)
    for tick in range(20 * TICKS_PER_SECOND):
        controller.step(tick / TICKS_PER_SECOND, alarmed(tick / TICKS_PER_SECOND), playing=True)
    assert controller.offset > 0.0
    assert controller.standing.estimate is not None


# how fast


def test_nothing_may_grow_from_the_first_second_of_a_rise_though_nothing_else_moves() -> None:
    room = Room(level_arc())
    before = room.live(300)
    during = room.live(1, partial(heard, state=ArousalState.RISING))
    assert (before.may_grow, during.may_grow) == (True, False)
    assert replace(during, may_grow=True) == before
    assert room.live(1).may_grow


@pytest.mark.parametrize("response", ["lead", "iso", "companion", "steady"])
def test_staff_are_obeyed_at_full_slew_whatever_the_response(response: str) -> None:
    eased, usual = Room(level_arc(response=response)), Room(level_arc(response="lead"))
    for room in (eased, usual):
        room.live(300)
        room.press(Act.EASE)
    assert eased.live(5).tempo_bpm == usual.live(5).tempo_bpm


def test_iso_stays_for_the_first_minute_of_a_rise() -> None:
    room = Room(level_arc(response="iso"))
    before = room.live(300)
    assert room.live(55, ELEVATED).tempo_bpm == before.tempo_bpm
    assert room.live(30, ELEVATED).tempo_bpm < before.tempo_bpm


def test_iso_goes_half_as_fast_as_lead() -> None:
    moved: dict[str, float] = {}
    for response in ("lead", "iso"):
        room = Room(level_arc(response=response))
        before = room.live(300)
        moved[response] = before.tempo_bpm - room.live(5, alarmed).tempo_bpm
    assert moved["iso"] == pytest.approx(moved["lead"] / 2, rel=0.02)
