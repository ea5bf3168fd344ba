"""Options that several commands share, and what they mean together."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from engine.affect.estimate import Flag, Route
from engine.errors import UsageError
from engine.marks import parse_mark
from engine.offline import Mark
from engine.output.choice import Outputs
from engine.record.earlier import check_pseudonym, earlier_sessions
from engine.record.folder import records_root
from engine.session import Setup
from engine.words import clock_face

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

HEART_HELP = (
    "auto | ble[:NAME-OR-ADDRESS][?pair=always|never] | lsl[:NAME] | osc[:HOST:PORT] | "
    "replay:FILE[?subject=S] | sim:STORY[+STORY] | none"
)


def session_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """PROFILE, --route, --flag, --mark and --seed: what a session is made of."""
    for option in (
        click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other music."),
        click.option(
            "--mark", "marks", multiple=True, metavar="MM:SS=ACT", help="dose, cuff, talk, ... at a time; repeatable."
        ),
        click.option(
            "--flag",
            "flags",
            multiple=True,
            type=click.Choice([str(flag) for flag in Flag]),
            help="What makes this heart tell less; repeatable.",
        ),
        click.option(
            "--route", type=click.Choice([str(route) for route in Route]), default=None, help="How the drug is given."
        ),
        click.argument("profile", default="default"),
    ):
        command = option(command)
    return command


def make_setup(profile: str, seed: int, route: str | None, flags: Iterable[str], *, hears_a_heart: bool) -> Setup:
    """The setup of a session. Raises ConfigError where the profile is wrong.

    Without ``route`` the profile's own is taken where it has exactly one besides ``none``.
    """
    from engine.config import load

    resolved = load(profile)
    own = [each for each in resolved.arc if each is not Route.NONE]
    chosen = Route(route) if route else own[0] if len(own) == 1 else Route.NONE
    return Setup(resolved, seed, chosen, frozenset(Flag(flag) for flag in flags), hears_a_heart)


def with_pseudonym(
    setup: Setup, pseudonym: str | None, records: Path | None, tell: Callable[[str], None], *, looks_back: bool
) -> Setup:
    """The setup of a listener with a code and, where it is asked for, with what their earlier sessions say.

    Raises UsageError where the code is none, or earlier sessions are asked for without one.
    """
    if pseudonym is None:
        if looks_back:
            raise UsageError("--earlier-sessions needs --pseudonym: whose sessions?")
        return setup
    setup = replace(setup, pseudonym=check_pseudonym(pseudonym))
    if not looks_back:
        return setup
    earlier = earlier_sessions(records_root(records), pseudonym)
    tell(earlier.sentence)
    return replace(setup, prior=earlier.prior)


def with_level_cc(setup: Setup, level_cc: int | None) -> Setup:
    """The setup for a room whose synth was found to obey this level controller; as it is where nobody tried."""
    if level_cc is None or setup.profile.output.level_cc == level_cc:
        return setup
    output = setup.profile.output.model_copy(update={"level_cc": level_cc})
    return replace(setup, profile=setup.profile.model_copy(update={"output": output}))


def make_marks(texts: Iterable[str]) -> list[Mark]:
    """The marks in order of time. Raises UsageError."""
    return sorted((parse_mark(text) for text in texts), key=lambda mark: mark.at_s)


def heard_only(outputs: Outputs, instead: str) -> Outputs:
    """The same outputs. Raises UsageError where one is a file, for a command that writes none."""
    if outputs.files:
        raise UsageError(f"--out file:{outputs.files[0]}: only calando run writes such a file; {instead}.")
    return outputs


def too_late(marks: Iterable[Mark], minutes: float | None) -> str | None:
    """In a sentence the marks that lie beyond the end and so never happen; None where there are none."""
    late = [f"{clock_face(mark.at_s)}={mark.act}" for mark in marks if minutes and mark.at_s > minutes * 60]
    if not late:
        return None
    length = "1 minute" if minutes == 1 else f"{minutes:g} minutes"
    return f"It ends after {length}; what is marked later never happens: {', '.join(late)}."
