"""The command line: each command is imported when it is called, and every failure reaches a person as one sentence."""

import importlib
import logging
import os
import sys
from collections.abc import Sequence

import click

from engine.errors import INTERRUPTED, CalandoError
from engine.words import did_you_mean

COMMANDS = {
    "run": "Play a live session.",
    "demo": "Hear and see calando with a simulated listener; no hardware.",
    "render": "Render a recorded or simulated heart to MIDI, sound and a picture.",
    "tune": "Reload a profile while it plays, or hold two against each other.",
    "scan": "Find heart-rate straps in reach.",
    "capture": "Record a strap's raw packets, for a bug report.",
    "ports": "List MIDI ports, and hear whether a synth obeys.",
    "pads": "Learn pads and pedals: silence, ease, stay, next phase.",
    "doctor": "What is missing on this machine, and the fix for each.",
    "check": "Check profiles: all errors at once, with their lines.",
    "explain": "Why the music was as it was, for any second of a session.",
    "replay": "Prove that a session folds to the same bytes, or hear it otherwise.",
    "soak": "Live through hours, faults and kills; one line of totals.",
    "prune": "Let old records go.",
    "panic": "Silence a room, even when everything else hangs.",
}
"""Each lives in ``engine.commands.NAME`` as a function of its name."""


SENSOR_ERRORS = {
    "ReplayError": 1,
    "ReplayWordsError": 2,
    "StoryError": 2,
    "StrapWordsError": 2,
    "NoBluetoothError": 3,
    "NoSuchStrapError": 3,
    "SeveralStrapsError": 3,
    "StrapInUseError": 3,
    "MissingExtraError": 1,
    "StreamError": 3,
    "PlaceTakenError": 4,
}
"""The sensors do not know the command line; their one-sentence errors get their exit codes here."""


class LazyGroup(click.Group):
    """A group that lists its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself, imported now; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"engine.commands.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        _name_variables(command, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a name that nobody has."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"There is no command {args[0]!r}{did_you_mean(args[0], list(COMMANDS))}")
        return super().resolve_command(ctx, args)


def _name_variables(command: click.Command, name: str) -> None:
    """Each option can be said in the environment, under the name that a person writes: ``CALANDO_RUN_OUT``."""
    for option in command.params:
        if isinstance(option, click.Option):
            said = next(each for each in option.opts if each.startswith("--"))
            option.envvar = f"CALANDO_{name}_{said[2:]}".replace("-", "_").upper()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="calando")
def cli() -> None:
    """Generative ambient music that listens to a heart and only ever calms.

    Background music that can slow down. Not a monitor, no alarms.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 ok, 1 failure, 2 usage, 3 device, 4 link, 5 safety stop, 130 interrupted."""
    _keep_tracebacks_from_people()
    try:
        code = cli.main(args=arguments, prog_name="calando", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        code = _hung_up()
    except Exception as error:
        code = _not_written(error) if isinstance(error, OSError) and _was_printed(error) else _told(error)
    sys.exit(code)


def _keep_tracebacks_from_people() -> None:
    """Libraries' warnings and tracebacks reach a terminal only where a developer asks: CALANDO_TRACEBACK=1."""
    if not os.environ.get("CALANDO_TRACEBACK"):
        logging.getLogger().addHandler(logging.NullHandler())


def _hung_up() -> int:
    """Whoever read the output went away, as ``head`` does: what is left to flush goes nowhere."""
    from engine.commands.terminal import hang_up

    hang_up()
    return 1


def _was_printed(error: OSError) -> bool:
    """Whether it came up where click writes to the terminal, or to the file on a full disk that stands for it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") == "click.utils"


def _not_written(error: OSError) -> int:
    _hung_up()
    click.echo(f"calando: What was to be printed cannot be written ({error.strerror}); let it go elsewhere.", err=True)
    return 1


def _told(error: Exception) -> int:
    """Say a failure in one sentence; its exit code. CALANDO_TRACEBACK=1 shows a developer where it happened.

    What nobody foresaw is told by its kind alone: its text may hold what was read, and so a name.
    """
    if os.environ.get("CALANDO_TRACEBACK"):
        raise error
    if isinstance(error, ExceptionGroup):
        return _told(error.exceptions[0])
    known = [SENSOR_ERRORS[each.__name__] for each in type(error).__mro__ if each.__name__ in SENSOR_ERRORS]
    if isinstance(error, CalandoError):
        known.append(error.exit_code)
    if known:
        click.echo(f"calando: {error}", err=True)
        return known[0]
    name = type(error).__name__
    click.echo(f"calando failed inside ({name}); CALANDO_TRACEBACK=1 shows a developer where.", err=True)
    return 1


if __name__ == "__main__":
    main()
