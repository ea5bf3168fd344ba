"""The heart's offset: up at once, down slowly and only on good data."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.affect.estimate import ArousalState, Estimate, Grade
from engine.midi import TICK_S, TICKS_PER_SECOND
from engine.policy.sensed import SensorOffset, asked
from tests.policy.hearts import alarmed, calm, heard
from tests.turns import most_turns_in_a_minute

Story = Callable[[float], Estimate]


class Heart:
    """A sensor offset and its clock."""

    def __init__(self) -> None:
        self.sensed, self.tick = SensorOffset(rest_offset=0.4), 0

    def live(self, seconds: float, story: Story) -> float:
        """The offset after so many seconds of a story told once a second."""
        for _ in range(round(seconds * TICKS_PER_SECOND)):
            if self.tick % TICKS_PER_SECOND == 0:
                self.sensed.hear(story(self.tick * TICK_S))
            self.sensed.advance(self.tick * TICK_S)
            self.tick += 1
        return self.sensed.offset


def silent_since(start_s: float) -> Story:
    """No packet since then; the estimator says what it last knew, and coasts after 10 s."""

    def story(now_s: float) -> Estimate:
        age_s = now_s - start_s
        state = ArousalState.COASTING if age_s > 10 else ArousalState.STEADY
        return heard(now_s, 0.0, confidence=0.0, data_age_s=age_s, quality=0.5, state=state)

    return story


@pytest.mark.parametrize(
    ("arousal", "confidence", "offset"),
    [(0.0, 1, 0), (0.2, 1, 0), (0.6, 1, 0.5), (1.0, 1, 1.0), (1.0, 0.5, 0.5), (0.6, 0.2, 0.1), (1.0, 0, 0)],
)
def test_confidence_times_arousal_above_the_dead_zone(arousal: float, confidence: float, offset: float) -> None:
    heart = Heart()
    assert heart.live(TICK_S, lambda now_s: heard(now_s, arousal, confidence=confidence)) == pytest.approx(offset)


def test_before_a_baseline_there_is_no_offset() -> None:
    heart = Heart()
    assert heart.live(60, lambda now_s: heard(now_s, 1.0, baseline=Grade.NONE)) == 0.0


def test_a_baseline_once_accepted_counts_for_ever() -> None:
    heart = Heart()
    heart.live(1, calm)
    assert heart.live(1, lambda now_s: heard(now_s, 1.0, baseline=Grade.NONE)) == 1.0


def test_it_falls_only_after_twenty_seconds_of_good_data() -> None:
    heart = Heart()
    assert heart.live(5, alarmed) == 1.0
    assert heart.live(40, partial(heard, quality=0.5)) == 1.0
    assert heart.live(19.9, calm) == 1.0
    assert heart.live(31, calm) == pytest.approx(0.9, abs=0.01)
    assert heart.live(280, calm) == 0.0


def test_what_was_asked_half_a_minute_ago_still_counts() -> None:
    heart = Heart()
    heart.live(60, alarmed)
    assert heart.live(29.9, calm) == 1.0
    assert heart.live(30, calm) == pytest.approx(0.9, abs=0.01)


@given(st.lists(st.tuples(st.integers(1, 40), st.floats(0, 1), st.floats(0.2, 1)), min_size=8, max_size=40))
def test_no_heart_makes_it_turn_more_than_four_times_in_a_minute(moods: list[tuple[int, float, float]]) -> None:
    heart = Heart()
    offsets = [
        heart.live(1, partial(heard, arousal=arousal, confidence=confidence))
        for seconds, arousal, confidence in moods
        for _ in range(seconds)
    ]
    assert most_turns_in_a_minute(offsets, worth=0.0) <= 4


@pytest.mark.parametrize("bad", [{"quality": 0.79}, {"data_age_s": 3.5}, {"gated": True}], ids=["poor", "old", "gated"])
def test_doubtful_data_give_nothing_back(bad: dict[str, Any]) -> None:
    heart = Heart()
    heart.live(30, alarmed)
    assert heart.live(600, partial(heard, **bad)) == 1.0


def test_one_bad_second_starts_the_wait_again() -> None:
    heart = Heart()
    heart.live(30, alarmed)
    heart.live(1, lambda now_s: heard(now_s, quality=0.2))
    assert heart.live(19.9, calm) == 1.0
    assert heart.live(10, calm) < 1.0


def test_a_gate_neither_raises_nor_lowers() -> None:
    heart = Heart()
    heart.live(5, lambda now_s: heard(now_s, 0.6))
    assert heart.live(90, lambda now_s: heard(now_s, 1.0, gated=True)) == pytest.approx(0.5)


def test_falling_confidence_alone_gives_nothing_back_for_half_a_minute() -> None:
    heart = Heart()
    heart.live(60, alarmed)
    assert heart.live(29.9, lambda now_s: heard(now_s, 1.0, confidence=0.5)) == 1.0
    assert heart.live(30.1, lambda now_s: heard(now_s, 1.0, confidence=0.5)) == pytest.approx(0.9, abs=0.01)
    assert heart.live(200, lambda now_s: heard(now_s, 1.0, confidence=0.5)) == pytest.approx(0.5)


def test_confidence_that_flickers_is_not_falling() -> None:
    heart = Heart()
    assert heart.live(600, lambda now_s: heard(now_s, 1.0, confidence=0.6 if round(now_s) % 15 else 1.0)) == 1.0


def test_a_lost_strap_freezes_the_offset_then_goes_to_rest_where_that_is_calmer() -> None:
    for arousal, at_20_s, at_60_s in ((0.0, 0.0, 0.4), (0.36, 0.2, 0.4), (1.0, 1.0, 1.0)):
        heart = Heart()
        heart.live(60, partial(heard, arousal=arousal))
        assert heart.live(20, silent_since(60)) == pytest.approx(at_20_s)
        assert heart.sensed.coasting
        assert heart.live(40, silent_since(60)) == pytest.approx(at_60_s)


def test_coasting_begins_after_ten_seconds_and_ends_after_twenty_good_ones() -> None:
    heart = Heart()
    heart.live(60, calm)
    coasting = []
    for seconds, story in ((10, silent_since(60)), (1.05, silent_since(60)), (19.9, calm), (2, calm)):
        heart.live(seconds, story)
        coasting.append(heart.sensed.coasting)
    assert coasting == [False, True, True, False]


def test_coasting_hears_no_arousal() -> None:
    heart = Heart()
    heart.live(60, calm)
    assert heart.live(20, lambda now_s: heard(now_s, 1.0, state=ArousalState.COASTING)) == 0.0


def test_an_estimator_that_falls_silent_ages_like_a_strap() -> None:
    heart = Heart()
    heart.live(60, calm)
    for tick in range(60 * TICKS_PER_SECOND, 95 * TICKS_PER_SECOND):
        heart.sensed.advance(tick * TICK_S)
    assert heart.sensed.coasting
    assert heart.sensed.offset == 0.4


def test_no_coasting_before_a_baseline() -> None:
    heart = Heart()
    assert heart.live(120, lambda now_s: heard(now_s, baseline=Grade.NONE, data_age_s=now_s, quality=0.0)) == 0.0
    assert not heart.sensed.coasting


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_arousal_never_asks_for_less(one: float, other: float) -> None:
    assert 0.0 <= asked(min(one, other)) <= asked(max(one, other)) <= 1.0
