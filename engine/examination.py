"""What a machine has and lacks for calando: each look is one finding, and no look can stop the others."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import platformdirs

from engine import config
from engine.errors import CalandoError
from engine.output.places import socket_path
from engine.output.ports import list_ports, plain_name

OLDEST_PYTHON = (3, 11)
LOW_DISK_MB = 200
"""A session takes a few megabytes; a disk this full fills up from elsewhere."""
LOOK_S = 0.3


class Health(StrEnum):
    """How a look came out: fine, missing (calando runs without it), or broken (it does not)."""

    FINE = "fine"
    MISSING = "missing"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One look: what was found, and what a person can do about it; no ``fix`` where nothing needs one."""

    name: str
    health: Health
    found: str
    fix: str = ""


def python() -> Finding:
    """The interpreter's version."""
    version = sys.version.split()[0]
    if sys.version_info >= OLDEST_PYTHON:
        return Finding("Python", Health.FINE, version)
    return Finding("Python", Health.BROKEN, version, "install Python 3.11 or 3.12 and make a new venv with it")


def profiles() -> Finding:
    """Whether the shipped profiles are whole."""
    names = config.shipped_names()
    problems = [str(problem) for name in names for problem in config.check(name)]
    if names and not problems:
        return Finding("profiles", Health.FINE, ", ".join(names))
    fix = "install calando again: pip install --force-reinstall calando"
    return Finding("profiles", Health.BROKEN, "; ".join(problems) or "none are installed", fix)


def bluetooth() -> Finding:
    """Whether a scan for straps can begin."""
    from sensors.bluetooth import Bluetooth, BluetoothTroubleError

    async def look() -> None:
        async with Bluetooth().scanning(lambda _: None):
            await asyncio.sleep(LOOK_S)

    try:
        asyncio.run(look())
    except BluetoothTroubleError as trouble:
        what, _, fix = str(trouble).partition(": ")
        fix = fix or "switch Bluetooth off and on, and look again"
        return Finding("Bluetooth", Health.MISSING, what, f"{fix}; without it --heart none, sim: or replay: still work")
    return Finding("Bluetooth", Health.FINE, "straps can be searched; calando scan lists them")


def midi(ports: Callable[[], Sequence[str]] = list_ports) -> Finding:
    """Whether a MIDI system answers, and what is plugged in."""
    try:
        names = ports()
    except CalandoError as error:
        fix = "on Linux load ALSA's sequencer (modprobe snd-seq) or start JACK; the built-in synth needs neither"
        return Finding("MIDI", Health.MISSING, str(error).partition(";")[0], fix)
    if not names:
        return Finding("MIDI", Health.MISSING, "a MIDI system but no port", "plug in a synth, or start one")
    return Finding("MIDI", Health.FINE, ", ".join(plain_name(name) for name in names))


def sound() -> Finding:
    """Whether the built-in synth has a device to play on."""
    from engine.output.choice import has_sound

    if has_sound():
        return Finding("sound", Health.FINE, "a sound device for the built-in synth")
    fix = "plug in or switch on a loudspeaker output, or play a MIDI port with --out midi:PORT"
    return Finding("sound", Health.MISSING, "no sound device for the built-in synth", fix)


def records(folder: Path | None = None) -> Finding:
    """Whether sessions can be kept, and how much room there is for them."""
    root = folder or Path(platformdirs.user_data_dir("calando"))
    fix = f"make {root} writable, or name another folder with --record"
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(b"calando")
    except OSError as error:
        return Finding("records", Health.BROKEN, f"{root}: {os.strerror(error.errno or 0)}", fix)
    free_mb = shutil.disk_usage(root).free // 1_000_000
    if free_mb < LOW_DISK_MB:
        return Finding("records", Health.BROKEN, f"{root}: only {free_mb} MB free", "free some disk space")
    return Finding("records", Health.FINE, f"{root}, {free_mb / 1000:.0f} GB free")


def panic_socket() -> Finding:
    """Whether a guardian can be reached by *panic*."""
    try:
        folder = socket_path("room").parent
    except (CalandoError, OSError) as error:
        return Finding("panic", Health.BROKEN, str(error), "set XDG_RUNTIME_DIR to a folder of your own")
    return Finding("panic", Health.FINE, f"rooms are reached in {folder}")


def priority() -> Finding:
    """Whether the guardian may ask for real-time priority."""
    fix = "permit it: a line '@audio - rtprio 20' in /etc/security/limits.d/calando.conf, and the user in group audio"
    if not hasattr(os, "sched_setscheduler"):
        return Finding(
            "real time", Health.MISSING, "this system has no SCHED_FIFO", "nothing to do: notes keep time well"
        )
    before, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        return Finding("real time", Health.MISSING, "SCHED_FIFO is not permitted, notes may come late under load", fix)
    os.sched_setscheduler(0, before, parameters)
    return Finding("real time", Health.FINE, "SCHED_FIFO is permitted")


LOOKS = (python, profiles, bluetooth, midi, sound, records, panic_socket, priority)


def examine(looks: Sequence[Callable[[], Finding]] = LOOKS) -> tuple[Finding, ...]:
    """Every look in turn; one that fails is a finding itself."""
    return tuple(_each(looks))


def _each(looks: Sequence[Callable[[], Finding]]) -> Iterator[Finding]:
    for look in looks:
        try:
            yield look()
        except Exception as error:
            yield Finding(look.__name__, Health.BROKEN, f"{type(error).__name__}: {error}", "report this to calando")
