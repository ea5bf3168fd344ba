"""``calando scan``: the heart-rate straps in reach, each listened to for a moment."""

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from engine.errors import DeviceNotFoundError

if TYPE_CHECKING:
    from sensors.strap import FoundStrap


@click.command()
@click.option("--seconds", type=click.FloatRange(1, 120), default=6.0, show_default=True, help="How long to scan.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def scan(*, seconds: float, as_json: bool) -> None:
    """Find heart-rate straps: name, address, signal, battery, heart rate.

    Wet the electrodes and wear the strap first; most straps sleep off the body.
    """
    from sensors import strap

    click.echo(f"Scanning for {seconds:g} s, then listening to each strap ...", err=True)
    found = asyncio.run(strap.scan(seconds))
    if as_json:
        click.echo(json.dumps({"schema": 1, "straps": [asdict(each) for each in found]}))
    else:
        for each in found:
            click.echo(line(each))
    if not found:
        raise DeviceNotFoundError(
            f"No strap was heard in {seconds:g} s: put it on, moisten it, and free it from phones and watches."
        )


def line(strap: "FoundStrap") -> str:
    """A strap in one line; what could not be learnt is left out."""
    parts = [f"{strap.name}  {strap.id}"]
    if strap.signal_dbm is not None:
        parts.append(f"signal {strap.signal_dbm} dBm")
    if strap.battery_percent is not None:
        parts.append(f"battery {strap.battery_percent} %")
    if strap.heart_rate_bpm is not None:
        parts.append(f"heart {strap.heart_rate_bpm}")
    if strap.sends_rr is not None:
        parts.append("sends RR intervals" if strap.sends_rr else "sends no RR intervals: heart rate alone")
    if strap.trouble:
        parts.append(strap.trouble)
    return "  ".join(parts)
