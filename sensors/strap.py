"""A Bluetooth heart-rate strap as a source: found, connected, subscribed, watched, and recovered for ever.

The age of the data judges the link, not the platform: a killed Bluetooth daemon leaves bleak "connected" and silent.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sensors.bluetooth import (
    SCAN_WINDOW_S,
    Bluetooth,
    BluetoothTroubleError,
    Connection,
    PairingNeededError,
    Sighting,
)
from sensors.heart import Deliver, HeartPacket, Link, LinkState
from sensors.heart_rate_service import decode
from sensors.link_watch import Change, LinkWatch, Patience
from sensors.strap_details import StrapDetails, read_details
from sensors.strap_finding import (
    SETTLE_S,
    FoundStrap,
    NoBluetoothError,
    NoSuchStrapError,
    Search,
    SeveralStrapsError,
    StrapError,
    StrapInUseError,
    find,
    in_use,
    see_held,
)
from sensors.strap_scan import scan
from sensors.strap_wanted import Pairing

__all__ = [
    "FoundStrap",
    "NoBluetoothError",
    "NoSuchStrapError",
    "Pairing",
    "SeveralStrapsError",
    "Strap",
    "StrapDetails",
    "StrapError",
    "StrapInUseError",
    "find",
    "scan",
]

# A reason goes into the record, and some watches are named after their wearer: so no reason names a device.
LOOKING = "looking for the strap"
IN_USE = "a strap is in use on this computer: start again with its address, if it is the one"
SEVERAL = "several straps could be meant: start again with the address of one, as calando scan lists them"

Inbox = asyncio.Queue[tuple[float, bytes] | None]
"""Payloads with their arrival; None is the end of the link."""


SHORTEST_WAIT_S = 0.25
LONGEST_WAIT_S = 1.5
MOST_DOUBLINGS = 3
LONGEST_BLIND_WAIT_S = 1.0
"""Where no scan can run, the strap is not seen either: look again sooner."""


@dataclass(slots=True)
class BackOff:
    """How long to wait before the next attempt: nothing after good data, then 0.25 s to at most 1.5 s, jittered.

    Each wait is drawn anew: several rooms must not knock at one daemon in step.
    """

    random: Random
    failures: int = 0
    waited: bool = False

    def reset(self) -> None:
        """Good data came."""
        self.failures, self.waited = 0, False

    def fail(self) -> None:
        """An attempt came to nothing."""
        self.failures += 1

    def wait_s(self) -> float:
        """The wait between finding a strap and connecting to it, spent scanning; none after a blind one."""
        waited, self.waited = self.waited, False
        return 0.0 if waited or not self.failures else self._drawn_s(LONGEST_WAIT_S)

    def blind_wait_s(self) -> float:
        """The wait before scanning is tried again where it could not even begin."""
        self.waited = True
        return self._drawn_s(LONGEST_BLIND_WAIT_S)

    def _drawn_s(self, longest_s: float) -> float:
        doublings = min(self.failures, MOST_DOUBLINGS)
        return self.random.uniform(SHORTEST_WAIT_S, min(longest_s, SHORTEST_WAIT_S * 2**doublings))


def _why_not(found: tuple[Sighting, ...]) -> str:
    """Why none of the straps that could be meant is connected to."""
    if not found:
        return LOOKING
    return SEVERAL if len(found) > 1 else IN_USE


class Strap:
    """A heart source: runs until cancelled, whatever happens to strap, radio, daemon or bus.

    ``wanted`` is an address, the name printed on the strap or a part of it, or None for the only one there; from the
    first packet on it is that strap alone. ``clock`` gives the seconds that packets are stamped with. ``on_details``
    hears once what the strap tells of itself; ``on_payload`` hears each raw payload with its arrival.

    Sources in one process share one ``bluetooth``. Reasons name no device: they are kept in the session's record.
    """

    def __init__(
        self,
        wanted: str | None,
        clock: Callable[[], float],
        random: Random,
        *,
        bluetooth: Bluetooth | None = None,
        patience: Patience | None = None,
        settle_s: float = SETTLE_S,
        pairing: Pairing = Pairing.AUTO,
        on_details: Callable[[StrapDetails], None] | None = None,
        on_payload: Callable[[float, bytes], None] | None = None,
    ) -> None:
        self._wanted = wanted
        self._clock = clock
        self._bluetooth = bluetooth or Bluetooth()
        self._patience = patience or Patience()
        self._settle_s = settle_s
        self._pairing = pairing
        self._pair = pairing is Pairing.ALWAYS
        self._on_details = on_details
        self._on_payload = on_payload
        self._back_off = BackOff(random)
        self._held_in_vain = False
        self._state: Change | None = None
        self._deliver: Deliver = lambda _: None
        self.rejected = 0
        """Payloads that were no measurement, since the start."""

    async def run(self, deliver: Deliver) -> None:
        """Deliver packets, and each change of the link with its reason, until cancelled; then disconnect."""
        self._deliver = deliver
        while True:
            try:
                await self._attend(await self._search())
            except PairingNeededError as need:
                self._pair = self._pairing is Pairing.ALWAYS or (self._pairing is Pairing.AUTO and not self._pair)
                self._failed(str(need))
            except BluetoothTroubleError as trouble:
                self._failed(str(trouble))

    def _failed(self, why: str) -> None:
        self._back_off.fail()
        self._say(Link.SEARCHING, why)

    def _say(self, link: Link, why: str) -> None:
        if self._state != (link, why):
            self._state = link, why
            self._deliver(LinkState(self._clock(), link, why))

    # Searching

    async def _search(self) -> Sighting:
        """The strap to connect to, after this attempt's wait. Raises BluetoothTroubleError where none can be sought."""
        if self._state is None or self._state[0] is not Link.SEARCHING:
            self._say(Link.SEARCHING, LOOKING)
        wait_s = self._back_off.wait_s()
        while True:
            try:
                found = await self._look(wait_s)
            except BluetoothTroubleError:
                await asyncio.sleep(self._back_off.blind_wait_s())
                raise
            if len(found) == 1 and not in_use(self._wanted, found):
                return found[0]
            self._say(Link.SEARCHING, _why_not(found))
            wait_s = 0.0

    async def _look(self, wait_s: float) -> tuple[Sighting, ...]:
        """What can be meant: a strap that is held needs no scan; else all that a scan of one window shows."""
        search = Search(self._wanted, self._settle_s)
        for strap in await self._held():
            search.see(strap)
        if search.certain:
            await asyncio.sleep(wait_s)
            return search.candidates
        async with self._bluetooth.scanning(search.see):
            await asyncio.sleep(wait_s)
            return await search.settled(SCAN_WINDOW_S - wait_s)

    async def _held(self) -> tuple[Sighting, ...]:
        """Straps that the system is connected to; none right after one of them proved to be a ghost."""
        if self._held_in_vain:
            self._held_in_vain = False
            return ()
        return await see_held(self._bluetooth)

    # Listening

    async def _attend(self, strap: Sighting) -> None:
        """Connect, and deliver until the link ends or stalls. Raises BluetoothTroubleError where it never begins."""
        self._say(Link.CONNECTING, "the strap was found")
        self._held_in_vain = strap.signal_dbm is None
        inbox: Inbox = asyncio.Queue()
        async with (
            self._bluetooth.connected(
                strap,
                pair=self._pair,
                heard=lambda payload: inbox.put_nowait((self._clock(), payload)),
                gone=lambda: inbox.put_nowait(None),
            ) as connection,
            asyncio.TaskGroup() as aside,
        ):
            asking = aside.create_task(self._ask(connection, strap))
            link, why = await self._listen(strap, inbox)
            self._say(link, why)
            asking.cancel()
        if link is Link.STALLED:
            self._say(Link.LOST, "the link was closed to start afresh")

    async def _ask(self, connection: Connection, strap: Sighting) -> None:
        if self._on_details is not None:
            self._on_details(await read_details(connection, strap))
            self._on_details = None

    async def _listen(self, strap: Sighting, inbox: Inbox) -> Change:
        """How the link ended."""
        loop = asyncio.get_running_loop()
        watch = LinkWatch(self._patience, self._clock())
        fresh_s = loop.time()
        self._back_off.fail()
        while True:
            try:
                async with asyncio.timeout_at(fresh_s + watch.stall_s):
                    arrived = await inbox.get()
            except TimeoutError:
                return Link.STALLED, "the strap is connected but sends nothing"
            if arrived is None:
                return Link.LOST, "the strap is out of reach or switched off"
            if self._take(strap, watch, *arrived):
                fresh_s = loop.time()

    def _take(self, strap: Sighting, watch: LinkWatch, arrival_s: float, payload: bytes) -> bool:
        """Deliver a payload's packet and what it says of the link; False where it is no packet."""
        if self._on_payload is not None:
            self._on_payload(arrival_s, payload)
        packet = decode(payload, arrival_s)
        if not isinstance(packet, HeartPacket):
            self.rejected += 1
            return False
        if change := watch.hear(packet):
            self._say(*change)
        if packet.hr_bpm or packet.rr_ticks:
            self._keep(strap)
        self._deliver(packet)
        return True

    def _keep(self, strap: Sighting) -> None:
        """Good data: this strap and no other from here on, and the next attempt need not wait."""
        self._wanted = strap.id
        self._held_in_vain = False
        self._back_off.reset()
