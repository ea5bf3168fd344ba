"""Every strap near this computer, each listened to for a moment."""

import asyncio
from contextlib import AsyncExitStack

from sensors import heart_rate_service as hrs
from sensors.bluetooth import Bluetooth, BluetoothTroubleError, Sighting
from sensors.heart import Contact, HeartPacket
from sensors.strap_details import READ_S
from sensors.strap_finding import FoundStrap, NoBluetoothError, see_held

LISTEN_S = 4.0
"""Long enough for a few packets of a strap that sends one a second."""


async def scan(
    seconds: float = 6.0, *, bluetooth: Bluetooth | None = None, listen_s: float = LISTEN_S
) -> list[FoundStrap]:
    """Scan so long, then listen to each strap found for ``listen_s``; the strongest signal first.

    A strap that the system is connected to already is named but not touched: it may be playing in another room.
    Raises NoBluetoothError.
    """
    bluetooth = bluetooth or Bluetooth()
    seen: dict[str, Sighting] = {}
    try:
        held = await see_held(bluetooth)
        async with bluetooth.scanning(lambda strap: seen.update({strap.id: strap})):
            await asyncio.sleep(seconds)
    except BluetoothTroubleError as trouble:
        raise NoBluetoothError(str(trouble)) from trouble
    taken = [FoundStrap(strap.name, strap.id, None, trouble="in use on this computer") for strap in held]
    for strap in held:
        seen.pop(strap.id, None)
    connecting = asyncio.Lock()
    free = await asyncio.gather(*(_try(bluetooth, strap, listen_s, connecting) for strap in seen.values()))
    return sorted([*free, *taken], key=lambda strap: (-(strap.signal_dbm or -200), strap.id))


async def _try(bluetooth: Bluetooth, strap: Sighting, listen_s: float, connecting: asyncio.Lock) -> FoundStrap:
    """Connect (one at a time: radios do no better), ask, listen, disconnect."""
    payloads: list[bytes] = []
    try:
        async with AsyncExitStack() as stack:
            link = bluetooth.connected(strap, pair=False, heard=payloads.append, gone=lambda: None)
            async with connecting:
                connection = await stack.enter_async_context(link)
            battery = await connection.read(hrs.BATTERY_LEVEL, READ_S)
            await asyncio.sleep(listen_s)
    except BluetoothTroubleError as trouble:
        return FoundStrap(strap.name, strap.id, strap.signal_dbm, trouble=str(trouble))
    return _found(strap, hrs.battery_percent(battery or b""), payloads)


def _found(strap: Sighting, battery_percent: int | None, payloads: list[bytes]) -> FoundStrap:
    """What the packets of a moment say."""
    packets = [packet for payload in payloads if isinstance(packet := hrs.decode(payload, 0.0), HeartPacket)]
    rates = [packet.hr_bpm for packet in packets if packet.hr_bpm]
    return FoundStrap(
        name=strap.name,
        id=strap.id,
        signal_dbm=strap.signal_dbm,
        battery_percent=battery_percent,
        heart_rate_bpm=rates[-1] if rates else None,
        sends_rr=any(packet.rr_ticks for packet in packets) if packets else None,
        sends_contact=any(packet.contact is not Contact.UNSUPPORTED for packet in packets) if packets else None,
        trouble=None if packets else "it is connected but sends nothing",
    )
