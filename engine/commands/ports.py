"""``calando ports``: which MIDI ports there are, and whether the synth behind one obeys."""

import json
import threading

import click

from engine.errors import INTERRUPTED, DeviceNotFoundError, UsageError
from engine.midi import EXPRESSION
from engine.output import trial
from engine.output.places import owned
from engine.output.ports import MidiPort, choose_port, is_through, list_ports, plain_name
from engine.remembered import level_controllers

CHANNELS = range(16)
SEVERAL = (
    "Rooms here moved controllers {} on this port, and each stands at 0, where it may mute the other: --restore first. "
    "This tries {} alone; --level-cc tries the other."
)


@click.command()
@click.argument("port", default="")
@click.option("--test", is_flag=True, help="Play a soft chord that swells and dips: does this synth obey?")
@click.option("--restore", is_flag=True, help="Bring the synth's level back up, which every session leaves at 0.")
@click.option("--channel", type=click.IntRange(1, 16), default=1, show_default=True, help="For --test.")
@click.option(
    "--level-cc",
    type=click.Choice(["7", "11"]),
    default=None,
    help="The level controller; else the one that a room last played this port with, or 11.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def ports(
    context: click.Context, *, port: str, test: bool, restore: bool, channel: int, level_cc: str | None, as_json: bool
) -> None:
    """List MIDI output ports; with PORT (or where there is but one) try the synth behind it.

    PORT is a port's name or a part of it.
    """
    names = list_ports()
    if as_json:
        click.echo(json.dumps({"schema": 1, "ports": [{"name": plain_name(name)} for name in names]}))
    elif not (test or restore):
        _list(names)
    if not (test or restore):
        return
    chosen = _choose(port, names)
    numbers = (int(level_cc),) if level_cc else level_controllers(chosen) or (EXPRESSION,)
    if test and len(numbers) > 1:
        click.echo(SEVERAL.format(" and ".join(map(str, numbers)), numbers[0]))
    if test and _play(chosen, channel - 1, numbers[0]):
        context.exit(INTERRUPTED)
    for number in numbers if restore else ():
        _restore(chosen, number)


def _list(names: tuple[str, ...]) -> None:
    for name in names:
        click.echo(plain_name(name))
    if not names:
        click.echo(
            "No MIDI port: plug in a synth or start one, or play the built-in synth: calando run --out synth.", err=True
        )


def _choose(wanted: str, names: tuple[str, ...]) -> str:
    """The one port that is meant. Raises the ports' own errors, each naming what there is."""
    if wanted:
        return plain_name(names[choose_port(wanted, names)])
    synths = [name for name in names if not is_through(name)]
    if not synths:
        raise DeviceNotFoundError("There is no MIDI port to try; plug in a synth or start one.")
    if len(synths) > 1:
        raise UsageError(f"Which one? Write calando ports PORT --test; there is: {', '.join(synths)}.")
    return plain_name(synths[0])


def _play(port: str, channel: int, level_cc: int) -> bool:
    """Play the chord through a guardian, as a session would; True where a person interrupted it."""
    import asyncio

    from engine.live_excerpt import Excerpt, play_excerpt

    click.echo(
        f"A soft chord on {port}, channel {channel + 1}: it swells for 10 s, dips, swells, and fades. Ctrl-C ends."
    )
    chord = trial.chord(channel, level_cc)
    interrupted = asyncio.run(
        play_excerpt(Excerpt(chord, (), trial.SECONDS, 1.0, click.echo), (f"midi:{port}",), level_cc)
    )
    other = 7 if level_cc == 11 else 11
    click.echo(
        f"If nothing sounded, try another --channel. If it sounded but its loudness stood still, the synth ignores "
        f"controller {level_cc}: try --level-cc {other}, and set level_cc = {other} in the profile's [output]."
    )
    click.echo("The level stands at 0 now, as after every session; --restore brings it back.")
    return interrupted


def _restore(name: str, level_cc: int) -> None:
    """Walk the level controller of every channel up to where it usually stands."""
    walks = [trial.restoring(channel, level_cc) for channel in CHANNELS]
    with owned("port", name):
        port = MidiPort(name)
        try:
            last_s = 0.0
            for at_s, data in sorted(each for walk in walks for each in walk):
                threading.Event().wait(at_s - last_s)
                last_s = at_s
                port.send(data)
        finally:
            port.close()
    click.echo(f"{name}: controller {level_cc} is back at {trial.RESTORED[level_cc]} on every channel.")
