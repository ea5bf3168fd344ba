"""A strap's raw packets as a file: what came, and when, for a bug report or to be heard again.

A CSV with the columns ``arrival_s, payload``: seconds on the receiver's clock, and the bytes of the measurement in
hexadecimal, whatever they are.
"""

import math
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path

from sensors.heart import HeartPacket, Link, LinkState, SourceEvent
from sensors.heart_rate_service import decode
from sensors.link_watch import LinkWatch, Patience
from sensors.recording_tables import ReplayError, cells_of

HEADING = "arrival_s,payload"
"""The file's first line."""


def capture_line(arrival_s: float, payload: bytes) -> str:
    """One packet as a line of the file, without its end."""
    return f"{arrival_s:.6f},{payload.hex()}"


def is_capture(lines: Sequence[str]) -> bool:
    """Whether the lines of a file are a capture."""
    return bool(lines) and lines[0].replace(" ", "").lower() == HEADING


def read_capture(path: Path, lines: Sequence[str]) -> list[SourceEvent]:
    """The packets, from 0 on, and what they tell of the link. Bytes that are no measurement are passed over.

    Raises ``ReplayError`` with the line that cannot be read.
    """
    received = [_received(where, cells) for where, cells in cells_of(path, lines[1:], 2)]
    received.sort(key=itemgetter(0))
    decoded = [decode(payload, arrival_s - received[0][0]) for arrival_s, payload in received]
    return list(_with_links([packet for packet in decoded if isinstance(packet, HeartPacket)]))


def _received(where: str, cells: Sequence[str]) -> tuple[float, bytes]:
    try:
        arrival, payload = cells
        arrival_s = float(arrival)
        if math.isfinite(arrival_s):
            return arrival_s, bytes.fromhex(payload)
    except ValueError:
        pass
    raise ReplayError(f"{where}: '{','.join(cells)[:60]}' is no packet: it needs seconds and hexadecimal bytes")


def _with_links(packets: Sequence[HeartPacket]) -> Iterator[SourceEvent]:
    """The packets, with the link's changes before those that show them."""
    link: Link | None = None
    watch, last_s = LinkWatch(Patience(), 0.0), 0.0
    for packet in packets:
        stalled_s = last_s + watch.stall_s
        if packet.arrival_s > stalled_s:
            link = Link.STALLED
            yield LinkState(stalled_s, link, "nothing came")
        change = watch.hear(packet)
        if change is not None and change[0] is not link:
            link = change[0]
            yield LinkState(packet.arrival_s, *change)
        yield packet
        last_s = packet.arrival_s
