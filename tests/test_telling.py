"""What the terminal says of a session is true of short, silent and heartless ones too."""

from engine.affect.estimate import Flag
from engine.inputs import Act
from engine.session import Setup
from engine.telling import summary, tell
from sensors.heart import Link
from sensors.simulated import SimulatedListener
from tests.session.sessions import a_setup, commands, default_profile, fold, heard, merged, pulled, steady_heart


def lines(setup: Setup, seconds: float, acts: dict[float, Act], hr_bpm: float | None = None) -> list[str]:
    beats = heard(steady_heart(round(seconds), hr_bpm)) if hr_bpm else {}
    rendering, _ = fold(setup, seconds, merged(commands(acts), beats))
    return summary(rendering.decisions, rendering.notes).splitlines()


def test_a_short_session_has_one_pulse_and_no_calmest_moment() -> None:
    played, calm, _ = lines(a_setup(), 30, {0: Act.PLAY_ON}, hr_bpm=66.0)
    assert "pulse 56 a minute" in played
    assert calm == "Never asked for calm."


def test_a_session_that_calmed_says_between_which_pulses_and_when() -> None:
    rendering, _ = fold(
        a_setup(), 20 * 60, merged(commands({0: Act.PLAY_ON}), pulled(SimulatedListener("distress", 1), 20 * 60))
    )
    played, calm, arousal = summary(rendering.decisions, rendering.notes).splitlines()
    assert "pulse between 3" in played
    assert calm.startswith("Calmest at 1")
    assert "elevated" in arousal


def test_only_what_was_played_counts_as_music() -> None:
    played = lines(a_setup(), 18, {0: Act.PLAY_ON, 5: Act.SILENCE})[0]
    assert played.startswith("00:05 of music in 00:18, ")
    assert lines(a_setup(), 18, {}) == ["Nothing was played."]


def test_without_a_heart_no_arousal_is_told() -> None:
    nobody = "Arousal: not known, no heart was followed."
    assert lines(a_setup(hears_a_heart=False), 10, {0: Act.PLAY_ON})[2] == nobody
    flagged = Setup(default_profile(), 1, flags=frozenset({Flag.PACEMAKER}))
    assert lines(flagged, 10, {0: Act.PLAY_ON}, hr_bpm=66.0)[2] == nobody
    assert lines(a_setup(), 10, {0: Act.PLAY_ON}, hr_bpm=66.0)[2].startswith("Arousal: settling 00:")


def test_in_a_silence_nothing_says_that_the_music_plays() -> None:
    inputs = merged(commands({0: Act.PLAY_ON, 5: Act.SILENCE}), heard(steady_heart(20)))
    rendering, _ = fold(a_setup(), 20, inputs)
    told = tell(rendering.decisions[10])
    assert "music: silence" in told
    assert "silent until a person plays on; no arousal known: music started within the last 90 s" in told


def test_no_state_of_the_link_is_told_in_signs() -> None:
    assert Link.STREAMING_RR.words == "heard"
    assert all(set(link.words) <= set("abcdefghijklmnopqrstuvwxyz, ") for link in Link)
