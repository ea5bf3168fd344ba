"""``calando panic``: silence, through the guardian's own socket, whatever else hangs."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from engine.clock import now_s
from engine.errors import CalandoError, LinkFailedError
from engine.midi import ALL_NOTES_OFF, ALL_SOUND_OFF, EXPRESSION, SUSTAIN, control, note_off
from engine.output.control import NobodyAnswersError, OutputLostError, is_listening, silence_room
from engine.output.mirror import every_note
from engine.output.places import find_rooms, name_of
from engine.output.ports import MidiPort, list_ports, plain_name
from engine.remembered import is_meant, level_controllers, recall

ALL_OFF = (SUSTAIN, ALL_NOTES_OFF, ALL_SOUND_OFF)
"""On a port of which nobody knows the sounding notes."""
UNREACHED = "A room that was not reached may play on: turn the amplifier down."
CHANNELS = range(16)
PAUSE_S = 0.1
"""Said twice: a MIDI system under load may lose a message, and nobody can tell. The pause lets the last one out."""

Trouble = NobodyAnswersError | OutputLostError | None
"""What came of asking one guardian; None where it is silent."""


@click.command()
@click.option("--room", default=None, help="Only this room; otherwise every room on this computer.")
def panic(*, room: str | None) -> None:
    """Silence now, even when everything else hangs.

    Every room's guardian fades within a second and stays silent until a person plays on, whoever runs it. Where no room
    answers, all notes are ended on the MIDI ports themselves. That is never told as a success, nor is an output that is
    away and may hold its last notes: exit code 4.
    """
    rooms = find_rooms(room)
    troubles = _ask_all(rooms.sockets)
    answered = any(trouble is None or isinstance(trouble, OutputLostError) for trouble in troubles)
    lost = [str(trouble) for trouble in troubles if isinstance(trouble, OutputLostError)]
    unheard = [
        str(trouble) for trouble in troubles if isinstance(trouble, NobodyAnswersError) and not _is_gone(trouble)
    ]
    if rooms.closed and not (room and answered):
        unheard.append(f"This user may not look for rooms in {' and '.join(map(str, rooms.closed))}.")
    if not answered:
        only = recall(room).port if room else None
        if room and not (only or rooms.sockets):
            _point_elsewhere(room, unheard)
        _silence_ports(" ".join(unheard) or (f"No room {room!r} answers." if room else "No room answers."), only)
    elif lost or unheard:
        raise LinkFailedError(" ".join([*lost, *unheard, *([UNREACHED] if unheard else [])]))


def _ask_all(sockets: tuple[Path, ...]) -> list[Trouble]:
    """Ask every guardian at once, so that none waits for another that hangs; None for each that is silent."""
    with ThreadPoolExecutor(max(1, len(sockets))) as threads:
        return list(threads.map(_silence_one, sockets))


def _silence_one(path: Path) -> Trouble:
    try:
        took_s = silence_room(path, now_s)
    except (NobodyAnswersError, OutputLostError) as error:
        return error
    click.echo(f"Room {name_of(path)!r}: silent after {took_s:.1f} s.")
    return None


def _is_gone(trouble: NobodyAnswersError) -> bool:
    """True where there is no guardian any more: it left its socket behind, or never had one."""
    return isinstance(trouble.__cause__, ConnectionRefusedError | FileNotFoundError)


def _point_elsewhere(room: str, unheard: Sequence[str]) -> None:
    """Raises LinkFailedError where rooms play and none is called so: their ports are not this call's to touch."""
    if playing := [name_of(path) for path in find_rooms().sockets if is_listening(path)]:
        there = f"There is no room {room!r}; here play: {', '.join(playing)}."
        raise LinkFailedError(" ".join([there, *unheard, "Say calando panic, or turn the amplifier down."]))


def _silence_ports(why: str, only: str | None) -> None:
    """End every note on every port, or on ``only`` where that is there.

    Raises LinkFailedError in any case: a room that was not reached strikes the next note by itself.
    """
    silenced, troubles = [], []
    try:
        names = list_ports()
    except CalandoError as error:
        raise LinkFailedError(f"{why} Turn the amplifier down. {error}") from error
    for name in [each for each in names if only and is_meant(only, each)] or names:
        try:
            _silence_port(name)
            silenced.append(plain_name(name))
        except CalandoError as error:
            troubles.append(str(error))
    if not silenced:
        raise LinkFailedError(" ".join([why, "No MIDI port could be silenced; turn the amplifier down.", *troubles]))
    raise LinkFailedError(
        f"{why} All notes were ended on: {', '.join(silenced)}." + " ".join(["", *troubles, UNREACHED])
    )


def _silence_port(name: str) -> None:
    """All off, and the level controllers that the port's rooms move left at 0. One that none of them moves would stay
    at 0 in their next session too, and leave it mute. The controllers come first, as a cable takes a second for every
    note-off; those are for a synth that heeds nothing else.
    """
    numbers = (*ALL_OFF, *(level_controllers(name) or (EXPRESSION,)))
    port = MidiPort(name)
    try:
        _controllers_off(port, numbers)
        for key in every_note(CHANNELS):
            port.send(note_off(*key))
        threading.Event().wait(PAUSE_S)
        _controllers_off(port, numbers)
    finally:
        port.close()


def _controllers_off(port: MidiPort, numbers: Sequence[int]) -> None:
    for channel in CHANNELS:
        for number in numbers:
            port.send(control(channel, number, 0))
