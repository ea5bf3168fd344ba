"""``calando check``: every error of a profile at once, each with its line; or every value and where it comes from."""

import json
from dataclasses import asdict
from typing import Any

import click

from engine import config
from engine.errors import UsageError

INVALID = 2


@click.command()
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--explain", is_flag=True, help="Print every value in force, and the file and line it comes from.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a profile, for editors.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def check(context: click.Context, *, files: tuple[str, ...], explain: bool, schema: bool, as_json: bool) -> None:
    """Check profiles: all errors at once, as file:line: key: what.

    FILE is a TOML file or a shipped profile's name. Exits with 2 where anything is wrong.
    """
    if schema:
        click.echo(json.dumps(config.schema(), indent=2))
        return
    if not files:
        raise UsageError("check needs a file, or a shipped profile's name: calando check default.")
    found = {file: config.check(file) for file in files}
    if as_json:
        click.echo(json.dumps({"schema": 1, "files": [_as_json(file, found[file], explain=explain) for file in files]}))
    else:
        for file in files:
            _print(file, found[file], explain=explain)
    if any(found.values()):
        context.exit(INVALID)


def _print(file: str, problems: list[config.Problem], *, explain: bool) -> None:
    for problem in problems:
        click.echo(problem)
    if not problems and explain:
        for each in config.explain(file):
            click.echo(each)
    elif not problems:
        click.echo(f"{file}: fine")


def _as_json(file: str, problems: list[config.Problem], *, explain: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"file": file, "ok": not problems, "problems": [asdict(problem) for problem in problems]}
    if explain and not problems:
        told["values"] = [_explained(each) for each in config.explain(file)]
    return told


def _explained(each: config.Explained) -> dict[str, Any]:
    place = each.place
    return {
        "key": each.key,
        "value": each.value,
        "file": place.file if place else None,
        "line": place.line if place else None,
    }
