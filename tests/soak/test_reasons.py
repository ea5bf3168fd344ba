"""What excuses a guardian that falls silent by itself."""

from engine.soak.reasons import STORM_LINES, Reasons


def test_an_engine_that_lives_is_no_reason_and_one_that_does_not_is() -> None:
    reasons = Reasons()
    reasons.lives(10.0)
    assert not reasons.known(10.6)
    assert reasons.known(10.8)


def test_a_storm_of_nonsense_is_a_reason_and_less_is_none() -> None:
    reasons = Reasons()
    for index in range(STORM_LINES):
        reasons.nonsense(10.0 + index / 10)
    reasons.lives(15.0)
    assert not reasons.known(15.0)
    reasons.nonsense(15.0)
    assert reasons.known(15.0)
    reasons.lives(20.1)
    assert not reasons.known(20.1)
