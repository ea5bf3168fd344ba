"""States that do not flicker, and coasting: when inputs are not to be trusted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.affect.estimate import ArousalState
from engine.affect.states import ELEVATED_AT_LEAST_S, TURN_S, Coasting, States

S = ArousalState


def lived(states: States, seconds: int, scaled_bpm: float, slope: float = 0.0) -> list[ArousalState]:
    return [states.second(scaled_bpm, slope) for _ in range(seconds)]


def elevated() -> States:
    states = States()
    lived(states, 120, 12.0)
    assert states.state is S.ELEVATED
    return states


def test_a_heart_as_expected_is_steady() -> None:
    assert set(lived(States(), 600, 2.0)) == {S.STEADY}


@pytest.mark.parametrize(("height", "within_s"), [(10.0, 28), (12.0, 19), (20.0, 8)])
def test_the_larger_the_rise_the_sooner_it_is_elevated(height: float, within_s: int) -> None:
    assert lived(States(), within_s, height)[-1] is S.ELEVATED
    assert S.ELEVATED not in lived(States(), within_s - 3, height)


def test_a_blip_is_not_elevated() -> None:
    states = States()
    assert S.ELEVATED not in lived(states, 25, 10.0) + lived(states, 300, 0.0)


def test_what_stays_under_the_level_is_never_elevated() -> None:
    assert S.ELEVATED not in lived(States(), 3600, 7.9)


def test_elevated_ends_a_minute_after_the_heart_has_come_down() -> None:
    states = elevated()
    assert set(lived(states, 59, 4.0)) == {S.ELEVATED}
    assert lived(states, 60, 4.0)[-1] is S.RECOVERING


def test_a_heart_that_wavers_between_the_levels_stays_elevated() -> None:
    states = elevated()
    for _ in range(20):
        assert set(lived(states, 50, 4.0) + lived(states, 5, 6.0)) == {S.ELEVATED}


def test_elevated_lasts_a_while_however_short_the_rise() -> None:
    states, said = States(), []
    said += lived(states, 12, 20.0)
    said += lived(states, 200, 0.0)
    assert said.count(S.ELEVATED) >= ELEVATED_AT_LEAST_S


def test_recovered_is_steady_again_and_recovering_ends_in_any_case() -> None:
    states = elevated()
    lived(states, 120, 4.0)
    assert lived(states, 60, 2.0)[-1] is S.STEADY
    states = elevated()
    lived(states, 120, 4.0)
    assert lived(states, 300, 4.0)[-1] is S.STEADY


def test_a_slope_with_some_height_is_rising_and_ends_with_the_slope() -> None:
    states = States()
    assert lived(states, 10, 4.0, 6.0)[-1] is S.RISING
    assert lived(states, 30, 4.0, 0.0)[-1] is S.STEADY


def test_a_slope_from_below_is_no_rise() -> None:
    assert set(lived(States(), 60, -2.0, 9.0)) == {S.STEADY}


def test_rising_comes_back_only_after_two_minutes_but_elevated_is_never_withheld() -> None:
    states = States()
    lived(states, 10, 4.0, 6.0)
    lived(states, 30, 4.0, 0.0)
    assert S.RISING not in lived(states, TURN_S - 1, 4.0, 6.0)
    assert lived(states, 20, 4.0, 6.0)[-1] is S.RISING
    lived(states, 30, 4.0, 0.0)
    assert S.ELEVATED in lived(states, 30, 12.0, 6.0)


def test_a_pause_drops_what_was_being_collected_and_keeps_the_state() -> None:
    states = States()
    lived(states, 25, 10.0)
    states.pause()
    assert S.ELEVATED not in lived(states, 25, 10.0)
    states = elevated()
    states.pause()
    assert states.state is S.ELEVATED


def test_a_minute_in_which_nothing_is_heard_ends_elevated_and_less_does_not() -> None:
    states = elevated()
    for _ in range(59):
        states.unheard()
    assert lived(states, 30, 12.0)[-1] is S.ELEVATED
    for _ in range(60):
        states.unheard()
    assert states.state is S.RECOVERING
    assert lived(states, 19, 12.0)[-1] is S.ELEVATED, "a heart still high says so again"


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50), st.integers(1, 120)), max_size=30))
def test_elevated_is_entered_high_and_never_left_for_rising(story: list[tuple[float, float, int]]) -> None:
    states, before = States(), S.STEADY
    for scaled, slope, seconds in story:
        for after in lived(states, seconds, scaled, slope):
            if after is S.ELEVATED and before is not S.ELEVATED:
                assert scaled >= 8.0
            if before is S.ELEVATED and after is not S.ELEVATED:
                assert after is S.RECOVERING
            assert after not in {S.SETTLING, S.COASTING}
            before = after


def coasted(coasting: Coasting, seconds: int, age_s: float, quality: float = 1.0) -> list[bool]:
    return [coasting.second(age_s, quality) for _ in range(seconds)]


def test_data_ten_seconds_old_coast_and_twenty_good_seconds_end_it() -> None:
    coasting = Coasting()
    assert not any(coasted(coasting, 60, 10.0))
    assert all(coasted(coasting, 5, 10.5))
    assert coasted(coasting, 20, 1.0) == [True] * 19 + [False]


def test_a_bad_second_starts_the_twenty_anew() -> None:
    coasting = Coasting()
    coasted(coasting, 1, 11.0)
    coasted(coasting, 19, 1.0)
    assert coasted(coasting, 1, 1.0, quality=0.5) == [True]
    assert coasted(coasting, 20, 1.0) == [True] * 19 + [False]


def test_stale_data_do_not_count_as_good() -> None:
    coasting = Coasting()
    coasted(coasting, 1, 11.0)
    assert all(coasted(coasting, 100, 4.0))
