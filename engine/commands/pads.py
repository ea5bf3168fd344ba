"""``calando pads``: pads and pedals that ask for silence, ease, stay or the next phase, learned by pressing them."""

import json
import queue
from collections.abc import Callable, Mapping

import click

from engine.clock import now_s
from engine.errors import DeviceNotFoundError, UsageError
from engine.inputs import Act
from engine.output.ports import MidiInput, choose_port, is_through, list_inputs, plain_name
from engine.pads import ASKED, Pads, Press, Presses, forget_pads, recall_pads, remember_pads

PRESS_S = 15.0

NextPress = Callable[[], Press | None]
"""Waits for a press; None where nobody pressed in time."""


@click.command()
@click.argument("port", default="")
@click.option("--learn", is_flag=True, help="Press each pad or pedal in turn; what you press is remembered.")
@click.option("--forget", is_flag=True, help="Remember none any more.")
@click.option("--room", default="room", show_default=True, help="The room whose pads they are.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def pads(*, port: str, learn: bool, forget: bool, room: str, as_json: bool) -> None:
    """Say which pads and pedals a room has, or learn them.

    PORT is a MIDI input's name or a part of it; it may be left out where there is but one.
    """
    if learn and forget:
        raise UsageError("Learn or forget, not both; --learn replaces what was remembered.")
    if forget:
        click.echo("Forgotten." if forget_pads(room) else f"The room {room!r} has no pads.")
    elif learn:
        _learn(room, _choose(port, list_inputs()))
    else:
        _tell(room, as_json=as_json)


def _tell(room: str, *, as_json: bool) -> None:
    remembered = recall_pads(room)
    if as_json:
        bindings = [] if remembered is None else [{"press": str(p), "act": str(a)} for p, a in _sorted(remembered)]
        click.echo(json.dumps({"schema": 1, "port": remembered.port if remembered else None, "pads": bindings}))
    elif remembered is None:
        click.echo(f"The room {room!r} has no pads; plug one in and run calando pads --learn.")
    else:
        click.echo(f"On {remembered.port}:")
        for press, act in _sorted(remembered):
            click.echo(f"  {press}: {ASKED[act]}")


def _sorted(remembered: Pads) -> list[tuple[Press, Act]]:
    order = list(ASKED)
    return sorted(remembered.bindings.items(), key=lambda binding: order.index(binding[1]))


def _choose(wanted: str, names: tuple[str, ...]) -> str:
    """The one input that is meant. Raises the ports' own errors, each naming what there is."""
    if wanted:
        return plain_name(names[choose_port(wanted, names)])
    plugged = [plain_name(name) for name in names if not is_through(name)]
    if not plugged:
        raise DeviceNotFoundError("There is no MIDI input; plug in a pedal or a pad and look again.")
    if len(plugged) > 1:
        raise UsageError(f"Which one? Write calando pads PORT --learn; there is: {', '.join(plugged)}.")
    return plugged[0]


def _learn(room: str, port: str) -> None:
    heard: queue.Queue[tuple[float, bytes]] = queue.Queue()
    source = MidiInput(port, lambda data: heard.put((now_s(), data)))
    try:
        bindings = learned(_next_press(heard), click.echo)
    finally:
        source.close()
    if not bindings:
        raise UsageError("Nothing was pressed, and nothing has changed.")
    remember_pads(room, Pads(port, bindings))
    click.echo(f"Remembered for the room {room!r}; calando run listens to {port} from now on.")


def _next_press(heard: "queue.Queue[tuple[float, bytes]]") -> NextPress:
    presses = Presses()

    def wait() -> Press | None:
        until_s = now_s() + PRESS_S
        while (left_s := until_s - now_s()) > 0:
            try:
                press = presses.hear(*heard.get(timeout=left_s))
            except queue.Empty:
                return None
            if press is not None:
                return press
        return None

    return wait


def learned(next_press: NextPress, say: Callable[[str], None]) -> Mapping[Press, Act]:
    """What each act's press is; an act that nobody presses for in time is left out."""
    bindings: dict[Press, Act] = {}
    for act, words in ASKED.items():
        say(f"Press what should ask for {words}; wait {PRESS_S:.0f} s to leave it out.")
        press = next_press()
        while press in bindings:
            say(f"{press} already asks for {ASKED[bindings[press]]}; press another.")
            press = next_press()
        if press is None:
            say("Left out.")
        else:
            bindings[press] = act
            say(f"{str(press).capitalize()}: {words}.")
    return bindings
