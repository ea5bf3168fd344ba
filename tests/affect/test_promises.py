"""What the estimator promises of any input: in range, never raising, the same however asked, never surer for worse.

Law 1 pathwise through the controller is in tests/policy/test_law_one.py.
"""

import math
import random
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.affect_cost import cost, day
from engine.affect.arousal import Estimator, arousal_of
from engine.affect.estimate import ArousalState, Estimate, Flag, Grade, Route
from engine.affect.prior import Prior
from engine.inputs import Act
from sensors.heart import Contact, HeartPacket, Link, LinkState, SourceEvent
from sensors.simulated import SimulatedListener

Told = SourceEvent | tuple[Act, float]
TIME = st.floats(-100, 4000) | st.floats(allow_nan=True, allow_infinity=True)
PACKET = st.builds(
    HeartPacket,
    arrival_s=TIME,
    hr_bpm=st.integers(0, 300) | st.integers(-(2**31), 2**31),
    rr_ticks=st.lists(st.integers(0, 0xFFFF), max_size=9).map(tuple),
    contact=st.sampled_from(Contact),
    energy_kj=st.none(),
)
LINK = st.builds(LinkState, at_s=TIME, link=st.sampled_from(Link), why=st.just(""))
MARK = st.tuples(st.sampled_from(Act), TIME)
GARBAGE = st.lists(PACKET | LINK | MARK | TIME, max_size=40)
ESTIMATORS = st.builds(
    Estimator,
    route=st.sampled_from(Route),
    flags=st.frozensets(st.just(Flag.BETA_BLOCKER)),
    infusion_min=st.floats(0, 240),
    prior=st.none() | st.builds(Prior, resting_bpm=st.floats(20, 250), drug_bpm=st.none() | st.floats(-50, 50)),
)


def tell(estimator: Estimator, told: Told) -> None:
    if isinstance(told, HeartPacket):
        estimator.hear(told)
    elif isinstance(told, LinkState):
        estimator.link(told)
    else:
        estimator.mark(*told)


@cache
def heard(story: str, seed: int, minutes: int) -> tuple[SourceEvent, ...]:
    return SimulatedListener(story, seed).pull(minutes * 60.0)


def whole(estimate: Estimate) -> bool:
    """Whether everything that is a share is one, and every number a number."""
    numbers = (estimate.hr_bpm, estimate.expected_bpm, estimate.residual_bpm, estimate.slope_bpm_per_min)
    return (
        0.0 <= estimate.arousal <= 1.0
        and 0.0 <= estimate.confidence <= 1.0
        and 0.0 <= estimate.quality <= 1.0
        and estimate.data_age_s >= 0.0
        and all(number is None or math.isfinite(number) for number in numbers)
        and all(0.0 <= share <= 1.0 for _, share in estimate.factors)
        and bool(estimate.reasons)
    )


@settings(deadline=None, max_examples=60)
@given(ESTIMATORS, GARBAGE)
def test_any_garbage_in_gives_numbers_in_range_and_no_exception(
    estimator: Estimator, garbage: list[Told | float]
) -> None:
    for told in garbage:
        if isinstance(told, float):
            assert whole(estimator.advance(told))
        else:
            tell(estimator, told)
    assert whole(estimator.advance(4100.0))


@settings(deadline=None, max_examples=15)
@given(GARBAGE, st.integers(0, 3))
def test_garbage_in_the_middle_of_a_session_is_outlived(garbage: list[Told | float], seed: int) -> None:
    events, estimator = heard("calm", seed, 30), Estimator()
    for number, event in enumerate(events):
        tell(estimator, event)
        if number == len(events) // 3:
            for told in garbage:
                if not isinstance(told, float) and _at(told) < 700:
                    tell(estimator, told)
    after = estimator.advance(1800.0)
    assert whole(after)
    assert after.baseline is not Grade.NONE
    assert after.confidence > 0.3


def _at(told: Told) -> float:
    if isinstance(told, HeartPacket):
        return told.arrival_s
    return told.at_s if isinstance(told, LinkState) else told[1]


@settings(deadline=None, max_examples=8)
@given(
    st.sampled_from(("distress", "dropout", "motion", "hr-only")),
    st.integers(0, 3),
    st.lists(st.floats(0.05, 90), min_size=1),
)
def test_the_same_inputs_give_the_same_estimates_however_it_is_asked(
    story: str, seed: int, steps_s: list[float]
) -> None:
    marks = {480: Act.DOSE, 600: Act.CUFF, 700: Act.NOT_DISTRESSED}
    steady, other = Estimator(Route.IM), Estimator(Route.IM)
    by_second = _by_second(heard(story, seed, 13))
    due_s, steps = 0.0, cycle(steps_s)
    for second in range(1, 13 * 60):
        for estimator in (steady, other):
            for event in by_second.get(second, ()):
                tell(estimator, event)
            if second in marks:
                estimator.mark(marks[second], second - 0.5)
        now = steady.advance(float(second))
        while due_s < second:
            due_s += next(steps)
        if due_s <= second + 0.999:
            assert other.advance(max(due_s, float(second))) == now
    assert other.advance(13 * 60.0 - 1) == steady.advance(13 * 60.0 - 1)


def _by_second(events: Iterable[SourceEvent]) -> dict[int, list[SourceEvent]]:
    found: dict[int, list[SourceEvent]] = {}
    for event in events:
        at_s = event.arrival_s if isinstance(event, HeartPacket) else event.at_s
        found.setdefault(math.ceil(at_s), []).append(event)
    return found


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 5), st.floats(0.02, 0.6), st.sampled_from(("doubled", "noise", "none")))
def test_spoiling_intervals_never_makes_it_surer(seed: int, share: float, how: str) -> None:
    clean, spoilt, draw = Estimator(), Estimator(), random.Random(seed)
    for second, events in sorted(_by_second(heard("calm", seed, 20)).items()):
        for event in events:
            tell(clean, event)
            spoil = second > 600 and draw.random() < share and isinstance(event, HeartPacket)
            tell(spoilt, _spoilt(event, how, draw) if spoil and isinstance(event, HeartPacket) else event)
        better, worse = clean.advance(float(second)), spoilt.advance(float(second))
        assert worse.confidence <= better.confidence + 1e-9


def _spoilt(packet: HeartPacket, how: str, draw: random.Random) -> SourceEvent:
    if how == "none":
        return replace(packet, rr_ticks=(), hr_bpm=0)
    doubled = how == "doubled"
    return replace(packet, rr_ticks=tuple(rr * 2 if doubled else draw.randint(310, 2040) for rr in packet.rr_ticks))


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_arousal_never_falls_as_the_residual_grows(one: float, other: float) -> None:
    assert (arousal_of(one) - arousal_of(other)) * (one - other) >= 0
    assert 0.0 <= arousal_of(one) <= 1.0


@given(st.floats(-40, 60), st.floats(0.01, 20))
def test_between_any_two_heart_rates_arousal_is_strictly_monotone(scaled: float, more: float) -> None:
    assert arousal_of(scaled) < arousal_of(scaled + more)


def test_a_day_long_session_takes_no_more_memory_than_its_first_hours() -> None:
    estimator = Estimator()
    sizes = day(estimator)
    assert max(sizes) <= 1.1 * max(sizes[:8])
    assert estimator.advance(86_400.0).state is ArousalState.STEADY


def test_a_second_costs_microseconds() -> None:
    """The figure itself is the benchmark's; here only an order of magnitude, on whatever machine."""
    assert float(cost().results["calando"]["estimator_us_per_beat"] or 0) < 150


@pytest.mark.parametrize("story", ["calm", "distress"])
def test_a_whole_session_is_whole_each_second(story: str) -> None:
    estimator = Estimator(Route.IM)
    for second, events in sorted(_by_second(heard(story, 7, 20)).items()):
        for event in events:
            tell(estimator, event)
        assert whole(estimator.advance(float(second)))
