"""Stories of the estimator: what a listener's heart does, and what is said of it."""

from dataclasses import replace
from statistics import median

import pytest

from engine.affect.arousal import Estimator
from engine.affect.estimate import ArousalState, Estimate, Flag, Grade, Route
from engine.affect.prior import Prior
from engine.inputs import Act
from engine.policy.sensed import asked
from sensors.heart import HeartPacket, LinkState
from sensors.simulated import SimulatedListener


def live(
    estimator: Estimator, story: str, minutes: int, seed: int = 1, marks: tuple[tuple[float, Act], ...] = ()
) -> list[Estimate]:
    """Every second's estimate of a simulated listener."""
    listener = SimulatedListener(story, seed)
    waiting = list(marks)
    told = []
    for second in range(1, minutes * 60 + 1):
        for event in listener.pull(float(second)):
            if isinstance(event, HeartPacket):
                estimator.hear(event)
            elif isinstance(event, LinkState):
                estimator.link(event)
        while waiting and waiting[0][0] < second:
            at_s, act = waiting.pop(0)
            estimator.mark(act, at_s)
        told.append(estimator.advance(float(second)))
    return told


def test_a_calm_listener_gets_a_good_baseline_and_stays_steady() -> None:
    told = live(Estimator(), "calm", 20)
    assert told[-1].baseline is Grade.GOOD
    assert {each.state for each in told[600:]} <= {ArousalState.STEADY, ArousalState.RISING}
    assert told[-1].confidence > 0.8


def test_a_rise_is_elevated_and_said_in_words_and_recovers() -> None:
    told = live(Estimator(), "distress", 24)
    assert all(each.state is not ArousalState.ELEVATED for each in told[: 12 * 60])
    assert any(each.state is ArousalState.ELEVATED for each in told[12 * 60 : 16 * 60])
    assert any("above expected, rising" in reason for each in told for reason in each.reasons)
    assert told[-1].state in {ArousalState.RECOVERING, ArousalState.STEADY}


def test_before_the_baseline_nothing_is_claimed() -> None:
    for each in live(Estimator(), "calm", 4):
        assert (each.state, each.confidence, each.baseline) == (ArousalState.SETTLING, 0.0, Grade.NONE)


def test_a_paced_heart_leaves_the_estimator_off() -> None:
    estimator = Estimator(flags=frozenset({Flag.PACEMAKER}))
    assert estimator.baseline_settled
    assert {each.confidence for each in live(estimator, "distress", 16)} == {0.0}


DRUG_STORIES = [
    (Route.IV, "drug"),
    (Route.IM, "drug-im"),
    (Route.INTRANASAL, "drug-intranasal"),
    (Route.ORAL, "drug-oral"),
]


def elevated(told: list[Estimate]) -> list[float]:
    """The seconds in which arousal was called elevated."""
    return [each.time_s for each in told if each.state is ArousalState.ELEVATED]


@pytest.mark.parametrize(("route", "story"), DRUG_STORIES)
def test_the_drug_alone_is_never_called_arousal_where_the_dose_is_marked(route: Route, story: str) -> None:
    listener = SimulatedListener(story, 4)
    doses = tuple((at_s, Act(act)) for at_s, act in listener.marks(3600.0))
    assert doses
    told = live(Estimator(route), story, 60, 4, doses)
    assert elevated(told) == []
    assert max(each.expected_bpm or 0.0 for each in told) > told[600].residual_bpm  # type: ignore[operator]


def test_a_cuff_that_is_marked_is_never_called_arousal() -> None:
    cuffs = tuple((at_s, Act(act)) for at_s, act in SimulatedListener("cuff", 3).marks(2400.0))
    marked = live(Estimator(), "cuff", 40, 3, cuffs)
    assert elevated(marked) == []
    gated = [each for each in marked if each.gated]
    assert gated
    assert {each.confidence for each in gated} == {0.0}
    assert all(each.reasons[0] == "blood-pressure cuff" for each in gated if each.residual_bpm is not None)


def test_a_gate_hides_a_rise_only_while_it_lasts() -> None:
    marks = tuple((750.0 + 60 * number, Act.TALK) for number in range(4))
    told = live(Estimator(), "distress", 24, marks=marks)
    assert not [time_s for time_s in elevated(told) if 750 < time_s <= 750 + 180 + 90]
    assert elevated(told)


def test_a_listener_whose_heart_does_not_answer_is_never_elevated() -> None:
    told = live(Estimator(), "non-responder", 40)
    assert elevated(told) == []
    assert told[-1].confidence > 0.8


def test_after_distressed_nothing_is_learned_upward() -> None:
    plain, marked = (live(Estimator(), "calm", 20, 5, marks) for marks in ((), ((660.0, Act.DISTRESSED),)))
    resting = [(one.resting_bpm or 0.0, other.resting_bpm or 0.0) for one, other in zip(plain, marked, strict=True)]
    assert all(held <= free + 1e-9 for free, held in resting[660:])
    assert resting[1200 - 1][1] < resting[1200 - 1][0]


def test_not_distressed_makes_the_present_excess_this_listeners_rest() -> None:
    told = live(Estimator(), "distress", 17, marks=((900.0, Act.NOT_DISTRESSED),))
    before, after = told[898], told[905]
    assert before.residual_bpm is not None
    assert after.residual_bpm is not None
    assert before.residual_bpm - after.residual_bpm == pytest.approx(8.0, abs=1.0)
    assert after.arousal < before.arousal


def test_not_distressed_while_the_heart_is_low_changes_nothing() -> None:
    plain, marked = (live(Estimator(), "calm", 12, 5, marks) for marks in ((), ((700.0, Act.NOT_DISTRESSED),)))
    residual = plain[699].residual_bpm
    assert residual is not None
    if residual <= 0:
        assert plain[-1] == marked[-1]
    else:
        assert (marked[-1].resting_bpm or 0.0) >= (plain[-1].resting_bpm or 0.0)


def silent_from(at_s: float, minutes: int) -> list[Estimate]:
    """A calm listener whose strap says nothing more from some second on."""
    estimator, told = Estimator(), []
    listener = SimulatedListener("calm", 1)
    for second in range(1, minutes * 60 + 1):
        for event in listener.pull(float(second)):
            if isinstance(event, HeartPacket) and event.arrival_s < at_s:
                estimator.hear(event)
        told.append(estimator.advance(float(second)))
    return told


def test_a_strap_that_falls_silent_is_doubted_after_three_seconds_and_not_believed_after_ten() -> None:
    told = silent_from(900.0, 17)
    assert told[899].confidence > 0.9
    assert 0 < told[906].confidence < told[903].confidence < told[901].confidence
    assert {each.state for each in told[911:]} == {ArousalState.COASTING}
    assert {each.confidence for each in told[911:]} == {0.0}
    assert told[929].reasons == ("no heartbeat for 31 s",)
    assert told[929].hr_bpm is None


def turned(before: str, after: str, at_s: float, minutes: int, seed: int) -> list[Estimate]:
    """One listener whose story becomes another at some second."""
    estimator, told = Estimator(), []
    calm, changed = SimulatedListener(before, seed), SimulatedListener(after, seed)
    for second in range(1, minutes * 60 + 1):
        early, late = calm.pull(float(second)), changed.pull(float(second))
        for event in early if second <= at_s else late:
            if isinstance(event, HeartPacket):
                estimator.hear(event)
        told.append(estimator.advance(float(second)))
    return told


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("story", "usual_confidence"), [("ectopy", 0.97), ("frequent-ectopy", 0.01)])
def test_ectopy_that_begins_after_the_baseline_is_believed_less_and_never_called_arousal(
    story: str, usual_confidence: float, seed: int
) -> None:
    told = turned("calm", story, 660.0, 20, seed)
    assert told[659].baseline is Grade.GOOD
    assert told[659].confidence > 0.9
    after = told[720:]
    assert median(each.confidence for each in after) < usual_confidence
    assert elevated(after) == []
    assert max(each.confidence * asked(each.arousal) for each in after) < 0.01


def test_a_heart_with_very_frequent_ectopy_from_the_start_never_gets_a_baseline() -> None:
    told = live(Estimator(), "frequent-ectopy", 30)
    assert {each.baseline for each in told} == {Grade.NONE}
    assert {each.confidence for each in told} == {0.0}


def test_a_halved_rate_is_doubted_and_said() -> None:
    estimator, said = Estimator(), []
    listener = SimulatedListener("calm", 2)
    for second in range(1, 15 * 60):
        for event in listener.pull(float(second)):
            if isinstance(event, HeartPacket):
                halved = tuple(rr * 2 for rr in event.rr_ticks[:1] if second % 2)
                estimator.hear(replace(event, rr_ticks=halved) if second > 600 else event)
        said.append(estimator.advance(float(second)))
    assert said[-1].confidence < 0.3
    assert any("heart rate near half of expected" in reason for each in said[700:] for reason in each.reasons)


def test_a_strap_without_intervals_is_heard_and_believed_less() -> None:
    told = live(Estimator(), "hr-only+distress", 20)
    assert told[700].baseline is Grade.GOOD
    assert 0.5 < told[700].confidence <= 0.8
    assert "heart rate without single beats" in told[700].reasons
    assert elevated(told)


def test_while_a_drug_is_uncertain_confidence_is_lower_and_comes_back_as_it_is_learned() -> None:
    told = live(Estimator(Route.IM), "calm", 60, 3, ((600.0, Act.DOSE),))
    on_the_ramp = told[600 + 480].confidence
    assert on_the_ramp < told[590].confidence
    assert told[600 + 1500].confidence > on_the_ramp
    assert told[600 + 1500].drug_size_bpm is not None


def test_the_baseline_stands_still_while_the_drug_acts() -> None:
    told = live(Estimator(Route.IM), "drug-im", 40, 3, ((600.0, Act.DOSE),))
    resting = [each.resting_bpm for each in told[620:2000] if each.resting_bpm is not None]
    assert resting == sorted(resting, reverse=True)
    assert resting[0] - resting[-1] < 3.0


def test_an_earlier_session_moves_the_first_expectation_a_little() -> None:
    plain, told = (live(Estimator(prior=prior), "calm", 7, 3) for prior in (None, Prior(50.0)))
    assert plain[-1].expected_bpm is not None
    assert told[-1].expected_bpm is not None
    assert 0.3 < plain[-1].expected_bpm - told[-1].expected_bpm <= 8.0 / 6


def test_what_is_expected_is_rest_and_drug_together() -> None:
    for each in live(Estimator(Route.IM), "calm", 30, 3, ((600.0, Act.DOSE),)):
        if each.expected_bpm is not None:
            assert each.resting_bpm is not None
            assert each.expected_bpm >= each.resting_bpm - 16
            if each.time_s <= 600:
                assert each.expected_bpm == each.resting_bpm


def test_until_a_dose_is_marked_it_says_that_no_drug_is_expected() -> None:
    told = live(Estimator(Route.IM), "calm", 12, 3, ((600.0, Act.DOSE),))
    unmarked = "no dose marked yet: no drug is expected"
    assert told[590].reasons[-1] == unmarked
    assert all(unmarked not in each.reasons for each in told[601:])
    assert unmarked not in live(Estimator(), "calm", 7, 3)[-1].reasons
