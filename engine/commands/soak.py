"""``calando soak``: faults and kills without end, and one honest line."""

import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import click

from engine.clock import now_s
from engine.errors import INTERRUPTED
from engine.soak.crew import ENDS, Case, live_all
from engine.soak.parts import LONG, PARTS, SHORT, cases_of
from engine.soak.totals import Totals


@click.command()
@click.option(
    "--hours",
    type=click.IntRange(0),
    default=None,
    help="Simulated hours for the part hours; --part leaves out the others.",
)
@click.option("--long", "is_long", is_flag=True, help="Everything: 1,000 hours and all faults. Many minutes.")
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)), help="Only this; repeatable.")
@click.option("--seed", type=int, default=1, show_default=True, help="The first seed; the same seed, the same soak.")
@click.option("--jobs", type=click.IntRange(1, 64), default=None, help="Side by side; default: one for each processor.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def soak(
    context: click.Context,
    *,
    hours: int | None,
    is_long: bool,
    parts: tuple[str, ...],
    seed: int,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Live through simulated hours, every fault, and kills of real processes; every byte is checked.

    Prints one line of totals, and law 4's times as measured. Exit code 1 where a promise was broken.
    """
    amounts = LONG if is_long else SHORT
    cases = cases_of(parts or tuple(PARTS), amounts if hours is None else replace(amounts, hours=hours), seed)
    totals, begun_s = Totals(), now_s()
    interrupted = _live(cases, totals, jobs or os.cpu_count() or 1)
    took_s = now_s() - begun_s
    click.echo(json.dumps({**totals.as_json(), "wall_s": round(took_s, 1)}) if as_json else _told(totals, took_s))
    for breach in totals.broken:
        click.echo(breach, err=True)
    if interrupted:
        click.echo("calando: The soak was interrupted; these are the totals of what was lived until then.", err=True)
    context.exit(INTERRUPTED if interrupted else int(bool(totals.broken)))


def _live(cases: Sequence[Case], totals: Totals, jobs: int) -> bool:
    """Live them all, or until Ctrl-C or what else asks for the end; True where it came."""
    progress = Progress(len(cases))

    def done(number: int, one: Totals) -> None:
        totals.add(one)
        progress.tell(number, len(totals.broken))

    try:
        with _ends_as_by_ctrl_c():
            live_all(cases, jobs, done)
    except KeyboardInterrupt:
        return True
    finally:
        progress.end()
    return False


@contextmanager
def _ends_as_by_ctrl_c() -> Iterator[None]:
    """While inside, SIGTERM and a closed terminal raise KeyboardInterrupt too: no room may play on behind the soak.

    What whoever began it shut out, as nohup does, stays shut out.
    """
    heard = [number for number in ENDS if signal.getsignal(number) is not signal.SIG_IGN and number != signal.SIGINT]
    before = {number: signal.signal(number, signal.default_int_handler) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _told(totals: Totals, took_s: float) -> str:
    return "\n".join([totals.line, *totals.time_lines(), f"  took {took_s / 60:.1f} minutes"])


class Progress:
    """One line on a terminal, now and then a line elsewhere; on standard error, so that it spoils no JSON."""

    def __init__(self, whole: int) -> None:
        self._whole = whole
        self._shown = 0

    def tell(self, number: int, broken: int) -> None:
        """So many are over."""
        if sys.stderr.isatty():
            click.echo(f"\r{number} of {self._whole}, {broken} broken ", err=True, nl=False)
        elif number * 10 // self._whole > self._shown:
            self._shown = number * 10 // self._whole
            click.echo(f"{number} of {self._whole}, {broken} broken", err=True)

    def end(self) -> None:
        """Nothing more will be told."""
        if sys.stderr.isatty():
            click.echo(err=True)
