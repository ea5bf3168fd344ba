"""The command line: cheap to ask, and every failure one sentence with its exit code, never a traceback."""

import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from engine import cli
from engine.errors import (
    INTERRUPTED,
    CalandoError,
    DeviceNotFoundError,
    LinkFailedError,
    SafetyStopError,
    UsageError,
)
from sensors.replay import ReplayError, ReplayWordsError
from sensors.simulated import StoryError
from sensors.strap import NoBluetoothError, NoSuchStrapError, SeveralStrapsError
from tests.calls import ROOT, Answer, call, command, cpu_s, home

RECORDING = "time_s,rr_ms\n" + "".join(f"{beat * 0.9:.1f},900\n" for beat in range(100))


def ended_by(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code where a command fails with this."""

    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: failing)
    with pytest.raises(SystemExit) as ended:
        cli.main(["check"])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_help_names_every_command_and_costs_next_to_nothing(tmp_path: Path) -> None:
    help_text = call("--help", folder=tmp_path).out
    assert all(name in help_text and line in help_text for name, line in cli.COMMANDS.items())
    assert min(cpu_s("--help", folder=tmp_path) for _ in range(3)) < 0.150


def test_help_imports_no_command() -> None:
    script = "import sys, engine.cli; print([m for m in sys.modules if m.startswith(('engine.', 'sensors', 'numpy'))])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert said.strip() == "['engine.errors', 'engine.words', 'engine.cli']"


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_there_and_explains_itself(name: str) -> None:
    assert callable(getattr(importlib.import_module(f"engine.commands.{name}"), name))
    told = CliRunner().invoke(cli.cli, [name, "--help"])
    assert told.exit_code == 0
    assert "Usage: cli" in told.output


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CalandoError("It failed."), 1),
        (UsageError("Not so."), 2),
        (DeviceNotFoundError("Not there."), 3),
        (LinkFailedError("No answer."), 4),
        (ReplayError("line 3 is no number."), 1),
        (ReplayWordsError("no file."), 2),
        (StoryError("no such story."), 2),
        (NoBluetoothError("no adapter."), 3),
        (NoSuchStrapError("no strap."), 3),
        (SeveralStrapsError("two straps."), 3),
        (ExceptionGroup("both", [DeviceNotFoundError("Not there.")]), 3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_typed_errors_become_one_sentence_and_their_code(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended_by(error, monkeypatch) == code
    first = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
    assert capsys.readouterr().err == f"calando: {first}\n"


def test_a_bug_is_owned_up_to_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended_by(ZeroDivisionError("division by zero"), monkeypatch) == 1
    said = capsys.readouterr().err
    assert "(ZeroDivisionError)" in said
    assert len(said.splitlines()) == 1


def test_a_developer_can_have_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALANDO_TRACEBACK", "1")
    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: click.Command("x", callback=lambda: 1 / 0))
    with pytest.raises(ZeroDivisionError):
        cli.main(["check"])


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), click.Abort()], ids=["Ctrl-C", "abort"])
def test_an_interruption_is_130(interruption: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ended_by(interruption, monkeypatch) == 130


IMPATIENT = """
import atexit, signal, sys

coming = sys.argv.pop(1)

class Impatient:
    def find_spec(self, name, *_):
        if name == coming:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Impatient())
atexit.register(signal.raise_signal, signal.SIGINT)
from engine.__main__ import main
sys.argv[1:] = ["check", "default"]
main()
"""


@pytest.mark.parametrize("coming", ["engine.cli", "click", "engine.errors", "engine.commands.check", "engine.config"])
def test_whoever_interrupts_while_it_comes_and_again_while_it_goes_meets_no_traceback(coming: str) -> None:
    words = [sys.executable, "-c", IMPATIENT, coming]
    ended = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (ended.returncode, ended.stderr.strip()) == (130, "")


def test_the_command_begins_with_its_light_first_step() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"calando": "engine.__main__:main"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chekc"], "did you mean 'check'?"),
        (["check", "--explian"], "--explain"),
        (["render", "--minutes", "soon"], "--minutes"),
        (["run", "--minutes", "-4"], "--minutes"),
        (["ports", "--channel", "17"], "--channel"),
    ],
    ids=" ".join,
)
def test_a_slip_of_the_pen_is_usage(arguments: list[str], said: str, tmp_path: Path) -> None:
    answer = call(*arguments, folder=tmp_path)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "defualt"], 2, "did you mean 'default'"),
        (["run", "--heart", "blee", "--out", "none"], 2, "did you mean 'ble'"),
        (["run", "--out", "sinth", "--heart", "none"], 2, "did you mean 'synth'"),
        (["run", "--heart", "ble", "--out", "none"], 3, "system bus"),
        (["run", "--heart", "replay:a.csv?subjct=", "--out", "none"], 2, "only ?subject=S can follow"),
        (["run", "--heart", "none", "--out", "none", "--record", "/proc/x"], 1, "No record can be kept in /proc/x"),
        (["run", "--heart", "none", "--out", "file:/nope/x.mid"], 2, "there is no folder /nope"),
        (["run", "--heart", "none", "--out", "file:{folder}"], 2, "is a folder"),
        (["run", "--heart", "none", "--out", "midi:No Such Synth"], 3, "MIDI"),
        (["render", "--mark", "5=dose"], 2, "MM:SS=ACT"),
        (["render", "--heart", "sim:distres"], 2, "distress"),
        (["render", "--heart", "replay:nowhere.csv"], 2, "there is no recording nowhere.csv: write where one lies"),
        (["render", "--heart", "replay:{folder}/people.csv?subject=C"], 2, "choose from A, B"),
        (["render", "--heart", "auto"], 2, "replay:FILE, sim:STORY or none"),
        (["render", "--heart", "foo"], 2, "there is no source 'foo'; here may stand auto, "),
        (["render", "--mark", "05:00=foo"], 2, "nobody can do 'foo'; here may stand "),
        (["run", "--out", "nonne"], 2, "did you mean 'none'?"),
        (["prune", "--record", "/nope"], 2, "There is no folder /nope"),
        (["render", "--heart", "replay:{folder}/words.csv"], 1, "words.csv"),
        (["render", "--minutes", "1", "-o", "/dev/full"], 1, "/dev/full"),
        (["run", "--heart", "none", "--out", "none", "--minutes", "0.1", "--record", "/dev/full/x"], 1, "/dev/full"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    arguments: list[str], code: int, said: str, tmp_path: Path
) -> None:
    (tmp_path / "words.csv").write_text("these are\nnot beats\n")
    (tmp_path / "people.csv").write_text("subject,time_s,rr_ms\nA,0.9,900\nB,0.9,900\n")
    answer = call(*(word.format(folder=tmp_path) for word in arguments), folder=tmp_path)
    assert answer.code == code, answer
    assert said in answer.sentence
    assert "?." not in answer.sentence


@pytest.mark.parametrize("words", ["doctor", "check --explain default", "render --minutes 1 --json"])
def test_where_standard_output_is_full_that_is_said(words: str, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        child = subprocess.run(
            command(*words.split()),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=home(tmp_path),
            check=False,
        )
    answer = Answer(child.returncode, "", child.stderr)
    assert (answer.code, "printed cannot be written (No space left on device)" in answer.sentence) == (1, True)


def test_a_file_that_fails_at_the_end_loses_neither_the_record_nor_where_it_is(tmp_path: Path) -> None:
    words = ("--heart", "none", "--out", "file:/dev/full", "--minutes", "0.1", "--web", "none", "--record", tmp_path)
    answer = call("run", *words, folder=tmp_path)
    assert (answer.code, "No space left" in answer.sentence) == (1, True)
    record = Path(answer.out.rpartition("Record: ")[2].strip())
    assert {each.name for each in record.iterdir()} == {"session.sqlite", "session.mid", "session.png"}


def test_a_reader_that_goes_away_is_no_failure_to_talk_about(tmp_path: Path) -> None:
    with subprocess.Popen(
        command("check", "--schema"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=home(tmp_path)
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""


def test_environment_names_mirror_the_options(tmp_path: Path) -> None:
    recording = tmp_path / "heart.csv"
    recording.write_text(RECORDING)
    env = {"CALANDO_RENDER_HEART": f"replay:{recording}", "CALANDO_RENDER_OUTPUT": str(tmp_path / "a.mid")}
    assert call("render", folder=tmp_path, env=env).code == 0
    assert (tmp_path / "a.mid").stat().st_size > 0
    env["CALANDO_RENDER_MARK"] = "00:01=cuff 00:02=sneeze"
    answer = call("render", folder=tmp_path, env=env)
    assert (answer.code, "'sneeze'" in answer.sentence) == (2, True)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_environment_calls_every_option_as_a_person_does(name: str) -> None:
    found = cli.cli.get_command(click.Context(cli.cli), name)
    assert found is not None
    options = [each for each in found.params if isinstance(each, click.Option)]
    said = [next(word for word in each.opts if word.startswith("--"))[2:] for each in options]
    assert [each.envvar for each in options] == [f"CALANDO_{name}_{each}".replace("-", "_").upper() for each in said]


CODES = {
    0: "it did",
    CalandoError.exit_code: "failed",
    UsageError.exit_code: "call",
    DeviceNotFoundError.exit_code: "not there",
    LinkFailedError.exit_code: "reached",
    SafetyStopError.exit_code: "faded",
    INTERRUPTED: "Ctrl-C",
}


def test_the_page_lists_every_exit_code_and_no_other() -> None:
    page = (ROOT / "docs" / "tuning.md").read_text().partition("| exit code |")[2].partition("\n\n")[0]
    rows = {int(code): words for code, words in re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)}
    assert list(rows) == list(CODES)
    assert all(CODES[code] in words for code, words in rows.items())
    assert set(cli.SENSOR_ERRORS.values()) <= set(rows)
