"""Whether ``calando run`` takes up a session that was cut off: asked for, agreed to, or by itself as a service."""

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from engine.clock import boot, now_s
from engine.errors import UsageError
from engine.output.places import owned
from engine.record.database import JournalError
from engine.record.folder import wall_time
from engine.record.unfinished import Unfinished, find_unfinished, why_none
from engine.service import is_service

SILENT = "Nothing sounds until you play on."


@dataclass(frozen=True, slots=True)
class Decided:
    """The session to take up again, or in one sentence why there is none although one was cut off."""

    unfinished: Unfinished | None = None
    instead: str | None = None


def to_resume(record: Path | None, room: str, *, asked: bool | None) -> Decided:
    """What becomes of a session that was cut off; says so. Raises UsageError where it was asked for and there is none,
    JournalError where it was asked for and cannot be, InUseError where the room still plays.
    """
    if asked is False:
        return Decided()
    try:
        found = find_unfinished(record, room, boot(), now_s(), wall_time)
    except JournalError as error:
        if asked:
            raise
        return _anew(f"{error} Nothing is taken up; a new session begins.")
    if found is None:
        if asked:
            raise UsageError(f"{why_none(record, room, boot())}; leave --resume out.")
        return Decided()
    return _agreed(found, room, asked=bool(asked))


def _agreed(found: Unfinished, room: str, *, asked: bool) -> Decided:
    with owned("room", room):  # a room that still plays was not cut off; one that fades out is waited for
        pass
    if asked or (is_service() and found.goes_on_by_itself):
        click.echo(f"{found}; it goes on. {SILENT}")
        return Decided(found)
    if not sys.stdin.isatty():
        return _anew(f"{found}. A new one begins; --resume would have taken it up again.")
    agreed = click.confirm(f"{found}. Take it up again? {SILENT}", default=True)
    return Decided(found if agreed else None)


def _anew(why: str) -> Decided:
    click.echo(why)
    return Decided(instead=why)
