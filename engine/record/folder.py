"""Where a session's record lies, and what lies in it."""

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from platform import platform

import platformdirs

from engine.clock import boot
from engine.errors import CalandoError
from engine.offline import Rendering
from engine.output.smf import write_mid
from engine.record.journal import Journal, RunHead
from engine.record.meta import meta_of
from engine.record.picture import draw
from engine.score_file import layers_of, midi_piece
from engine.session import Setup

WallTime = Callable[[], dt.datetime]


def wall_time() -> dt.datetime:
    """The local time, to label a record with; nothing else may ask for it."""
    return dt.datetime.now().astimezone()  # noqa: TID251 -- the one place


class RecordError(CalandoError):
    """The record cannot be kept where it was asked for."""


@dataclass(frozen=True, slots=True)
class RecordFolder:
    """One session's folder: the journal, the MIDI file and the picture."""

    path: Path

    @property
    def journal(self) -> Path:
        """Inputs, decisions and events."""
        return self.path / "session.sqlite"

    @property
    def midi(self) -> Path:
        """The music."""
        return self.path / "session.mid"

    @property
    def picture(self) -> Path:
        """Heart, arousal and music over time."""
        return self.path / "session.png"


def records_root(parent: Path | None) -> Path:
    """Where records are kept: ``parent``, or the user's data folder."""
    return parent or Path(platformdirs.user_data_dir("calando")) / "sessions"


def new_folder(parent: Path | None, label: str, now: WallTime = wall_time) -> RecordFolder:
    """A new folder named by time and label, readable by its owner alone. Raises RecordError.

    Without ``parent`` it lies in the user's data folder.
    """
    root = records_root(parent)
    stamp = now().strftime("%Y-%m-%d_%H-%M-%S")
    try:
        root.mkdir(parents=True, exist_ok=True)
        for again in range(1, 1000):
            path = root / (f"{stamp}_{label}" + (f"_{again}" if again > 1 else ""))
            if not path.exists():
                path.mkdir(mode=0o700)
                return RecordFolder(path)
    except OSError as error:
        raise RecordError(
            f"No record can be kept in {root}: {os.strerror(error.errno or 0)}. Choose another --record."
        ) from error
    raise RecordError(f"No record can be kept in {root}: a thousand folders are named {stamp}_{label}.")


def head(setup: Setup, room: str = "", now: WallTime = wall_time) -> dict[str, object]:
    """What the journal begins with; ``room`` names the live room that may take it up again."""
    return meta_of(setup, version=version("calando"), started=now().isoformat(timespec="minutes"), room=room)


def run_head(run: int, start_s: float, now_s: float, now: WallTime = wall_time) -> RunHead:
    """How a run begins whose second 0 was, or will be, at ``start_s`` on a clock that shows ``now_s``."""
    wall_s = now().timestamp() - (now_s - start_s)
    return RunHead(run, start_s, boot(), wall_s, version("calando"), platform())


def keep(rendering: Rendering, folder: RecordFolder) -> None:
    """Write a finished rendering into its folder, whole. Raises JournalError, SaveError."""
    journal = Journal(folder.journal, is_live=False)
    journal.open(head(rendering.setup))
    for stamped in rendering.inputs:
        journal.take(stamped)
    journal.take_events(rendering.events)
    for decision in rendering.decisions:
        journal.take_decision(decision)
    journal.close(patience_s=60.0)
    leave_behind(rendering, folder)


def leave_behind(rendering: Rendering, folder: RecordFolder) -> None:
    """The MIDI file and the picture."""
    write_mid(folder.midi, midi_piece(rendering))
    draw(rendering.decisions, rendering.wire, folder.picture, layers=layers_of(rendering.setup.profile))
