"""What staff say of a listener beforehand, and marks made beforehand, reach the estimator."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.affect.estimate import Estimate, Flag, Route
from engine.inputs import Act
from engine.offline import Mark, fold_recording
from engine.profile import Profile
from engine.session import Setup
from sensors.simulated import SimulatedListener
from tests.calls import call
from tests.session.sessions import default_profile

DOSE_S = 480.0


def estimates(setup: Setup, minutes: float, *marks: Mark, story: str = "calm") -> list[Estimate]:
    rendering = fold_recording(setup, SimulatedListener(story, 1), minutes, marks, ends=False)
    return [each.estimate for each in rendering.decisions]


def drug_bpm(estimate: Estimate) -> float:
    assert estimate.expected_bpm is not None
    assert estimate.resting_bpm is not None
    return estimate.expected_bpm - estimate.resting_bpm


def infused(minutes: float) -> Profile:
    return default_profile().model_copy(update={"infusion_minutes": minutes})


def test_the_profile_says_how_long_the_infusion_runs() -> None:
    dose = Mark(DOSE_S, Act.DOSE)
    short, long = (estimates(Setup(infused(length), 1, Route.IV), 10, dose) for length in (10.0, 60.0))
    assert drug_bpm(short[-1]) > 1.5 * drug_bpm(long[-1]) > 0


def test_without_a_dose_mark_no_drug_is_expected() -> None:
    assert drug_bpm(estimates(Setup(default_profile(), 1, Route.IM), 10)[-1]) == 0.0


def test_the_dose_is_expected_by_its_route() -> None:
    dose = Mark(DOSE_S, Act.DOSE)
    by_route = {
        route: drug_bpm(estimates(Setup(default_profile(), 1, route), 12, dose)[-1])
        for route in (Route.NONE, Route.IM, Route.ORAL)
    }
    assert by_route[Route.NONE] == by_route[Route.ORAL] == 0.0 < by_route[Route.IM]


def test_a_beta_blocker_caps_what_is_believed_and_says_so() -> None:
    flagged = Setup(default_profile(), 1, flags=frozenset({Flag.BETA_BLOCKER}))
    believed = estimates(flagged, 9)[-1]
    assert 0.4 < believed.confidence <= 0.6
    assert "beta-blocker flattens the heart rate" in believed.reasons


@pytest.mark.parametrize("flag", [Flag.ARRHYTHMIA, Flag.PACEMAKER])
def test_an_irregular_or_paced_heart_leaves_the_music_to_staff(flag: Flag) -> None:
    setup = replace(Setup(default_profile(), 1), flags=frozenset({flag}))
    rendering = fold_recording(setup, SimulatedListener("distress", 1), 15, ends=False)
    assert {each.offset for each in rendering.decisions} == {0.0}
    assert {each.estimate.confidence for each in rendering.decisions} == {0.0}


@pytest.mark.parametrize("act", [Act.CUFF, Act.TALK, Act.POSTURE])
def test_a_mark_made_beforehand_gates_ninety_seconds(act: Act) -> None:
    told = estimates(Setup(default_profile(), 1), 10, Mark(500.0, act))
    assert [round(each.time_s) for each in told if each.gated and each.time_s > 300] == list(range(500, 590))


def test_music_that_starts_gates_too() -> None:
    again = (Mark(500.0, Act.PAUSE), Mark(540.0, Act.PLAY_ON))
    told = estimates(Setup(default_profile(), 1), 11, *again)
    gated = [each for each in told if each.gated and each.time_s > 300]
    assert [round(each.time_s) for each in gated] == list(range(540, 630))
    assert gated[0].reasons[0] == "music started within the last 90 s"


def test_the_command_line_takes_route_flags_and_marks(tmp_path: Path) -> None:
    words = ("--heart", "sim:calm", "--minutes", "9", "--route", "im", "--flag", "beta-blocker", "--mark", "08:00=cuff")
    answer = call("render", *words, folder=tmp_path)
    assert answer.code == 0
    wrong = call("render", "--mark", "08:00=cough", folder=tmp_path)
    assert "nobody can do 'cough'" in wrong.sentence
