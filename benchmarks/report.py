"""What every benchmark shares: its table, its JSON object, and the peers it measures in the same call.

A benchmark gathers ``Condition``s and hands them to ``print_report``. A peer is a script of ``benchmarks/peers/`` that
prints one JSON object as its last line; ``run_peer`` runs it as a child of an interpreter of its own, made from
``benchmarks/peers.txt`` at first use (or named by CALANDO_PEERS), so that no peer's pins or licence meet ours.
"""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PEERS = HERE / "peers.txt"
ENVIRONMENT = HERE.parent / ".benchmarks-venv"
OURS = "calando"
MISSING = "missing"
PATIENCE_S = 900

Value = float | str | bool | None
Results = Mapping[str, Value]
"""What one participant reached: the unit in each key (``p99_ms``, ``beats_per_s``)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One set-up and what each participant (``calando`` first, then peers) reached in it."""

    name: str
    results: Mapping[str, Results]


def print_report(name: str, conditions: Sequence[Condition], *, as_json: bool) -> None:
    """Print a benchmark's conditions as one JSON object, or as a table for each."""
    print(report_json(name, conditions) if as_json else "\n".join(_tables(name, conditions)))


def report_json(name: str, conditions: Sequence[Condition]) -> str:
    """The one object: ``{"benchmark": name, "conditions": [{"name": .., "results": {"calando": {..}, ..}}]}``."""
    listed = [{"name": c.name, "results": {who: dict(r) for who, r in c.results.items()}} for c in conditions]
    return json.dumps({"benchmark": name, "conditions": listed})


def missing(why: str) -> Results:
    """The results of a peer that could not be measured."""
    return {MISSING: why}


def is_missing(results: Results) -> bool:
    """Whether a peer could not be measured."""
    return MISSING in results


def run_peer(script: str, arguments: Sequence[str] = (), stdin: str = "") -> dict[str, Any]:
    """Run ``benchmarks/peers/SCRIPT`` in the peers' interpreter; its object, by condition or whatever it names.

    A peer that cannot be run gives an empty object, and why on standard error: put ``missing(..)`` in its place.
    """
    try:
        return _run(script, arguments, stdin)
    except (OSError, ValueError, subprocess.SubprocessError) as problem:
        sys.stderr.write(f"{script}: {_why(problem)}\n")
        return {}


def _run(script: str, arguments: Sequence[str], stdin: str) -> dict[str, Any]:
    child = subprocess.run(
        [str(interpreter()), "-W", "ignore", str(HERE / "peers" / script), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )
    last = child.stdout.strip().splitlines()[-1:]
    answer: dict[str, Any] = json.loads(last[0] if last else "null") or {}
    return answer


def _why(problem: Exception) -> str:
    said = getattr(problem, "stderr", None) or str(problem)
    return str(said).strip().splitlines()[-1] if said else type(problem).__name__


@cache
def interpreter() -> Path:
    """The peers' own interpreter: the one CALANDO_PEERS names, else one made here from ``peers.txt``."""
    named = os.environ.get("CALANDO_PEERS")
    if named:
        return Path(named)
    python = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin") / "python"
    made_from = ENVIRONMENT / "made-from.txt"
    if not (made_from.is_file() and made_from.read_text() == PEERS.read_text()):
        _make(python)
        made_from.write_text(PEERS.read_text())
    return python


def _make(python: Path) -> None:
    sys.stderr.write(f"making the peers' interpreter in {ENVIRONMENT.name} from {PEERS.name} ...\n")
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "-r", str(PEERS)], check=False, capture_output=True).returncode == 0:
        return
    for wanted in _wanted():
        subprocess.run([*pip, wanted], check=False, capture_output=True)


def _wanted() -> Iterator[str]:
    return (line for line in PEERS.read_text().splitlines() if line and not line.startswith("#"))


def _tables(name: str, conditions: Sequence[Condition]) -> Iterator[str]:
    for condition in conditions:
        yield f"{name}: {condition.name}"
        yield from _table(condition.results)
        yield ""


def _table(results: Mapping[str, Results]) -> Iterator[str]:
    measured = [r for r in results.values() if not is_missing(r)]
    columns = list(dict.fromkeys(key for r in measured for key in r))
    rows = [["", *columns], *([who, *_cells(r, columns)] for who, r in results.items())]
    whole = [row for row in rows if len(row) > len(columns)]
    widths = [max(len(row[i]) for row in whole) for i in range(1, len(columns) + 1)]
    name_width = max(map(len, results))
    for who, *cells in rows:
        aligned = [cell.rjust(width) for cell, width in zip(cells, widths, strict=False)] or cells
        yield "  ".join(["", who.ljust(name_width), *aligned])


def _cells(results: Results, columns: Sequence[str]) -> list[str]:
    if is_missing(results):
        return [f"{MISSING}: {results[MISSING]}"]
    return [_cell(results.get(column)) for column in columns]


def _cell(value: Value) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1000 else _whole(value)


def _whole(value: float | str) -> str:
    return f"{value:,.0f}" if isinstance(value, float | int) else value
