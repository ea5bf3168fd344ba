"""Any second of a session can be asked for why it was as it was, and terminal and record say the same."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.affect.estimate import Route
from engine.config import load
from engine.errors import CalandoError
from engine.offline import Rendering, fold_recording
from engine.record.database import JournalError
from engine.record.explained import read_explained, worth_telling
from engine.record.folder import keep, new_folder
from engine.record.recorded import read
from engine.session import Setup
from engine.telling import tell
from sensors.simulated import SimulatedListener
from tests.calls import call

MINUTES = 16.0


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rendering, Path]:
    rendering = fold_recording(Setup(load("default"), 1, Route.NONE), SimulatedListener("distress", 1), MINUTES)
    folder = new_folder(tmp_path_factory.mktemp("records"), "room")
    keep(rendering, folder)
    return rendering, folder.path


def test_every_second_of_a_long_session_is_on_the_disk(kept: tuple[Rendering, Path]) -> None:
    rendering, folder = kept
    with closing(sqlite3.connect(folder / "session.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM gap").fetchone() == (0,)
    assert [second.time_s for second in read_explained(folder)] == [each.time_s for each in rendering.decisions]


def test_terminal_and_record_say_the_same_sentence(kept: tuple[Rendering, Path]) -> None:
    rendering, folder = kept
    for second, decision in zip(read_explained(folder), rendering.decisions, strict=True):
        assert second.sentence == decision.sentence
        assert tell(decision).endswith(decision.sentence)


def test_each_sentence_until_the_end_says_arousal_confidence_and_what_was_asked(kept: tuple[Rendering, Path]) -> None:
    decisions = kept[0].decisions
    assert {each.sentence for each in decisions if each.playing == "end"} == {"the session ends"}
    for decision in (each for each in decisions if each.playing != "end"):
        assert "arousal" in decision.sentence
        assert "calm" in decision.sentence.rsplit("; ", 1)[1]
        known = decision.estimate.residual_bpm is not None
        assert (f"confidence {decision.estimate.confidence:.2f}" in decision.sentence) is known


def test_the_command_tells_one_second_or_the_turns(kept: tuple[Rendering, Path], tmp_path: Path) -> None:
    rendering, folder = kept
    one = call("explain", str(folder), "--at", "14:30", folder=tmp_path)
    assert one.out.strip() == f"14:30  {rendering.decisions[870].sentence}"
    turns = call("explain", str(folder / "session.sqlite"), folder=tmp_path).out.splitlines()
    assert len(turns) == len(list(worth_telling(read_explained(folder))))
    assert any("elevated" in line for line in turns)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--at", "90:00"), "tells nothing of 90:00: it holds 00:00 to 16:07"), (("--at", "soon"), "not MM:SS")],
)
def test_a_second_that_is_not_there_is_said_so(
    kept: tuple[Rendering, Path], arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    answer = call("explain", str(kept[1]), *arguments, folder=tmp_path)
    assert answer.code
    assert said in answer.sentence


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1])
def test_a_record_that_was_cut_short_is_called_damaged_and_not_a_strangers(
    kept: tuple[Rendering, Path], share: float, tmp_path: Path
) -> None:
    whole = (kept[1] / "session.sqlite").read_bytes()
    (tmp_path / "session.sqlite").write_bytes(whole[: int(len(whole) * share)])
    for reads in (read_explained, lambda folder: read(folder / "session.sqlite")):
        with pytest.raises(JournalError, match=r"^The record .* is damaged: a part of it is missing"):
            reads(tmp_path)


def test_what_is_no_record_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="There is no record at"):
        read_explained(tmp_path)
    (tmp_path / "session.sqlite").write_text("not a database, but long enough to look at")
    with pytest.raises(CalandoError, match="is not a calando record"):
        read_explained(tmp_path)
