"""A simulated listener's strap in the air for as long as a command runs: ``python -m sensors.bench -- calando scan``.

Where the story loses the link the strap is out of range; its heart goes on. Further straps beat steadily.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence

from sensors.bench.bench import Bench
from sensors.bench.fake_strap import FakeStrap
from sensors.bench.worn import worn
from sensors.simulated import SimulatedListener, StoryError


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sensors.bench", description=__doc__)
    parser.add_argument("--story", default="calm", help="what the simulated listener lives through, as in sim:STORY")
    parser.add_argument("--minute", type=float, default=0.0, help="how far into the story to begin")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another listener")
    parser.add_argument("--name", action="append", help="what the strap is called; again for another one beside it")
    parser.add_argument("command", nargs="+", help="what to run while the straps are there, after --")
    return parser.parse_args(words)


async def run_beside(
    straps: Sequence[FakeStrap], listener: SimulatedListener, from_s: float, command: Sequence[str]
) -> int:
    """Run ``command`` with these straps in the air, the first one worn by this listener; its exit code."""
    async with Bench(*straps) as bench, worn(bench, straps[0], listener, from_s=from_s):
        # Ctrl-C is for the command, which gets it too and may need a while to end well.
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)
        child = await asyncio.create_subprocess_exec(*command)
        return await child.wait()


def main(words: Sequence[str] | None = None) -> int:
    """The command's exit code, or 2 with one sentence where it cannot be run like this."""
    asked = _arguments(sys.argv[1:] if words is None else words)
    try:
        listener = SimulatedListener(asked.story, asked.seed)
        names = asked.name or ["Polar H10 A1B2C3D4"]
        straps = [FakeStrap(name, f"AA:BB:CC:DD:EE:{number:02X}") for number, name in enumerate(names, 1)]
        return asyncio.run(run_beside(straps, listener, 60.0 * asked.minute, asked.command))
    except StoryError as error:
        sys.stderr.write(f"{error}\n")
    except FileNotFoundError as error:
        sys.stderr.write(f"{error.filename} is not installed; the bench needs dbus-daemon and the command itself.\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
