"""Numbers that are none, paths that name nothing and endings that promise another format begin no command."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import cli
from engine.config import ConfigError, check
from engine.errors import UsageError
from engine.output.destination import MIDI_ENDINGS, check_ending

AMOUNTS = {
    "render": "--minutes",
    "tune": "--minutes",
    "run": "--minutes",
    "prune": "--older-than",
    "scan": "--seconds",
    "capture": "--seconds",
}


def refused(*words: object) -> Result:
    """A call that is a usage error before it begins."""
    told = CliRunner().invoke(cli, [str(word) for word in words])
    assert told.exit_code == 2, told.output
    assert told.output.startswith("Usage: ")
    return told


@pytest.mark.parametrize("number", ["nan", "NaN", "inf", "-inf"])
@pytest.mark.parametrize(("command", "option"), [*AMOUNTS.items(), ("demo", "--seconds"), ("demo", "--speed")])
def test_what_is_no_number_is_no_amount(command: str, option: str, number: str) -> None:
    assert option in refused(command, option, number).output


def test_records_older_than_all_time_are_not_asked_for() -> None:
    refused("prune", "--older-than", "1e300", "--dry-run")


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--record", ""),
        ("demo", "--record", ""),
        ("prune", "--record", ""),
        ("render", "-o", ""),
        ("render", "--wav", ""),
        ("render", "--plot", ""),
        ("tune", "--plot", ""),
        ("capture", "-o", ""),
        ("replay", ""),
        ("explain", ""),
    ],
    ids=" ".join,
)
def test_an_empty_path_is_not_the_working_folder(words: tuple[str, ...]) -> None:
    assert "names nothing" in refused(*words).output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("render", "--soundfont", "nope.sf2", "--minutes", "1"), "--wav"),
        (("tune", "--plot", "x.png"), "--against PROFILE"),
        (("run", "--lan", "--web", "none", "--heart", "none", "--out", "none"), "leave one of them out"),
        (("demo", "--speed", "100", "--web", "127.0.0.1:0", "--out", "synth"), "leave --out and --web out"),
        (("demo", "--speed", "2", "--web", "none", "--out", "none", "--out", "auto"), "leave --out out"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_would_be_passed_over_in_silence_is_a_slip(words: tuple[str, ...], said: str) -> None:
    told = CliRunner().invoke(cli, words)
    assert isinstance(told.exception, UsageError)
    assert said in str(told.exception)


@pytest.mark.parametrize(
    "words",
    [
        ("render", "-o", "/nope/x.mid"),
        ("render", "--wav", "/nope/x.wav"),
        ("render", "--plot", "/nope/y.png"),
        ("replay", "x", "-o", "/nope/x.mid"),
        ("tune", "--against", "dusk", "--plot", "/nope/y.png"),
    ],
    ids=" ".join,
)
def test_a_folder_that_is_not_there_is_told_before_anything_is_folded(words: tuple[str, ...]) -> None:
    said = " ".join(refused(*words).output.replace("│", "").split())
    assert f"{words[-1]} cannot be saved: there is no folder /nope." in said


@pytest.mark.parametrize("command", ["demo", "tune"])
def test_a_file_is_not_promised_by_a_command_that_writes_none(command: str, tmp_path: Path) -> None:
    told = CliRunner().invoke(cli, [command, "--out", f"file:{tmp_path / 'x.mid'}"])
    assert isinstance(told.exception, UsageError)
    assert "only calando run writes such a file" in str(told.exception)


def test_a_mark_beyond_the_end_is_said_to_happen_never() -> None:
    words = ("--minutes", "1", "--mark", "99:00=dose", "--mark", "01:00=cuff", "--heart", "sim:calm")
    told = CliRunner().invoke(cli, ["render", *words])
    assert told.stderr == "It ends after 1 minute; what is marked later never happens: 99:00=dose.\n"
    assert CliRunner().invoke(cli, ["render", *words[:2]]).stderr == ""


def test_an_empty_profile_is_none() -> None:
    (problem,) = check("")
    assert "names no profile; shipped are" in str(problem)
    told = CliRunner().invoke(cli, ["render", ""])
    assert isinstance(told.exception, ConfigError)


@pytest.mark.parametrize(
    ("words", "ending"),
    [
        (("render", "-o", "a.txt"), ".mid"),
        (("render", "-o", "a.wav"), ".mid"),
        (("render", "--wav", "a.mp3"), ".wav"),
        (("render", "--plot", "a.jpg"), ".png"),
        (("render", "--plot", "a.pdf"), ".png"),
        (("tune", "--against", "dusk", "--plot", "a.svg"), ".png"),
        (("replay", "x", "-o", "a.mp3"), ".mid"),
        (("replay", "x", "--wav", "a.flac"), ".wav"),
        (("replay", "x", "--plot", "a.jpeg"), ".png"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_no_file_is_given_another_formats_ending(words: tuple[str, ...], ending: str) -> None:
    said = " ".join(refused(*words).output.split())
    assert f"ends in {Path(words[-1]).suffix}, but what is written is {ending}" in said


@pytest.mark.parametrize("name", ["a.mid", "a.MID", "a.midi", "music", "/dev/null", "/dev/full"])
def test_what_promises_nothing_else_may_be_written(name: str) -> None:
    check_ending(Path(name), MIDI_ENDINGS)


def test_a_pipe_may_have_any_name(tmp_path: Path) -> None:
    pipe = tmp_path / "music.pipe"
    with pytest.raises(UsageError, match=r"ends in \.pipe"):
        check_ending(pipe, MIDI_ENDINGS)
    os.mkfifo(pipe)
    check_ending(pipe, MIDI_ENDINGS)
