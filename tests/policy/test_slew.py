"""How fast the music may move, value by value."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.midi import TICK_S, TICKS_PER_SECOND
from engine.policy.slew import Values, step, step_density

NEUTRAL = Values(60 / 58, 0.75, -9.5, 58.0, 79.0, 6.0, 0.4, 1.0, 1.0)
CALM = Values(60 / 37.12, 0.195, -14.5, 36.0, 67.0, 5.2, 0.0, 0.0, 0.0)
SHARES = st.floats(min_value=0, max_value=1)


def seconds_until(values: Values, target: Values, name: str, **rates: float) -> float:
    """How long one value takes to get where it goes."""
    values = replace(values)
    ticks = 0
    while getattr(values, name) != getattr(target, name):
        values.advance(target, **rates)
        ticks += 1
    return ticks * TICK_S


@pytest.mark.parametrize(
    ("name", "down_s", "up_s"),
    [
        ("beat_s", 232.8, 736.6),
        ("density", 58.3, 175.0),
        ("level_db", 2.5, 20.0),
        ("brightness", 6.6, 19.8),
        ("register_top", 180.0, 540.0),
        ("breath_per_min", 96.0, 96.0),
        ("tension", 8.0, 24.0),
        ("touch", 20.0, 60.0),
        ("motion", 20.0, 60.0),
    ],
)
def test_the_way_to_calm_and_back_takes_its_time(name: str, down_s: float, up_s: float) -> None:
    assert seconds_until(NEUTRAL, CALM, name) == pytest.approx(down_s, abs=0.11)
    assert seconds_until(CALM, NEUTRAL, name) == pytest.approx(up_s, abs=0.11)


def test_half_the_slew_takes_twice_as_long() -> None:
    for name in ("beat_s", "density", "level_db"):
        full_s, half_s = (seconds_until(NEUTRAL, CALM, name, fall=share) for share in (1.0, 0.5))
        assert half_s == pytest.approx(2 * full_s, abs=0.11)


def test_a_bar_on_rising_lets_everything_fall() -> None:
    values = replace(NEUTRAL, density=0.1)
    values.advance(replace(CALM, density=0.75), rise=0.0)
    assert values.density == 0.1
    assert values.beat_s > NEUTRAL.beat_s


def test_never_louder_bars_level_and_touch_alone() -> None:
    values = replace(CALM)
    values.advance(NEUTRAL, louder=0.0)
    assert (values.level_db, values.touch) == (CALM.level_db, CALM.touch)
    assert values.density > CALM.density


def test_arrived_means_nothing_moves() -> None:
    assert not replace(CALM).advance(replace(CALM))


def test_a_texture_can_end_and_begin_again() -> None:
    density = 0.5
    for _ in range(600 * TICKS_PER_SECOND):
        density = step_density(density, 0.0, 1.0, 1.0)
    assert density == 0.0
    assert 0.0 < step_density(density, 0.5, 1.0, 1.0) < 0.021
    assert step_density(density, 0.5, 1.0, 0.0) == 0.0


@given(now_bpm=st.floats(34, 72), target_bpm=st.floats(34, 72))
def test_tempo_keeps_a_quarter_percent_a_beat_down_and_eight_hundredths_up(now_bpm: float, target_bpm: float) -> None:
    values = replace(NEUTRAL, beat_s=60 / now_bpm)
    values.advance(replace(NEUTRAL, beat_s=60 / target_bpm))
    change = 60 / values.beat_s - now_bpm
    each_s = now_bpm**2 / 60 * TICK_S
    assert -0.0025 * each_s - 1e-9 <= change <= 0.0008 * each_s + 1e-9


@given(st.floats(0.01, 1), st.floats(0, 1))
def test_density_never_halves_in_less_than_half_a_minute(now: float, target: float) -> None:
    density = now
    for _ in range(30 * TICKS_PER_SECOND):
        density = step_density(density, target, 1.0, 1.0)
    assert density >= min(now, 0.5 * now - 1e-9)
    assert density <= max(now, 0.02) * 2 ** (1 / 3) + 1e-9


VALUE = st.floats(-100, 100)
RATE = st.floats(0, 5)


@given(VALUE, VALUE, VALUE, VALUE, RATE, RATE)
def test_what_was_never_higher_never_becomes_higher(
    value: float, other: float, target: float, other_target: float, down: float, up: float
) -> None:
    low, high = sorted((value, other))
    low_target, high_target = sorted((target, other_target))
    assert step(low, low_target, down, up) <= step(high, high_target, down, up)


@given(SHARES, SHARES, SHARES, SHARES, st.sampled_from((0.5, 1.0)), st.sampled_from((0.0, 1.0)))
def test_what_was_never_denser_never_becomes_denser(
    value: float, other: float, target: float, other_target: float, fall: float, rise: float
) -> None:
    low, high = sorted((value, other))
    low_target, high_target = sorted((target, other_target))
    assert step_density(low, low_target, fall, rise) <= step_density(high, high_target, fall, rise)


def test_every_value_has_a_slew() -> None:
    moved = replace(NEUTRAL)
    moved.advance(CALM)
    assert all(getattr(moved, each.name) != getattr(NEUTRAL, each.name) for each in fields(Values))
