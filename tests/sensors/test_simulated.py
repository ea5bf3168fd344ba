"""The simulated listener lives its stories: the heart, the strap and everything that goes wrong, the same each time."""

import cmath
import math
import time
from itertools import accumulate, pairwise
from statistics import fmean, pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.heart import RR_TICKS_PER_SECOND, Contact, HeartPacket, Link, LinkState, SourceEvent, event_time_s
from sensors.heart_rate_service import decode, encode
from sensors.simulated import STORIES, SimulatedListener, StoryError

HOUR_S = 3600.0


def packets(events: tuple[SourceEvent, ...], from_s: float = 0.0, to_s: float = HOUR_S) -> list[HeartPacket]:
    return [event for event in events if isinstance(event, HeartPacket) and from_s <= event.arrival_s < to_s]


def links(events: tuple[SourceEvent, ...]) -> list[LinkState]:
    return [event for event in events if isinstance(event, LinkState)]


def intervals_ms(heard: list[HeartPacket]) -> list[float]:
    return [ticks * 1000 / RR_TICKS_PER_SECOND for packet in heard for ticks in packet.rr_ticks]


def rate_bpm(events: tuple[SourceEvent, ...], from_min: float, to_min: float) -> float:
    return 60_000 / fmean(intervals_ms(packets(events, from_min * 60, to_min * 60)))


def rmssd_ms(rr_ms: list[float]) -> float:
    steps = [after - before for before, after in pairwise(rr_ms)]
    return math.sqrt(fmean(step * step for step in steps))


def power_ms2(heard: list[HeartPacket], at_hz: float) -> float:
    """How much the intervals sway at a frequency, by a plain Fourier sum over their times."""
    rr_ms = intervals_ms(heard)
    times_s, middle = list(accumulate(rr / 1000 for rr in rr_ms)), fmean(rr_ms)
    turns = [(rr - middle) * cmath.exp(2j * math.pi * at_hz * at_s) for rr, at_s in zip(rr_ms, times_s, strict=True)]
    return abs(sum(turns) / len(turns)) ** 2


def hour_of(story: str, seed: int = 1) -> tuple[SourceEvent, ...]:
    return SimulatedListener(story, seed).pull(HOUR_S)


class TestEveryStory:
    @pytest.mark.parametrize("story", STORIES)
    def test_time_never_runs_back_and_every_packet_could_have_come_from_a_strap(self, story: str) -> None:
        events = hour_of(story)
        times_s = [event_time_s(event) for event in events]
        assert times_s == sorted(times_s)
        for packet in packets(events):
            assert decode(encode(packet), packet.arrival_s) == packet
            assert len(packet.rr_ticks) <= 4
            assert all(0.15 < ticks / RR_TICKS_PER_SECOND < 4 for ticks in packet.rr_ticks)

    @pytest.mark.parametrize("story", STORIES)
    def test_the_same_seed_gives_the_same_events_and_another_seed_others(self, story: str) -> None:
        first = SimulatedListener(story, 4).pull(600)
        assert SimulatedListener(story, 4).pull(600) == first
        assert SimulatedListener(story, 5).pull(600) != first


@given(
    story=st.sampled_from(sorted(STORIES)),
    stops_s=st.lists(st.floats(0, 1000, allow_nan=False), max_size=30),
)
def test_however_it_is_pulled_the_same_events_come(story: str, stops_s: list[float]) -> None:
    piecewise = SimulatedListener(story, 2)
    pulled = [event for until_s in [*sorted(stops_s), 1000.0] for event in piecewise.pull(until_s)]
    assert tuple(pulled) == SimulatedListener(story, 2).pull(1000.0)


@given(st.lists(st.floats(0, 300), min_size=1, max_size=20))
def test_nothing_is_pulled_before_it_arrived(stops_s: list[float]) -> None:
    listener = SimulatedListener("late+dropout", 3)
    for until_s in sorted(stops_s):
        assert all(event_time_s(event) < until_s for event in listener.pull(until_s))


def test_an_hour_is_lived_in_under_half_a_second_of_work() -> None:
    start_s = time.process_time()
    hour_of("distress")
    assert time.process_time() - start_s < 0.4


class TestHeart:
    def test_distress_is_calm_then_18_up_from_minute_12_and_back_by_22(self) -> None:
        for seed in range(5):
            events = hour_of("distress", seed)
            calm = rate_bpm(events, 8, 12)
            assert rate_bpm(events, 13.5, 18) - calm == pytest.approx(18, abs=2.5)
            assert rate_bpm(events, 22, 30) - calm == pytest.approx(0, abs=2.5)
            assert rate_bpm(events, 43.5, 48) - calm == pytest.approx(18, abs=2.5)

    @pytest.mark.parametrize(
        ("story", "peak_min", "height_bpm"),
        [("drug", 40, 6), ("drug-im", 20, 8), ("drug-intranasal", 40, 5), ("drug-oral", 40, 5)],
    )
    def test_each_route_has_its_own_curve(self, story: str, peak_min: float, height_bpm: float) -> None:
        plain = SimulatedListener("calm", 3).pull(7200)
        drug = SimulatedListener(story, 3).pull(7200)
        rise = [rate_bpm(drug, at, at + 5) - rate_bpm(plain, at, at + 5) for at in (5, 7.5 + peak_min, 105)]
        assert rise[0] == pytest.approx(0, abs=0.5)
        assert rise[1] == pytest.approx(height_bpm, abs=2)
        assert rise[2] < rise[1] - 2

    def test_breathing_sways_the_intervals_and_fear_takes_the_sway_away(self) -> None:
        for seed in range(5):
            events = hour_of("panic", seed)
            calm = rmssd_ms(intervals_ms(packets(events, 300, 700)))
            afraid = rmssd_ms(intervals_ms(packets(events, 750, 850)))
            assert 10 < calm < 90
            assert afraid < 0.6 * calm

    def test_slow_waves_of_ten_seconds_and_breaths_of_five_are_both_in_the_intervals(self) -> None:
        for seed in range(4):
            heard = packets(hour_of("calm", seed), 300, 900)
            slow, between = power_ms2(heard, 0.095), power_ms2(heard, 0.13)
            breath = max(power_ms2(heard, breaths / 60) for breaths in range(10, 18))
            assert slow > 5 * between
            assert breath > 5 * between

    def test_a_talk_is_a_small_rise_and_comes_back_every_twenty_minutes(self) -> None:
        talk, calm = hour_of("talk"), hour_of("calm")
        for at_min in (13, 33, 53):
            assert 5 < rate_bpm(talk, at_min + 0.4, at_min + 1.2) - rate_bpm(calm, at_min + 0.4, at_min + 1.2) < 9
        assert SimulatedListener("talk", 1).marks(2400) == ((780, "talk"), (1980, "talk"))

    def test_a_walk_is_fast_shaken_and_no_music_slows_it(self) -> None:
        walk, calm = hour_of("exercise"), hour_of("calm")
        assert rate_bpm(walk, 15, 18) - rate_bpm(calm, 15, 18) == pytest.approx(45, abs=5)
        listener = SimulatedListener("exercise", 1, coupling=1.0)
        listener.hears(1.0)
        assert listener.pull(HOUR_S) == walk

    def test_very_frequent_ectopy_leaves_few_good_intervals(self) -> None:
        rr_ms = intervals_ms(packets(hour_of("frequent-ectopy")))
        near = sum(abs(rr - fmean(rr_ms)) < 0.15 * fmean(rr_ms) for rr in rr_ms)
        assert near < 0.5 * len(rr_ms)

    @pytest.mark.parametrize(("at_min", "height_bpm"), [(12, 8), (27, 12), (42, 15), (57, 20)])
    def test_rises_are_as_high_as_they_are_written(self, at_min: float, height_bpm: float) -> None:
        rises, calm = SimulatedListener("rises", 1).pull(4200), SimulatedListener("calm", 1).pull(4200)
        rise = rate_bpm(rises, at_min + 1.5, at_min + 6) - rate_bpm(calm, at_min + 1.5, at_min + 6)
        assert rise == pytest.approx(height_bpm, abs=1.5)

    def test_panic_comes_within_half_a_minute(self) -> None:
        events = hour_of("panic")
        assert rate_bpm(events, 12.6, 13.5) - rate_bpm(events, 9, 12) > 28

    def test_a_cuff_is_short_and_comes_back_every_quarter_of_an_hour(self) -> None:
        events = hour_of("cuff")
        for at_min in (15, 30, 45):
            assert rate_bpm(events, at_min + 0.3, at_min + 0.6) - rate_bpm(events, at_min - 3, at_min) > 6
            assert rate_bpm(events, at_min + 2, at_min + 4) - rate_bpm(events, at_min - 3, at_min) < 3

    def test_sitting_up_rises_quickly_and_settles_a_little_higher(self) -> None:
        events, calm = hour_of("posture"), hour_of("calm")
        rise = [rate_bpm(events, at, to) - rate_bpm(calm, at, to) for at, to in ((14.2, 14.5), (16, 18), (22, 26))]
        assert rise[0] > 10
        assert 2 < rise[1] < 7
        assert abs(rise[2]) < 2

    def test_a_non_responder_hardly_shows_a_rise(self) -> None:
        events = hour_of("distress+non-responder")
        assert rate_bpm(events, 13.5, 18) - rate_bpm(events, 8, 12) < 5

    def test_ectopic_beats_come_early_and_are_followed_by_a_pause(self) -> None:
        rr_ms = intervals_ms(packets(hour_of("ectopy")))
        usual = fmean(rr_ms)
        early = [number for number, rr in enumerate(rr_ms[:-1]) if rr < 0.77 * usual]
        assert len(early) / len(rr_ms) == pytest.approx(0.04, abs=0.015)
        pauses = [rr_ms[number] + rr_ms[number + 1] for number in early]
        assert fmean(pauses) == pytest.approx(2 * usual, rel=0.03)


class TestStrap:
    def test_a_calm_second_holds_none_to_three_intervals_that_add_up_to_the_time(self) -> None:
        heard = packets(hour_of("calm"))
        assert len(heard) == 3599
        assert {len(packet.rr_ticks) for packet in heard} <= {0, 1, 2, 3}
        assert sum(intervals_ms(heard)) == pytest.approx(3599_000, abs=2500)

    def test_dropout_falls_silent_and_says_so(self) -> None:
        events = hour_of("dropout")
        assert not packets(events, 14 * 60 + 1, 15.5 * 60)
        assert [state.link for state in links(events)][:3] == [Link.STREAMING_RR, Link.LOST, Link.STREAMING_RR]

    def test_a_stall_keeps_the_link_and_is_noticed_after_five_seconds(self) -> None:
        states = links(hour_of("stall"))
        assert [state.link for state in states][:3] == [Link.STREAMING_RR, Link.STALLED, Link.STREAMING_RR]
        assert states[1].at_s == pytest.approx(9 * 60 + 5, abs=1.5)

    def test_late_packets_come_in_one_burst_and_in_order_with_nothing_lost(self) -> None:
        late, calm = packets(hour_of("late")), packets(hour_of("calm"))
        assert intervals_ms(late) == intervals_ms(calm)
        assert any(before.arrival_s == after.arrival_s for before, after in pairwise(late))

    def test_a_strap_without_contact_says_so_and_sends_no_interval(self) -> None:
        events = hour_of("contact-loss")
        lost = packets(events, 9 * 60 + 1, 9 * 60 + 45)
        assert {(packet.contact, packet.hr_bpm, packet.rr_ticks) for packet in lost} == {(Contact.ABSENT, 0, ())}
        assert {packet.contact for packet in packets(events, 0, 500)} == {Contact.PRESENT}
        assert [state.link for state in links(events)][1:3] == [Link.NO_CONTACT, Link.STREAMING_RR]

    def test_a_strap_on_the_table_repeats_itself(self) -> None:
        events = hour_of("off-body")
        frozen = packets(events, 15 * 60 + 1, 20 * 60)
        assert len({(packet.hr_bpm, packet.rr_ticks) for packet in frozen}) == 1
        assert pstdev(intervals_ms(packets(events, 20 * 60 + 2, 25 * 60))) > 5

    def test_a_watch_sends_heart_rate_alone_and_is_known_for_it_after_ten_seconds(self) -> None:
        events = hour_of("hr-only")
        assert not intervals_ms(packets(events))
        assert {packet.hr_bpm > 40 for packet in packets(events, 5)} == {True}
        (state,) = links(events)
        assert state.link is Link.STREAMING_HR_ONLY
        assert 10 < state.at_s < 13

    def test_motion_misreads_beats_and_the_true_heart_is_back_after_it(self) -> None:
        moved, still = hour_of("motion"), hour_of("calm")
        shaken = intervals_ms(packets(moved, 300, 309))
        assert max(shaken) > 1.3 * fmean(shaken) or min(shaken) < 0.7 * fmean(shaken)
        assert intervals_ms(packets(moved, 330, 410)) == intervals_ms(packets(still, 330, 410))


NAMES = st.sampled_from(sorted(STORIES))


@given(NAMES, NAMES, NAMES)
def test_stories_are_added_in_any_grouping(first: str, second: str, third: str) -> None:
    one, two, three = STORIES[first], STORIES[second], STORIES[third]
    assert (one + two) + three == one + (two + three)


@given(NAMES, st.floats(0, 5000))
def test_a_story_told_now_begins_now_and_keeps_its_distances(name: str, at_s: float) -> None:
    story = STORIES[name]
    told = story.once_from(at_s)
    before, after = ([each.start_s for each in (*one.rises, *one.faults, *one.marks)] for one in (story, told))
    assert min(after, default=at_s) == pytest.approx(at_s)
    shifts = [now - then for then, now in zip(before, after, strict=True)]
    assert all(shift == pytest.approx(shifts[0]) for shift in shifts)
    assert all(each.every_s is None for each in (*told.rises, *told.faults, *told.marks))


@settings(max_examples=30)
@given(NAMES, st.floats(-3, 3), st.integers(0, 1000))
def test_the_calm_that_is_heard_only_ever_takes_from_a_coupled_heart_s_rises(name: str, calm: float, seed: int) -> None:
    silent, soothed = (SimulatedListener(name, seed, coupling=0.8) for _ in range(2))
    soothed.hears(calm)
    for _ in range(12):
        silent.pull(silent._second + 120.0)
        soothed.pull(soothed._second + 120.0)
        assert soothed._raised_bpm() <= silent._raised_bpm()
        assert soothed._drive_bpm <= silent._drive_bpm + 1e-9


@given(NAMES, st.lists(st.tuples(st.floats(0, 400), NAMES | st.just("drug+cuff"), st.floats(-1, 2)), max_size=6))
def test_whatever_is_told_and_heard_events_stay_in_order_and_fit_a_strap(
    story: str, tellings: list[tuple[float, str, float]]
) -> None:
    listener, now_s, events = SimulatedListener(story, 3), 0.0, list[SourceEvent]()
    for wait_s, told, calm in tellings:
        now_s += wait_s
        events += listener.pull(now_s)
        listener.tell(told)
        listener.hears(calm)
    events += listener.pull(now_s + 120.0)
    times_s = [event_time_s(event) for event in events]
    assert times_s == sorted(times_s)
    assert all(decode(encode(packet), packet.arrival_s) == packet for packet in packets(tuple(events)))


class TestTogether:
    def test_two_stories_happen_at_once_and_a_fault_leaves_the_heart_as_it_was(self) -> None:
        both, distress = hour_of("distress+dropout"), hour_of("distress")
        assert {state.link for state in links(both)} >= {Link.LOST}
        assert intervals_ms(packets(both, 0, 400)) == intervals_ms(packets(distress, 0, 400))
        assert rate_bpm(both, 16, 18) == pytest.approx(rate_bpm(distress, 16, 18), abs=0.2)

    def test_names_in_a_list_and_names_joined_are_the_same(self) -> None:
        assert SimulatedListener(["drug", "cuff"], 1).pull(900) == SimulatedListener("drug+cuff", 1).pull(900)

    def test_stories_suggest_their_marks(self) -> None:
        assert SimulatedListener("drug+cuff", 1).marks(1900) == ((600, "dose"), (900, "cuff"), (1800, "cuff"))
        assert SimulatedListener("distress", 1).marks(HOUR_S) == ()

    @pytest.mark.parametrize(
        ("story", "words"),
        [
            ("distres", "there is no story 'distres': did you mean 'distress'?"),
            ("drug+", "there is no story '': choose from calm, distress"),
            ("xyzzy", "choose from calm, distress"),
        ],
    )
    def test_an_unknown_story_is_told_in_a_sentence(self, story: str, words: str) -> None:
        with pytest.raises(StoryError) as caught:
            SimulatedListener(story, 1)
        assert words in str(caught.value)


class TestSteering:
    def test_what_is_told_begins_now(self) -> None:
        listener = SimulatedListener("calm", 2)
        before = listener.pull(300)
        listener.tell("panic")
        after = listener.pull(420)
        assert rate_bpm(after, 5.6, 7) - rate_bpm(before, 3, 5) > 25

    def test_calm_ends_what_happens_and_the_heart_comes_down(self) -> None:
        listener = SimulatedListener("distress+hr-only", 2)
        listener.pull(900)
        listener.tell("calm")
        after = listener.pull(1300)
        plain = SimulatedListener("calm", 2).pull(1300)
        assert rate_bpm(after, 18, 21) - rate_bpm(plain, 18, 21) == pytest.approx(0, abs=2.5)

    def test_telling_is_the_same_however_it_is_pulled(self) -> None:
        told = []
        for step_s in (0.05, 100.0):
            listener = SimulatedListener("calm", 2)
            now_s = 0.0
            events: list[SourceEvent] = []
            while now_s < 300:
                now_s = round(now_s + step_s, 2)
                if now_s == 200:
                    events += listener.pull(now_s)
                    listener.tell("panic")
                    listener.hears(0.5)
                events += listener.pull(now_s)
            told.append(events)
        assert told[0] == told[1]

    @pytest.mark.parametrize(("coupling", "least", "most"), [(0.0, 15, 21), (0.5, 7, 12), (1.0, -3, 3), (-0.5, 24, 30)])
    def test_a_coupled_heart_answers_calm_music_with_its_gain(self, coupling: float, least: float, most: float) -> None:
        listener = SimulatedListener("distress", 2, coupling=coupling)
        listener.pull(600)
        listener.hears(1.0)
        events = listener.pull(1080)
        plain = SimulatedListener("calm", 2).pull(1080)
        assert least < rate_bpm(events, 15, 18) - rate_bpm(plain, 15, 18) < most

    def test_no_music_slows_the_drug(self) -> None:
        events: list[tuple[SourceEvent, ...]] = []
        for calm in (0.0, 1.0):
            listener = SimulatedListener("drug+coupled", 2)
            listener.hears(calm)
            events.append(listener.pull(HOUR_S))
        assert events[0] == events[1]
