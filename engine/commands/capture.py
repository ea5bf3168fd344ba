"""``calando capture``: a strap's raw packets and when they arrived, in a file that can be sent and heard again."""

import asyncio
import contextlib
import random
import signal
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine import clock
from engine.commands.parameters import Amount, NamedPath
from engine.errors import CalandoError, LinkFailedError
from sensors.capture import HEADING, capture_line
from sensors.heart import RR_TICKS_PER_SECOND, HeartPacket
from sensors.heart_rate_service import decode
from sensors.strap_wanted import WantedStrap, parse_wanted

if TYPE_CHECKING:
    from sensors.heart import HeartSource, SourceEvent
    from sensors.strap import StrapDetails


class CaptureError(CalandoError):
    """The file cannot be written."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path} cannot be written: {error.strerror}. Choose another place with -o.")


@click.command()
@click.argument("strap", metavar="[NAME-OR-ADDRESS][?pair=always|never]", required=False)
@click.option("-o", "--output", type=NamedPath(dir_okay=False), default=None, help="A .csv file.")
@click.option("--seconds", type=Amount(1, 86_400), default=None, help="Else until Ctrl-C.")
def capture(*, strap: str | None, output: Path | None, seconds: float | None) -> None:
    """Record a strap's raw packets and their arrival, for a bug report.

    The file names neither strap nor wearer; run --heart replay:FILE plays it.
    """
    asyncio.run(_capture(parse_wanted(strap or ""), output or _named_by_time(), seconds))


def _named_by_time() -> Path:
    from engine.record.folder import wall_time

    return Path(f"capture_{wall_time():%Y-%m-%d_%H-%M-%S}.csv")


async def _capture(wanted: WantedStrap, path: Path, seconds: float | None) -> None:
    """Find the strap, then write until the time is over or somebody ends it."""
    from sensors.strap import Pairing, Strap, find

    found = await find(wanted.name)
    start_s = clock.now_s()
    with _opened(path) as file:
        keeper = Keeper(path, file)
        click.echo(f"Strap: {found.name} ({found.id}). Ctrl-C ends.")
        source = Strap(
            found.id,
            lambda: clock.now_s() - start_s,
            random.Random(),
            pairing=wanted.pairing or Pairing.AUTO,
            on_details=_tell,
            on_payload=keeper.hear,
        )
        try:
            await _run(source, seconds)
        finally:
            click.echo(keeper.summary)
    if not keeper.packets:
        raise LinkFailedError(f"{found.name} was found but sent no heartbeat: put it on, moisten it, and try again.")


async def _run(source: "HeartSource", seconds: float | None) -> None:
    """Listen so long, or until SIGTERM; Ctrl-C cancels. A failure of the listener comes out as itself."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds) as limit:
            with contextlib.suppress(NotImplementedError):  # Windows knows no SIGTERM to handle
                loop.add_signal_handler(signal.SIGTERM, lambda: limit.reschedule(loop.time()))
            await source.run(_show)
    except TimeoutError:
        pass
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


def _opened(path: Path) -> FileIO:
    """A new file that holds each line as soon as it is written; none that is there is written over.

    Raises CaptureError.
    """
    try:
        return path.open("wb" if path.is_char_device() else "xb", buffering=0)
    except OSError as error:
        raise CaptureError(path, error) from error


class Keeper:
    """Writes each payload as it comes, and says what it holds."""

    def __init__(self, path: Path, file: FileIO) -> None:
        self._path = path
        self._file = file
        self.packets = 0
        self.rejected = 0
        self._write(HEADING)

    def hear(self, arrival_s: float, payload: bytes) -> None:
        """Keep one payload, whatever it is. Raises CaptureError."""
        self._write(capture_line(arrival_s, payload))
        packet = decode(payload, arrival_s)
        if isinstance(packet, HeartPacket):
            self.packets += 1
            click.echo(line(packet))
        else:
            self.rejected += 1
            click.echo(f"{arrival_s:8.2f} s  {payload.hex()}: no measurement, {packet.reason}")

    def _write(self, text: str) -> None:
        try:
            self._file.write(f"{text}\n".encode())
        except OSError as error:
            raise CaptureError(self._path, error) from error

    @property
    def summary(self) -> str:
        """How much was kept, in a sentence."""
        others = f", {self.rejected} payloads that are no measurement" if self.rejected else ""
        return f"{self.packets} packets{others}. File: {self._path}"


def line(packet: HeartPacket) -> str:
    """A packet in one line."""
    rr_ms = ", ".join(f"{1000 * ticks / RR_TICKS_PER_SECOND:.0f}" for ticks in packet.rr_ticks) or "none"
    return f"{packet.arrival_s:8.2f} s  heart {packet.hr_bpm}  RR {rr_ms} ms  contact {packet.contact}"


def _show(event: "SourceEvent") -> None:
    """Packets are told as they are kept; here the changes of the link."""
    if not isinstance(event, HeartPacket):
        click.echo(f"{event.at_s:8.2f} s  {event.link}: {event.why}")


def _tell(details: "StrapDetails") -> None:
    click.echo(f"{'':10}{details.words or 'the strap tells nothing of itself'}")
