"""Every benchmark speaks the same table and the same JSON, and a peer that cannot run is named, never left out."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.report import Condition, is_missing, missing, print_report, report_json, run_peer

IDLE = Condition(
    "idle",
    {"calando": {"p99_ms": 0.51, "late": 12000}, "isobar": {"p99_ms": 3.9}, "absent": missing("no such package")},
)


def test_the_json_is_one_object_of_conditions_and_participants() -> None:
    told = json.loads(report_json("timing", [IDLE]))
    assert told["benchmark"] == "timing"
    assert told["conditions"][0]["name"] == "idle"
    assert told["conditions"][0]["results"]["calando"] == {"p99_ms": 0.51, "late": 12000}
    assert is_missing(told["conditions"][0]["results"]["absent"])


def test_the_table_shows_units_and_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    print_report("timing", [IDLE], as_json=False)
    printed = capsys.readouterr().out
    assert "p99_ms" in printed
    assert "12,000" in printed
    assert "missing: no such package" in printed


def test_a_report_of_peers_that_are_all_missing_still_prints(capsys: pytest.CaptureFixture[str]) -> None:
    print_report("timing", [Condition("idle", {"a": missing("gone")})], as_json=False)
    assert "missing: gone" in capsys.readouterr().out


@pytest.fixture
def peers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(report, "HERE", tmp_path)
    monkeypatch.setenv("CALANDO_PEERS", sys.executable)
    report.interpreter.cache_clear()
    yield tmp_path / "peers"
    report.interpreter.cache_clear()


def test_a_peer_runs_as_a_child_and_answers_with_its_last_line(peers_folder: Path) -> None:
    peers_folder.mkdir()
    (peers_folder / "echo.py").write_text(
        "import sys\nprint('noise')\nprint('{\"idle\": {\"beats_per_s\": ' + sys.stdin.read() + sys.argv[1] + '}}')"
    )
    assert run_peer("echo.py", ["2"], stdin="4") == {"idle": {"beats_per_s": 42}}


@pytest.mark.parametrize("script", ["raise SystemExit(3)", "import no_such_peer", "print('not json')", ""])
def test_a_peer_that_fails_gives_nothing_and_says_why(
    peers_folder: Path, script: str, capsys: pytest.CaptureFixture[str]
) -> None:
    peers_folder.mkdir()
    (peers_folder / "broken.py").write_text(script)
    assert run_peer("broken.py") == {}
    assert script in ("",) or "broken.py" in capsys.readouterr().err
