"""A pseudonym's earlier sessions weigh a little, when asked; a code is no name; replay needs no other record."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.affect.estimate import Route
from engine.affect.prior import Prior
from engine.errors import UsageError
from engine.inputs import Act
from engine.offline import Mark, fold_recording
from engine.record.database import JournalError
from engine.record.earlier import Earlier, check_pseudonym, earlier_sessions
from engine.record.folder import head, keep, new_folder
from engine.record.meta import setup_of
from engine.record.recorded import read
from engine.session import Setup
from sensors.replay import Replay
from sensors.simulated import SimulatedListener
from tests.calls import call
from tests.session.sessions import a_setup, steady_heart

CODE = "K-017"
MINUTES = 9.0


def lived(records: Path, hr_bpm: float, label: str, pseudonym: str | None = CODE, minutes: float = MINUTES) -> Path:
    """A short recorded session of somebody whose heart rests at this rate."""
    setup = replace(a_setup(), pseudonym=pseudonym)
    folder = new_folder(records, label)
    heart = Replay(steady_heart(round(minutes * 60), hr_bpm))
    keep(fold_recording(setup, heart, minutes), folder)
    return folder.path


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions of one listener, one of another, one too short for a baseline, one of nobody."""
    root = tmp_path_factory.mktemp("records")
    lived(root, 60.0, "a")
    lived(root, 64.0, "b")
    lived(root, 90.0, "c", "K-018")
    lived(root, 80.0, "d", minutes=3.0)
    lived(root, 95.0, "e", None)
    return root


def test_only_ones_own_sessions_with_a_good_baseline_count(records: Path) -> None:
    found = earlier_sessions(records, CODE)
    assert found.prior is not None
    assert found.prior.resting_bpm == pytest.approx(62, abs=2.5)
    assert found.prior.drug_bpm is None
    assert found.sentence.startswith(f"2 earlier sessions of {CODE}: resting heart rate")


def test_a_stranger_has_no_prior(records: Path) -> None:
    assert earlier_sessions(records, "K-999") == Earlier(
        None, "No earlier session of K-999 has a good baseline; today's counts alone."
    )


def test_a_record_that_cannot_be_read_is_told_never_passed_over(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "session.sqlite").write_text("this was a database once, before the disk was full")
    with pytest.raises(JournalError, match=r"broken.session\.sqlite is not a calando record.*Move it away"):
        earlier_sessions(tmp_path, CODE)


@pytest.mark.parametrize("code", ["Anna", "Anna Miller", "K", "", "K-017;drop", "Ä-1", "K-0000000000000000017", "7 K"])
def test_what_may_be_a_name_is_no_code(code: str) -> None:
    with pytest.raises(UsageError, match="never a name"):
        check_pseudonym(code)


@pytest.mark.parametrize("code", ["K-017", "R2D2", "0412-b"])
def test_a_code_has_a_digit(code: str) -> None:
    assert check_pseudonym(code) == code


def test_the_head_of_a_record_gives_the_whole_setup_back() -> None:
    setup = replace(a_setup(), pseudonym=CODE, prior=Prior(61.5, 3.0))
    assert setup_of(json.loads(json.dumps(head(setup)))) == setup


def test_a_record_from_before_pseudonyms_still_opens() -> None:
    meta = head(a_setup())
    del meta["pseudonym"], meta["prior"]
    assert setup_of(meta) == a_setup()


def test_a_prior_moves_the_expected_rate_a_little_and_replay_is_identical(tmp_path: Path) -> None:
    folder = new_folder(tmp_path, "room")
    setups = [a_setup(), replace(a_setup(), prior=Prior(58.0))]
    plain, told = (fold_recording(each, SimulatedListener("calm", 2), 9.0) for each in setups)
    keep(told, folder)
    expected = [each.decisions[-1].estimate.expected_bpm or 0.0 for each in (plain, told)]
    assert 0.05 < abs(expected[1] - expected[0]) < 1.5
    recorded = read(folder.journal)
    again = fold_recording(setup_of(recorded.meta), SimulatedListener("calm", 2), 9.0)
    assert tuple(again.events) == recorded.events
    assert again.decisions == told.decisions


def test_a_learned_drug_size_is_carried_on(tmp_path: Path) -> None:
    setup = Setup(a_setup().profile, 1, Route.IM, pseudonym=CODE)
    folder = new_folder(tmp_path, "room")
    keep(fold_recording(setup, SimulatedListener("calm", 1), 45.0, [Mark(600.0, Act.DOSE)]), folder)
    found = earlier_sessions(tmp_path, CODE).prior
    assert found is not None
    assert found.drug_bpm is not None
    assert abs(found.drug_bpm) < 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--pseudonym", "Anna"), "never a name"),
        (("--earlier-sessions",), "needs --pseudonym"),
    ],
)
def test_the_command_line_asks_for_a_code(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    answer = call("run", "--heart", "none", "--out", "none", *arguments, folder=tmp_path)
    assert answer.code == 2
    assert said in answer.sentence


def test_a_live_session_keeps_the_code_and_what_it_was_told(records: Path, tmp_path: Path) -> None:
    asked = ("--pseudonym", CODE, "--earlier-sessions", "--record", str(records))
    answer = call(
        "run",
        "--heart",
        "sim:calm",
        "--out",
        "none",
        "--minutes",
        "0.1",
        "--room",
        "looks-back",
        *asked,
        folder=tmp_path,
    )
    assert answer.code == 0
    assert f"2 earlier sessions of {CODE}" in answer.out
    record = Path(answer.out.rsplit("Record: ", 1)[1].strip())
    setup = setup_of(read(record / "session.sqlite").meta)
    assert setup.pseudonym == CODE
    assert setup.prior == earlier_sessions(records, CODE).prior
