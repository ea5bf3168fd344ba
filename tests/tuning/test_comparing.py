"""Two profiles over the same heart: a table and a page that a tuner can read."""

from dataclasses import replace
from pathlib import Path

from engine.config import load
from engine.offline import fold_recording
from engine.session import Setup
from engine.tuning.comparing import BEYOND, Heard, heard, table
from generators.gates import GATES, beyond, is_within
from sensors.simulated import SimulatedListener
from tests.calls import call


def piece(name: str) -> Heard:
    return heard(name, fold_recording(Setup(load(name), 1), SimulatedListener("calm", 1), 4))


def test_every_measure_has_a_line_and_every_profile_a_column() -> None:
    one, other = piece("default"), piece("snow")
    lines = table([one, other]).splitlines()
    assert lines[0].split() == ["gate", "default", "snow"]
    assert {line.split()[0] for line in lines[1:]} >= set(GATES)


def test_what_lies_beyond_its_gate_is_marked() -> None:
    assert beyond({"velocity_max": 90.0, "notes": 9.0}) == {"velocity_max": 90.0}
    assert is_within("velocity_max", 72.0)
    loud = replace(piece("snow"), measures={"velocity_max": 90.0})
    marked = [line.split()[0] for line in table([loud]).splitlines() if line.endswith(BEYOND)]
    assert marked == ["velocity_max"]


def test_against_prints_the_table_and_draws_the_page(tmp_path: Path) -> None:
    page = tmp_path / "both.png"
    words = ("tune", "dusk", "--against", "hearth", "--minutes", "3", "--heart", "sim:calm", "--plot", page)
    answer = call(*words, folder=tmp_path)
    assert answer.code == 0
    assert "dusk" in answer.out.splitlines()[0]
    assert page.read_bytes().startswith(b"\x89PNG")
