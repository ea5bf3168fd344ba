"""The built-in synth as a process: ``python -m engine.output.synth`` reads MIDI bytes and plays them.

It reads standard input until that ends, then fades and exits: 0, or 3 where there is no sound device. SIGINT and
SIGHUP are for the engine and pass it by; SIGTERM is an end.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from mido.tokenizer import Tokenizer

from engine.clock import now_s
from engine.errors import CalandoError
from engine.output.synth_audio import Frames, Loudspeaker, Sound
from engine.output.synth_core import BlockSynth, Synth
from engine.output.synth_live import FADE_S, LiveSynth
from engine.output.synth_render import recorded
from engine.output.synth_timbres import CHANNEL_TIMBRES, TIMBRES, Timbre

Report = Callable[[Mapping[str, object]], None]

_STDIN = 0
_LONGEST_END_S = FADE_S + 0.4
"""A device that has died asks for no more sound, and its fade never ends by itself."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Play standard input; the exit code."""
    options = _options().parse_args(arguments)
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end_input)
    report = _say if options.report else _keep_quiet
    try:
        live = LiveSynth(_synth(options), now_s)
        if options.wav:
            with recorded(live.sound, options.wav) as sound:
                _play(live, sound, report, null=True)
        else:
            _play(live, live.sound, report, null=options.backend == "null")
    except CalandoError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    report({"played_s": live.played_s, "slowest_share": live.slowest_share})
    return 0


def _synth(options: argparse.Namespace) -> BlockSynth:
    timbres = dict(options.timbre)
    if options.soundfont is None:
        return Synth({**CHANNEL_TIMBRES, **timbres})
    from engine.output.fluid_synth import SoundFontSynth
    from engine.output.fonts import PROGRAMS, find_font

    return SoundFontSynth(
        find_font(options.soundfont), {**PROGRAMS, **dict(options.program)}, timbres or CHANNEL_TIMBRES
    )


def _say(facts: Mapping[str, object]) -> None:
    sys.stderr.write(json.dumps(facts) + "\n")
    sys.stderr.flush()


def _keep_quiet(_facts: Mapping[str, object]) -> None:
    """Say nothing."""


def _play(live: LiveSynth, sound: Sound, report: Report, *, null: bool) -> None:
    ended = threading.Event()

    def piece_by_piece(frames: int) -> Frames:
        piece = sound(frames)
        if live.ended:
            ended.set()
        return piece

    with Loudspeaker(piece_by_piece, null=null):
        _say_ready()
        report({"ready": True})
        _hear_all(live)
        live.end()
        ended.wait(_LONGEST_END_S)


def _say_ready() -> None:
    """A line for whoever started this; nobody need listen."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), b"ready\n")


def _hear_all(live: LiveSynth) -> None:
    """Every message of standard input, as it comes, to its end."""
    tokens = Tokenizer()
    while data := os.read(_STDIN, 4096):
        tokens.feed(data)
        for message in tokens:
            live.hear(bytes(message))


def _end_input(_signal: int, _frame: FrameType | None) -> None:
    """Put nothing in the input's place: a read that was interrupted is tried again, and finds its end there."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), _STDIN)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="engine.output.synth", description="The built-in synth of calando.")
    parser.add_argument("--backend", choices=("auto", "null"), default="auto", help="null keeps time without a device")
    parser.add_argument("--wav", metavar="PATH", help="play to the null device, and keep what it heard")
    parser.add_argument("--timbre", action="append", default=[], type=_timbre, metavar="CHANNEL=NAME")
    parser.add_argument("--soundfont", metavar="FILE", help="play a SoundFont through FluidSynth instead")
    parser.add_argument("--program", action="append", default=[], type=_program, metavar="CHANNEL=1-128")
    parser.add_argument("--report", action="store_true", help="JSON on standard error: it plays, how it went")
    return parser


def _timbre(text: str) -> tuple[int, Timbre]:
    channel, _, name = text.partition("=")
    if not channel.isdecimal() or not 1 <= int(channel) <= 16 or name not in TIMBRES:
        raise argparse.ArgumentTypeError(f"CHANNEL=NAME with a channel 1-16 and one of {', '.join(TIMBRES)}")
    return int(channel) - 1, TIMBRES[name]


def _program(text: str) -> tuple[int, int]:
    channel, _, program = text.partition("=")
    if not (channel.isdecimal() and program.isdecimal() and 1 <= int(channel) <= 16 and 1 <= int(program) <= 128):
        raise argparse.ArgumentTypeError("CHANNEL=PROGRAM with a channel 1-16 and a General MIDI program 1-128")
    return int(channel) - 1, int(program) - 1


if __name__ == "__main__":
    sys.exit(main())
