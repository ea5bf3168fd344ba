"""The guardian: the process that owns the output, and makes it safe when the engine is not.

``python -m engine.output.guardian --room NAME --output midi:PORT ..`` reads orders on standard input and answers on
standard output (``engine.output.protocol``). It is the standard library plus rtmidi and nothing heavier. It stands by
and owns nothing until its first order. SIGINT and SIGHUP pass it by, SIGTERM fades; when its input ends it fades,
silences everything and exits.
"""

import argparse
import gc
import signal
import sys
from collections.abc import Sequence

from engine.clock import now_s
from engine.errors import CalandoError
from engine.output.control import LOST, SILENT, ControlSocket
from engine.output.duty import Guardian
from engine.output.guard import Guard
from engine.output.inbox import Inbox
from engine.output.midi_clock import MidiClock
from engine.output.mirror import every_note
from engine.output.outputs import Outputs, warm_up
from engine.output.places import LEAVING_S, owned, socket_path
from engine.output.priority import take_priority
from engine.output.voice import Voice

ORPHANED_S = 0.5
"""A guardian at work fades for longer once its engine is gone: whoever stands by sees by its lock that it lives."""


def serve(guardian: Guardian, inbox: Inbox, control: ControlSocket, voice: Voice) -> None:
    """Work until it is done."""
    while not guardian.done:
        control.serve(inbox.wait(guardian.wait_s(), control.sockets))
        ended = inbox.ended
        guardian.hear(inbox.take())
        if ended:
            guardian.leave(ended)
        guardian.work()
        if guardian.is_quiet:
            control.tell(LOST if guardian.is_cut_off else SILENT)
        voice.flush()


def run(options: argparse.Namespace, voice: Voice) -> None:
    """Stand by for the first order; then own the room and its outputs, and serve.

    Where the engine is gone before, and the guardian at work is too, all that may sound is ended.
    """
    unpermitted = take_priority()
    inbox = Inbox(sys.stdin.fileno(), take_priority)
    warm_up(options.output)
    gc.collect()
    gc.freeze()
    gc.disable()
    begun = inbox.begins()
    path = socket_path(options.room)
    with owned("room", options.room, LEAVING_S if begun else ORPHANED_S):
        guard = Guard(level_cc=options.level_cc, channels=options.channel)
        outputs = Outputs(options.output, now_s)
        guardian = Guardian(guard, outputs, now_s, voice.say, MidiClock() if options.midi_clock else None)
        control = ControlSocket(path, guardian.panic)
        signal.signal(signal.SIGTERM, lambda *_: inbox.end())
        try:
            if unpermitted:
                voice.say({"say": unpermitted})
            if not begun:
                guardian.take_over(every_note(options.channel))
            serve(guardian, inbox, control, voice)
        finally:
            control.close()
            outputs.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """The process; its exit code is 0, or what the refusal's error means."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    voice = Voice(sys.stdout.fileno())
    try:
        run(_options().parse_args(arguments), voice)
    except CalandoError as error:
        voice.say({"refused": str(error), "code": error.exit_code})
        return error.exit_code
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="engine.output.guardian", description="Owns one room's output.")
    parser.add_argument("--room", default="room")
    parser.add_argument("--output", action="append", default=[], help="midi:PORT, virtual:NAME, synth or record:PATH")
    parser.add_argument("--midi-clock", action="store_true", help="24 clocks a beat, start and stop, on every output")
    parser.add_argument("--level-cc", type=int, choices=(7, 11), default=11)
    parser.add_argument("--channel", type=int, action="append", default=[], choices=range(16))
    return parser


if __name__ == "__main__":
    sys.exit(main())
