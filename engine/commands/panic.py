"""``calando panic``: silence, through the guardian's own socket, whatever else hangs."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from engine.clock import now_s
from engine.errors import CalandoError, LinkFailedError
from engine.midi import ALL_NOTES_OFF, ALL_SOUND_OFF, EXPRESSION, SUSTAIN, control
from engine.output.control import NobodyAnswersError, silence_room
from engine.output.places import room_sockets, socket_path

ALL_OFF = ((SUSTAIN, 0), (ALL_NOTES_OFF, 0), (ALL_SOUND_OFF, 0), (EXPRESSION, 0))
"""On a port of which nobody knows the sounding notes."""


@click.command()
@click.option("--room", default=None, help="Only this room; otherwise every room on this computer.")
def panic(*, room: str | None) -> None:
    """Silence now, even when everything else hangs.

    Every room's guardian fades within a second and stays silent until a person plays on. Where no room answers, all
    notes are ended on the MIDI ports themselves.
    """
    sockets = (socket_path(room),) if room else room_sockets()
    troubles = _silence(sockets)
    if sockets and not any(troubles):
        return
    if len(troubles) > sum(map(bool, troubles)):
        _say_hung(troubles)
        return
    _silence_ports([str(trouble) for trouble in troubles if trouble and not _is_gone(trouble)])


def _silence(sockets: tuple[Path, ...]) -> list[NobodyAnswersError | None]:
    """Ask every guardian at once, so that none waits for another that hangs; None for each that is silent."""
    if not sockets:
        return []
    with ThreadPoolExecutor(len(sockets)) as threads:
        return list(threads.map(_silence_one, sockets))


def _silence_one(path: Path) -> NobodyAnswersError | None:
    try:
        took_s = silence_room(path, now_s)
    except NobodyAnswersError as error:
        return error
    click.echo(f"{path.stem}: silent after {took_s:.1f} s.")
    return None


def _is_gone(trouble: NobodyAnswersError) -> bool:
    """True where there is no guardian any more: it left its socket behind, or never had one."""
    return isinstance(trouble.__cause__, ConnectionRefusedError | FileNotFoundError)


def _say_hung(troubles: list[NobodyAnswersError | None]) -> None:
    hung = [str(trouble) for trouble in troubles if trouble and not _is_gone(trouble)]
    if hung:
        raise LinkFailedError(" ".join(hung))


def _silence_ports(hung: list[str]) -> None:
    """Nobody answered: end every note on every port. Raises LinkFailedError where that cannot be done either."""
    from engine.output.ports import MidiPort, list_ports, plain_name

    said = " ".join(hung) or "No room answers."
    try:
        names = [plain_name(name) for name in list_ports()]
        if not names:
            raise LinkFailedError("there is no MIDI port")
        for name in names:
            port = MidiPort(name)
            for channel in range(16):
                for number, value in ALL_OFF:
                    port.send(control(channel, number, value))
            port.close()
    except CalandoError as error:
        raise LinkFailedError(f"{said} No port could be silenced ({error}); turn the amplifier down.") from error
    click.echo(f"{said} All notes were ended on: {', '.join(names)}.")
