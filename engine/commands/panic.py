"""``calando panic``: silence, through the guardian's own socket, whatever else hangs."""

import contextlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from engine.clock import now_s
from engine.errors import CalandoError, LinkFailedError, UsageError
from engine.midi import ALL_NOTES_OFF, ALL_SOUND_OFF, EXPRESSION, SUSTAIN, control, note_off
from engine.output.control import NobodyAnswersError, OutputLostError, is_listening, silence_room
from engine.output.mirror import every_note
from engine.output.places import file_name, find_rooms, is_owned, name_of
from engine.output.ports import MidiPort, list_ports, plain_name
from engine.remembered import level_controllers, meant_ports, recall

ALL_OFF = (SUSTAIN, ALL_NOTES_OFF, ALL_SOUND_OFF)
"""On a port of which nobody knows the sounding notes."""
ELSEWHERE = "Say calando panic, or turn the amplifier down."
UNREACHED = "A room that was not reached may play on: turn the amplifier down."
CHANNELS = range(16)
PAUSE_S = 0.1
"""The controllers are said twice, before the note-offs and after: a MIDI system under load may lose a message, and
nobody can tell. The pause lets the last note-off out before the second round."""

Trouble = NobodyAnswersError | OutputLostError | None
"""What came of asking one guardian; None where it is silent."""


@click.command()
@click.option("--room", default=None, help="Only this room; otherwise every room on this computer.")
def panic(*, room: str | None) -> None:
    """Silence now, even when everything else hangs.

    Every room's guardian fades within a second and stays silent until a person plays on, whoever runs it. Where no room
    answers, all notes are ended on the MIDI ports themselves, but not on one that a room out of reach plays. That is
    never told as a success, nor is an output that is away and may hold its last notes: exit code 4.
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
        _end_all_notes(room, unheard, hangs=any(map(_is_hanging, troubles)))
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


def _is_hanging(trouble: Trouble) -> bool:
    """True where the guardian was asked and said nothing: not where it is gone, nor where this user may not ask it."""
    return trouble is not None and isinstance(trouble.__cause__, TimeoutError)


def _end_all_notes(room: str | None, unheard: Sequence[str], *, hangs: bool) -> None:
    """End every note on the ports themselves: on the room's own where that is there, else on every port.

    Where a room is named and others play, its own port alone is this call's to touch. A port that a guardian owns is
    touched only where one of those that were asked ``hangs`` and it may be that one's, as no other remembers it: any
    other would soon play on there, loud again at one stroke. Raises LinkFailedError in any case: a room that was not
    reached strikes the next note by itself.
    """
    why = " ".join(unheard) or (f"No room {room!r} answers." if room else "No room answers.")
    names, no_ports = _ports()
    meant = meant_ports(recall(room).port or "", names) if room else ()
    others = _playing_besides(room) if room else []
    if others and not meant:
        who = f"Room {room!r} hangs" if hangs else f"There is no room {room!r}"
        raise LinkFailedError(" ".join([f"{who}; here play: {', '.join(others)}.", *unheard, ELSEWHERE]))
    if no_ports:
        raise LinkFailedError(f"{why} Turn the amplifier down. {no_ports}") from no_ports
    wanted = meant or names
    owned = [each for each in wanted if is_owned("port", plain_name(each))]
    spared = [each for each in owned if not hangs or any(_remembers(other, each) for other in others)]
    troubles = [f"{plain_name(each)} is in use by another calando and was left alone." for each in spared]
    free = [each for each in wanted if each not in spared]
    if others and not free:
        raise LinkFailedError(" ".join([why, *troubles, f"Here play: {', '.join(others)}.", ELSEWHERE]))
    _silence_ports(why, free, troubles)


def _ports() -> tuple[tuple[str, ...], CalandoError | None]:
    try:
        return list_ports(), None
    except CalandoError as error:
        return (), error


def _playing_besides(room: str) -> list[str]:
    """The other rooms whose guardian is there, even one that hangs."""
    own = file_name("room", room)
    return [name_of(path) for path in find_rooms().sockets if path.stem != own and is_listening(path)]


def _remembers(room: str, port: str) -> bool:
    """Whether this user's room last played the port. A name that is told by its socket alone may be none."""
    with contextlib.suppress(UsageError):
        return bool(meant_ports(recall(room).port or "", [port]))
    return False


def _silence_ports(why: str, names: Sequence[str], troubles: list[str]) -> None:
    """End every note on these ports. Raises LinkFailedError in any case."""
    silenced = []
    for name in names:
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
