"""What docs/estimator.md says is what the code does: its constants, its routes, its options, its pictures."""

import re
from pathlib import Path

import pytest

from benchmarks import affect
from engine.affect import arousal, baseline, confidence, drug, gates, rate, states, stillness
from engine.affect.estimate import Route
from engine.commands.explain import explain
from engine.commands.run import run

ROOT = Path(__file__).resolve().parents[2]
PAGE = " ".join((ROOT / "docs" / "estimator.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (r"The median of (\d+) s of good beats", rate.LEVEL_S),
        (r"\((\d+) s for the display\)", rate.DISPLAY_S),
        (r"within (\d+) % of the median of the last 21", rate.NEAR_SHARE * 100),
        (r"believed less \(x (\.\d+)\)", confidence.HR_ONLY),
        (r"not counting the first (\d+) s", baseline.SKIP_S),
        (r"by (\d+)/min with a time constant of 7 min", baseline.SETTLING_BPM),
        (r"\*Slow adaptation\* toward later calm, (\d+) s both ways", baseline.UP_S),
        (r"no second counts for more than \+(\d+)", baseline.UP_CLIP_BPM),
        (r"or -(\d+\.\d)", baseline.DOWN_CLIP_BPM),
        (r"above (\d+), or rising faster than", stillness.STILL_BPM),
        (r"rising faster than (\d+)/min per minute, it stands still", stillness.STILL_SLOPE_BPM_PER_MIN),
        (r"jumps (\d+\.\d) above its usual", stillness.JUMP_BPM),
        (r"moves by at most (\d+)/min a minute", drug.LEARN_BPM_PER_MIN),
        (r"logistic\(\(residual - (\d+)\)", arousal.MIDDLE_BPM),
        (r"\) / (\d\.\d)\), strictly monotone", arousal.WIDTH_BPM),
        (r"standard deviation of about (\d+)/min", rate.LEVEL_SD_BPM),
        (r"is a new look each (\d+) s", rate.LEVEL_HOLDS_S),
        (r"beta-blocker \((\.\d+)\)", confidence.BETA_BLOCKER),
        (r"needs the scaled residual above (\d+)", states.ENTER_BPM),
        (r"a collected excess over 6 of (\d+)", states.EXCESS_BPM_S),
        (r"after the residual fell to (\d+)", states.LEAVE_BPM),
        (r"It lasts (\d+) s at least", states.ELEVATED_AT_LEAST_S),
        (r"\*\*Gates\*\* of (\d+) s", gates.GATE_S),
    ],
)
def test_the_page_prints_the_constants_in_force(said: str, meant: float) -> None:
    found = re.findall(said, PAGE)
    assert [float(each) for each in found] == [pytest.approx(meant)], said


@pytest.mark.parametrize("route", [route for route in Route if route is not Route.NONE])
def test_the_page_prints_what_is_expected_of_each_route(route: Route) -> None:
    prior = drug.PRIORS[route]
    assert re.search(rf"\| {route} \| [^|]+ \| \+{prior.mean_bpm:.0f}, {prior.sd_bpm:.0f} \|", PAGE)


def test_every_option_on_the_page_exists(capsys: pytest.CaptureFixture[str]) -> None:
    known = {name for command in (run, explain) for each in command.params for name in each.opts}
    with pytest.raises(SystemExit):
        affect.main(["--help"])
    known |= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert set(re.findall(r"(?<=[ (`])--[a-z-]+", PAGE)) <= known


def test_every_picture_on_the_page_is_there_and_small() -> None:
    pictures = [ROOT / "docs" / name for name in re.findall(r"\]\((pictures/[^)]+)\)", PAGE)]
    assert len(pictures) == 2
    assert all(10_000 < picture.stat().st_size < 100_000 for picture in pictures)


def test_the_page_is_about_two_pages_long() -> None:
    assert 700 < len(PAGE.split()) < 1900
