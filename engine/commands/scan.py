"""``calando scan``: the heart-rate straps in reach, each listened to for a moment."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from engine.commands.parameters import Amount
from engine.errors import DeviceNotFoundError

if TYPE_CHECKING:
    from sensors.strap import FoundStrap


@click.command()
@click.option("--seconds", type=Amount(1, 120), default=6.0, show_default=True, help="How long to scan.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def scan(*, seconds: float, as_json: bool) -> None:
    """Find heart-rate straps: name, address, signal, battery, heart rate, and whether RR intervals and contact come.

    Wet the electrodes and wear the strap first; most straps sleep off the body.
    """
    from sensors import strap

    click.echo(f"Scanning for {seconds:g} s, then listening to each strap ...", err=True)
    found = asyncio.run(strap.scan(seconds))
    if as_json:
        click.echo(json.dumps({"schema": 1, "straps": [asdict(each) for each in found]}))
    elif found:
        click.echo(table(found))
    if not found:
        raise DeviceNotFoundError(
            f"No strap was heard in {seconds:g} s: put it on, moisten it, and free it from phones and watches."
        )


HEADINGS = ("strap", "address", "signal", "battery", "heart rate", "sends RR", "sends contact", "")


def table(straps: Sequence["FoundStrap"]) -> str:
    """The straps in aligned columns, a line each; ``-`` is what could not be learnt."""
    rows = [HEADINGS, *map(cells, straps)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def cells(strap: "FoundStrap") -> tuple[str, ...]:
    """A strap's row, last why it could not be listened to."""
    return (
        strap.name,
        strap.id,
        _with_unit(strap.signal_dbm, " dBm"),
        _with_unit(strap.battery_percent, " %"),
        _with_unit(strap.heart_rate_bpm, ""),
        _yes_no(strap.sends_rr),
        _yes_no(strap.sends_contact),
        strap.trouble or "",
    )


def _with_unit(value: int | None, unit: str) -> str:
    return "-" if value is None else f"{value}{unit}"


def _yes_no(known: bool | None) -> str:  # noqa: FBT001
    return "-" if known is None else "yes" if known else "no"
