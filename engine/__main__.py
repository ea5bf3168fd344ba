"""The first step of ``calando``: it stands before anything slow is imported, so that Ctrl-C never meets a traceback."""

import signal
import sys

INTERRUPTED = 130
"""As ``engine.errors`` has it, which is not imported yet."""


def main() -> None:
    """Run the command line and exit with its code; 130 where Ctrl-C came before it stood, or again while it went."""
    code: object = INTERRUPTED
    try:
        from engine.cli import main as command_line

        command_line()
    except KeyboardInterrupt:
        pass
    except SystemExit as ended:
        code = ended.code
    if code == INTERRUPTED:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # once more, out of impatience, would end it by the signal
    sys.exit(code)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
