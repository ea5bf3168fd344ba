"""``calando replay``: a recorded session folded again: the same bytes, or the first difference, or other music."""

import json as json_format
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from platform import platform

import click

from engine.commands.parameters import MIDI_FILE, PICTURE_FILE, SESSION, SOUND_FILE
from engine.commands.saving import save
from engine.errors import UsageError
from engine.inputs import ConfigChange
from engine.midi import TICK_S
from engine.record.database import JournalError
from engine.record.meta import setup_of
from engine.record.past import refold
from engine.record.proof import Proof, prove
from engine.record.reading import nothing_in
from engine.record.recorded import Recorded, broken_batch, digest, journal_in, read
from engine.telling import summary
from engine.words import clock_face


@click.command()
@click.argument("session", type=SESSION)
@click.option("--profile", default=None, help="Hear the same heart and the same hands in another profile.")
@click.option("-o", "--output", type=MIDI_FILE, default=None, help="A .mid file.")
@click.option("--wav", type=SOUND_FILE, default=None, help="Sound of the built-in synth.")
@click.option("--plot", type=PICTURE_FILE, default=None, help="A .png picture.")
@click.option("--json", "as_json", is_flag=True, help="Print what was compared as JSON.")
def replay(
    *, session: Path, profile: str | None, output: Path | None, wav: Path | None, plot: Path | None, as_json: bool
) -> None:
    """Fold a recorded session again, across all that cut it off, and prove that the same bytes come out.

    SESSION is a record's folder, or its session.sqlite. Also checks that no row was changed since it was written.
    Exit code 1 with the first difference where there is one.
    """
    path = journal_in(session)
    recorded = read(path)
    if recorded.is_empty:
        raise JournalError(nothing_in(path))
    if profile is not None:
        _otherwise(recorded, profile, output, wav, plot, as_json=as_json)
        return
    if output or wav or plot:
        save(refold(recorded), output, wav, plot)
    _report(recorded, prove(recorded), broken_batch(path), digest(path), as_json=as_json)


def _otherwise(
    recorded: Recorded, profile: str, output: Path | None, wav: Path | None, plot: Path | None, *, as_json: bool
) -> None:
    from engine.config import load

    if as_json:
        raise UsageError("--json prints what was compared, and with --profile nothing is: leave one of them out.")
    if not (output or wav or plot):
        raise UsageError("--profile makes other music: say where it goes with -o FILE.mid, --wav or --plot.")
    setup = replace(setup_of(recorded.meta), profile=load(profile))
    heard = tuple(each for each in recorded.inputs if not isinstance(each.input, ConfigChange))
    rendering = refold(replace(recorded, inputs=heard), setup)
    save(rendering, output, wav, plot)
    click.echo(summary(rendering.decisions, rendering.notes))


def _report(recorded: Recorded, proof: Proof, broken: int | None, last: str, *, as_json: bool) -> None:
    if as_json:
        told = {"schema": 1, **asdict(proof), "broken_batch": broken, "digest": last, "others": _others(recorded)}
        click.echo(json_format.dumps(told))
    else:
        click.echo(_audit_sentence(broken, last))
        _tell(recorded, proof)
    if proof.difference is not None or broken is not None:
        raise click.exceptions.Exit(1)


def _tell(recorded: Recorded, proof: Proof) -> None:
    for gap in recorded.gaps:
        rows = f"{gap.rows} rows are missing" if gap.rows else "rows were late on the disk"
        click.echo(f"{clock_face(gap.from_tick * TICK_S)} to {clock_face(gap.to_tick * TICK_S)}: {rows} ({gap.why}).")
    if proof.difference is None:
        runs = f", over {proof.runs} runs," if proof.runs > 1 else ""
        click.echo(f"{proof.events} events and {proof.decisions} decisions{runs} fold to the same bytes.")
        return
    difference = proof.difference
    click.echo(f"The first difference, at {clock_face(difference.time_s)}, is in what was {difference.what}:")
    click.echo(f"  recorded  {difference.recorded or 'nothing'}\n  folded    {difference.folded or 'nothing'}")
    for other in _others(recorded):
        click.echo(f"It was recorded by {other}; only the same version on the same platform promises the same bytes.")


def _audit_sentence(broken: int | None, last: str) -> str:
    if broken is None:
        return f"Every row is as it was written; the last digest is {last}."
    if broken == 0:
        return "There are rows that calando did not write."
    return f"Rows were changed, added or taken away: the audit breaks at batch {broken}."


def _others(recorded: Recorded) -> list[str]:
    """The versions and platforms that recorded it, where they are not this one."""
    ours = version("calando"), platform()
    return [f"{run.version} on {run.platform}" for run in recorded.runs if (run.version, run.platform) != ours]
