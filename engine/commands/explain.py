"""``calando explain``: why the music was as it was, for any second of a recorded session."""

import re
from pathlib import Path

import click

from engine.commands.parameters import SESSION
from engine.errors import CalandoError, UsageError
from engine.record.explained import Explained, read_explained, worth_telling
from engine.words import CLOCK_FACE, clock_face, seconds_of


@click.command()
@click.argument("session", type=SESSION)
@click.option("--at", metavar="MM:SS", default=None, help="This second alone; else each minute and each turn.")
def explain(*, session: Path, at: str | None) -> None:
    """Say why the music was as it was: the sentence that stood in the terminal and on the page.

    SESSION is a record's folder, or its session.sqlite; of a room that still plays, what is on the disk so far.
    """
    seconds = read_explained(session)
    told = worth_telling(seconds) if at is None else [_at(seconds, _seconds(at), session)]
    for second in told:
        click.echo(f"{clock_face(second.time_s)}  {second.sentence}")


def _seconds(text: str) -> int:
    match = re.fullmatch(CLOCK_FACE, text.strip())
    if match is None:
        raise UsageError(f"--at {text!r} is not MM:SS; write for example --at 12:30.")
    return seconds_of(match)


def _at(seconds: tuple[Explained, ...], at_s: int, session: Path) -> Explained:
    found = next((second for second in seconds if round(second.time_s) == at_s), None)
    if found is not None:
        return found
    span = f"it holds {clock_face(seconds[0].time_s)} to {clock_face(seconds[-1].time_s)}" if seconds else "it is empty"
    raise CalandoError(f"{session} tells nothing of {clock_face(at_s)}: {span}.")
