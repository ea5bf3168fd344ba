"""Shadow: what the heart would do is decided and shown; what plays is the plain profile, whatever the heart does."""

from dataclasses import replace

from engine.inputs import Act
from engine.record.meta import meta_of, setup_of
from sensors.simulated import SimulatedListener
from tests.session.sessions import a_setup, commands, fold, merged, pulled

SHADOW = replace(a_setup(), shadow=True)
MINUTES = 18


def test_a_shadow_decides_as_the_heart_would_and_plays_as_if_it_were_calm() -> None:
    story = merged(commands({0.0: Act.PLAY_ON}), pulled(SimulatedListener("distress", 1), MINUTES * 60))
    shadow, shadow_folds = fold(SHADOW, MINUTES * 60, story)
    followed, followed_folds = fold(a_setup(), MINUTES * 60, story)
    assert [each.offset for each in shadow.decisions] == [each.offset for each in followed.decisions]
    assert [each.intent for each in shadow.decisions] == [each.intent for each in followed.decisions]
    assert shadow.decisions[-1].offset > 0.4
    assert followed_folds[-1].tempo_bpm < 0.8 * shadow_folds[-1].tempo_bpm
    assert [each.phase for each in shadow.decisions] == [each.phase for each in followed.decisions]


def test_staff_are_heard_in_a_shadow_too() -> None:
    _, folds = fold(SHADOW, 120, commands({0.0: Act.PLAY_ON, 10.0: Act.EASE, 11.0: Act.EASE, 12.0: Act.EASE}))
    _, plain = fold(SHADOW, 120, commands({0.0: Act.PLAY_ON}))
    assert folds[-1].tempo_bpm < plain[-1].tempo_bpm - 3


def test_a_record_says_that_it_was_a_shadow() -> None:
    assert setup_of(meta_of(SHADOW, version="test", started="now")).shadow
