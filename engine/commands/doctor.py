"""``calando doctor``: what is missing on this machine, and the fix for each."""

import asyncio
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import platformdirs

from engine.errors import CalandoError
from engine.output.choice import has_sound
from engine.output.ports import list_ports
from sensors.strap_finding import StrapError
from sensors.strap_scan import scan

ROOM_FOR_RECORDS_MB = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``fix`` is what to do where it is not well."""

    what: str
    well: bool
    found: str
    fix: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(*, as_json: bool) -> None:
    """Look at everything that a session may need. What is missing costs only what it is for."""
    findings = [look() for look in (_python, _bluetooth, _midi, _sound, _priority, _disk)]
    if as_json:
        click.echo(json.dumps({"schema": 1, "findings": [asdict(finding) for finding in findings]}))
        return
    for finding in findings:
        click.echo("\n".join(_lines(finding)))


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{'ok     ' if finding.well else 'missing'}  {finding.what}: {finding.found}"
    if not finding.well:
        yield f"         fix: {finding.fix}"


def _python() -> Finding:
    well = sys.version_info >= (3, 11)
    return Finding("Python", well, platform.python_version(), "use Python 3.11 or 3.12")


def _bluetooth() -> Finding:
    fix = "switch Bluetooth on; on Linux start the bluetooth service; a USB dongle hears better than a built-in radio"
    try:
        straps = asyncio.run(scan(3.0))
    except StrapError as error:
        return Finding("Bluetooth", well=False, found=str(error), fix=fix)
    return Finding("Bluetooth", well=True, found=f"{len(straps)} strap(s) in reach")


def _asked(what: str, ask: Callable[[], str], fix: str) -> Finding:
    try:
        return Finding(what, well=True, found=ask())
    except CalandoError as error:
        return Finding(what, well=False, found=str(error), fix=fix)


def _midi() -> Finding:
    return _asked(
        "MIDI", lambda: ", ".join(list_ports()) or "a MIDI system, no port yet", "plug the synth in, or use --out synth"
    )


def _sound() -> Finding:
    well = has_sound()
    fix = "plug in or switch on a loudspeaker output, or use a synth on a MIDI port"
    return Finding("Sound device", well, "for the built-in synth" if well else "none answers", fix)


def _priority() -> Finding:
    fix = "notes may come some milliseconds late on a busy machine; allow real-time priority (group audio) to end that"
    if not hasattr(os, "sched_setscheduler"):
        return Finding("Real-time priority", well=False, found="not on this platform", fix=fix)
    try:
        before = os.sched_getscheduler(0)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, before, os.sched_param(0))
    except OSError:
        return Finding("Real-time priority", well=False, found="not permitted", fix=fix)
    return Finding("Real-time priority", well=True, found="permitted")


def _disk() -> Finding:
    folder = Path(platformdirs.user_data_dir("calando"))
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free_mb = shutil.disk_usage(there).free // 1_000_000
    fix = f"make room: a session wants {ROOM_FOR_RECORDS_MB} MB to be safe"
    return Finding("Disk for records", free_mb >= ROOM_FOR_RECORDS_MB, f"{free_mb:,} MB free for {folder}", fix)
