"""The Bluetooth Heart Rate Service on the wire: measurement packets in and out, and what else the service tells.

Source: Bluetooth SIG, Heart Rate Service 1.0, section 3.1 (measurement 0x2A37) and 3.2 (body sensor location 0x2A38).
Decoding is total: any bytes give a packet or a typed rejection, never an exception and never an interval that was
not sent.
"""

import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sensors.heart import Contact, HeartPacket


def _uuid(assigned: int) -> str:
    return f"{assigned:08x}-0000-1000-8000-00805f9b34fb"


HEART_RATE_SERVICE: Final = _uuid(0x180D)
MEASUREMENT: Final = _uuid(0x2A37)
BODY_SENSOR_LOCATION: Final = _uuid(0x2A38)
BATTERY_SERVICE: Final = _uuid(0x180F)
BATTERY_LEVEL: Final = _uuid(0x2A19)
DEVICE_INFORMATION_SERVICE: Final = _uuid(0x180A)
MAKER_NAME: Final = _uuid(0x2A29)
MODEL_NUMBER: Final = _uuid(0x2A24)
FIRMWARE_REVISION: Final = _uuid(0x2A26)

LOCATIONS: Final = ("other", "chest", "wrist", "finger", "hand", "ear lobe", "foot")
"""Body sensor locations by their number on the wire (0x2A38)."""

_WIDE_HEART_RATE = 0x01
_CONTACT_FOUND = 0x02
_CONTACT_SUPPORTED = 0x04
_ENERGY = 0x08
_RR = 0x10
_CONTACT_BITS = {
    Contact.UNSUPPORTED: 0,
    Contact.ABSENT: _CONTACT_SUPPORTED,
    Contact.PRESENT: _CONTACT_SUPPORTED | _CONTACT_FOUND,
}
_CONTACTS = (Contact.UNSUPPORTED, Contact.UNSUPPORTED, Contact.ABSENT, Contact.PRESENT)
_MOST = 0xFFFF


class RejectReason(StrEnum):
    """Why a payload is no heart-rate measurement."""

    EMPTY = "no bytes at all"
    SHORT = "ends before a field that its flags promise"
    ODD_TAIL = "ends with half an RR interval"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A payload that could not be read, kept whole: ``arrival_s`` on its receiver's clock."""

    arrival_s: float
    payload: bytes
    reason: RejectReason


def decode(payload: bytes, arrival_s: float) -> HeartPacket | Rejected:
    """Read one measurement; ``arrival_s`` is when it came, on the receiver's clock.

    Reserved flag bits are ignored, and so are bytes after the last field that the flags name. The RR flag may stand
    with no interval behind it (a second without a beat). Intervals stay as sent, a zero too: judging is not done here.
    """
    if not payload:
        return Rejected(arrival_s, payload, RejectReason.EMPTY)
    flags = payload[0]
    energy_at = 3 if flags & _WIDE_HEART_RATE else 2
    rr_at = energy_at + 2 if flags & _ENERGY else energy_at
    if len(payload) < rr_at:
        return Rejected(arrival_s, payload, RejectReason.SHORT)
    if flags & _RR and (len(payload) - rr_at) % 2:
        return Rejected(arrival_s, payload, RejectReason.ODD_TAIL)
    return HeartPacket(
        arrival_s=arrival_s,
        hr_bpm=int.from_bytes(payload[1:energy_at], "little"),
        rr_ticks=struct.unpack_from(f"<{(len(payload) - rr_at) // 2}H", payload, rr_at) if flags & _RR else (),
        contact=_CONTACTS[flags >> 1 & 0b11],
        energy_kj=int.from_bytes(payload[energy_at:rr_at], "little") if flags & _ENERGY else None,
    )


def encode(packet: HeartPacket) -> bytes:
    """The measurement a strap would send: the narrowest heart rate, the RR flag only with intervals behind it.

    ``decode(encode(packet), packet.arrival_s) == packet``. Raises ValueError where a value does not fit 16 bits.
    """
    energy = () if packet.energy_kj is None else (packet.energy_kj,)
    values = (packet.hr_bpm, *energy, *packet.rr_ticks)
    if not all(0 <= value <= _MOST for value in values):
        raise ValueError(f"a heart-rate measurement holds whole numbers from 0 to {_MOST}, not {values}")
    wide = packet.hr_bpm > 0xFF
    flags = _CONTACT_BITS[packet.contact]
    flags |= (_WIDE_HEART_RATE if wide else 0) | (_ENERGY if energy else 0) | (_RR if packet.rr_ticks else 0)
    return struct.pack(f"<B{'H' if wide else 'B'}{len(values) - 1}H", flags, *values)


def location_name(payload: bytes) -> str | None:
    """Where the sensor sits, from a body sensor location value; None for a value the service does not know."""
    return LOCATIONS[payload[0]] if len(payload) == 1 and payload[0] < len(LOCATIONS) else None


def battery_percent(payload: bytes) -> int | None:
    """The charge 0-100 from a battery level value; None where it is no percentage."""
    return payload[0] if len(payload) == 1 and payload[0] <= 100 else None


def text(payload: bytes) -> str | None:
    """A device information string; None where nothing readable is in it."""
    return payload.decode("utf-8", errors="replace").strip("\0 \t\r\n") or None
