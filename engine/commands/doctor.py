"""``calando doctor``: one page of what works on this machine, what does not, and the fix for each."""

import json
from dataclasses import asdict

import click

from engine.examination import Finding, Health, examine

SIGNS = {Health.FINE: "ok  ", Health.MISSING: "--  ", Health.BROKEN: "FAIL"}
FAILURE = 1


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> None:
    """What is missing on this machine, and the fix for each.

    Exits with 1 where calando cannot run at all; what is merely missing (Bluetooth, a MIDI system, sound) does not
    count as failure.
    """
    findings = examine()
    if as_json:
        click.echo(json.dumps({"schema": 1, "findings": [asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            _print(finding)
    if any(finding.health is Health.BROKEN for finding in findings):
        context.exit(FAILURE)


def _print(finding: Finding) -> None:
    click.echo(f"{SIGNS[finding.health]}  {finding.name}: {finding.found}")
    if finding.fix:
        click.echo(f"      fix: {finding.fix}")
