"""``calando check``: all that is wrong, where it stands, and where each value comes from."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import cli

TYPOS = 'extends = "default"\nconfig_version = 1\nname = "x"\nbreath_per_min = 60\n\n[calm]\ntempo_shar = 0.35\n'


@pytest.fixture
def typos(tmp_path: Path) -> Path:
    file = tmp_path / "typos.toml"
    file.write_text(TYPOS)
    return file


def check(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["check", *map(str, arguments)])


def test_a_shipped_profile_is_fine() -> None:
    told = check("default", "ketamine-iv-40")
    assert (told.exit_code, told.output) == (0, "default: fine\nketamine-iv-40: fine\n")


def test_every_error_is_told_at_once_with_its_line(typos: Path) -> None:
    told = check(typos)
    lines = told.output.splitlines()
    assert told.exit_code == 2
    assert lines[0].startswith(f"{typos}:4: breath_per_min:")
    assert lines[1].startswith(f"{typos}:7: calm.tempo_shar:")
    assert "tempo_share" in lines[1]


def test_a_fine_file_does_not_hide_a_wrong_one(typos: Path) -> None:
    told = check("default", typos)
    assert told.exit_code == 2
    assert "default: fine" in told.output


def test_explain_says_where_each_value_stands(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('extends = "default"\nconfig_version = 1\nname = "mine"\nrest_offset = 0.5\n')
    told = check(file, "--explain").output
    assert f"rest_offset = 0.5  # {file}:4" in told
    assert "default.toml" in told


def test_json_holds_problems_and_values(typos: Path) -> None:
    told = json.loads(check(typos, "default", "--json", "--explain").output)
    wrong, fine = told["files"]
    assert told["schema"] == 1
    assert not wrong["ok"]
    assert [(each["line"], each["key"]) for each in wrong["problems"]] == [
        (4, "breath_per_min"),
        (7, "calm.tempo_shar"),
    ]
    assert fine["ok"]
    assert any(each["key"] == "rest_offset" and each["value"] == 0.4 for each in fine["values"])


def test_the_schema_is_json() -> None:
    assert json.loads(check("--schema").output)["title"] == "calando profile"


def test_what_never_ends_is_not_read(tmp_path: Path) -> None:
    pipe, long = tmp_path / "pipe.toml", tmp_path / "long.toml"
    os.mkfifo(pipe)
    with long.open("wb") as file:
        file.truncate(1_000_001)
    told = check(pipe, "/dev/zero", long)
    assert told.exit_code == 2
    assert told.output.splitlines() == [
        f"{pipe}: is not a file on a disk, but a pipe or a device",
        "/dev/zero: is not a file on a disk, but a pipe or a device",
        f"{long}: is far too long for a profile",
    ]


def test_nothing_to_check_is_said(tmp_path: Path) -> None:
    from tests.calls import call

    answer = call("check", folder=tmp_path)
    assert answer.code == 2
    assert "calando check default" in answer.sentence
