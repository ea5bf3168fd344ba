"""Stories of the estimator: what a listener's heart does, and what is said of it."""

from engine.affect.arousal import Estimator
from engine.affect.estimate import ArousalState, Estimate, Flag, Grade
from engine.inputs import Act
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
