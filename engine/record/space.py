"""Whether a disk has room for a session before it begins."""

import shutil
from pathlib import Path

from engine.errors import CalandoError

LEAST_BYTES = 50_000_000
"""A few hours of a session; with less none is begun."""
SCARCE_BYTES = 500_000_000
"""With less a person is told."""


class NoSpaceError(CalandoError):
    """There is no room for a record."""


def check_space(root: Path, free_bytes: int | None = None) -> str | None:
    """A sentence where room is scarce, None where there is plenty. Raises NoSpaceError where a session may not fit.

    ``root`` may not exist yet; ``free_bytes`` stands in for what its disk says.
    """
    if free_bytes is None:
        free_bytes = _free(root)
    if free_bytes is None or free_bytes >= SCARCE_BYTES:
        return None
    left = f"{root}: only {free_bytes / 1e6:.0f} MB are free on its disk"
    if free_bytes < LEAST_BYTES:
        raise NoSpaceError(f"{left}, too few for a record; calando prune removes old ones, or choose another --record.")
    return f"{left}; calando prune removes old records."


def about_space(root: Path, *, begins: bool) -> str | None:
    """A sentence where room is scarce, None where there is plenty. Raises NoSpaceError where a session ``begins``.

    One that is taken up again goes on with what room there is: its journal keeps what the disk does not take.
    """
    try:
        return check_space(root)
    except NoSpaceError as error:
        if begins:
            raise
        return str(error)


def _free(root: Path) -> int | None:
    """None where nobody knows, as of /proc and its like, which have no blocks at all."""
    for folder in (root.absolute(), *root.absolute().parents):
        try:
            disk = shutil.disk_usage(folder)
        except OSError:
            continue
        return disk.free if disk.total else None
    return None
