"""For hours a strap is lost, refused and silenced in every way: its source lives on, says why, and streams again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.bluetooth import Bluetooth, BluetoothMissingError, BluetoothTroubleError, PairingNeededError, Sighting
from sensors.heart import Contact, HeartPacket, Link, LinkState, SourceEvent
from sensors.heart_rate_service import encode
from sensors.strap import Pairing, Strap
from tests.sensors.sightings import sighting
from tests.virtual_time import VirtualTimeLoop

OURS = sighting("AA:BB:CC:DD:EE:01", "Polar H10 00000001")
THEIRS = sighting("AA:BB:CC:DD:EE:02", "Polar H10 00000002")
MISSING = BluetoothMissingError("Bluetooth is switched off: switch it on")
TROUBLE = BluetoothTroubleError("connecting failed (so it is)")
BEAT = encode(HeartPacket(0.0, 60, (1024,)))
NO_CONTACT = encode(HeartPacket(0.0, 0, contact=Contact.ABSENT))
RATE = encode(HeartPacket(0.0, 60))

STREAMS = {Link.STREAMING_RR, Link.STREAMING_HR_ONLY, Link.NO_CONTACT}
NEXT = {
    Link.SEARCHING: {Link.SEARCHING, Link.CONNECTING},
    Link.CONNECTING: {Link.SEARCHING, Link.STALLED, Link.LOST, *STREAMS},
    Link.STALLED: {Link.LOST},
    Link.LOST: {Link.SEARCHING},
    **{link: {*STREAMS, Link.STALLED, Link.LOST} for link in STREAMS},
}


@dataclass
class Radio:
    """The computer's Bluetooth as a test has it: each call fails by chance. ``well`` is when nothing fails."""

    dice: Random
    well: bool = False
    connections: list[Sighting] = field(default_factory=list)
    scanning_now: int = 0
    connected_now: int = 0
    most: int = 0

    def _fails(self, *errors: Exception) -> None:
        if not self.well and self.dice.random() < 0.5:
            raise self.dice.choice(errors)

    async def held(self) -> tuple[Sighting, ...]:
        self._fails(MISSING, TROUBLE)
        return (Sighting(OURS.id, OURS.name, None, OURS.device),) if self.dice.random() < 0.2 else ()

    @asynccontextmanager
    async def scanning(self, seen: Callable[[Sighting], None]) -> AsyncIterator[None]:
        assert not self.connected_now
        self._fails(MISSING, TROUBLE)
        self.scanning_now += 1
        if self.well or self.dice.random() < 0.7:
            asyncio.get_running_loop().call_later(0.1, seen, OURS)
        asyncio.get_running_loop().call_later(0.1, seen, THEIRS)
        try:
            yield
        finally:
            self.scanning_now -= 1

    @asynccontextmanager
    async def connected(
        self, strap: Sighting, *, pair: bool, heard: Callable[[bytes], None], gone: Callable[[], None]
    ) -> AsyncIterator["Radio"]:
        assert not self.scanning_now
        self.connections.append(strap)
        await asyncio.sleep(self.dice.uniform(0.0, 0.2))
        self._fails(TROUBLE, MISSING, *([] if pair else [PairingNeededError("the strap wants to be paired first")]))
        self.connected_now += 1
        self.most = max(self.most, self.connected_now)
        beating = asyncio.create_task(self._beat(heard, gone))
        try:
            yield self
        finally:
            beating.cancel()
            self.connected_now -= 1

    async def _beat(self, heard: Callable[[bytes], None], gone: Callable[[], None]) -> None:
        while self.well or self.dice.random() < 0.99:
            heard(BEAT if self.well else self.dice.choice([BEAT] * 20 + [NO_CONTACT, RATE, b"", b"\x10"]))
            await asyncio.sleep(1.0)
        if self.dice.random() < 0.5:
            gone()

    async def read(self, uuid: str, within_s: float) -> bytes | None:
        await asyncio.sleep(self.dice.uniform(0.0, within_s))
        return None


async def live(radio: Radio, hours: float, events: list[SourceEvent], **options: Any) -> float:
    """Let the strap live so long, cure the radio, and say how long it took until it streamed, after a stall at most."""
    loop = asyncio.get_running_loop()
    bluetooth = cast("Bluetooth", radio)
    strap = Strap(OURS.id, loop.time, radio.dice, bluetooth=bluetooth, **options)
    running = asyncio.create_task(strap.run(events.append))
    await asyncio.sleep(3600 * hours)
    radio.well = True
    cured_s = loop.time()
    await asyncio.sleep(20.0)
    assert not running.done()
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    assert (radio.connected_now, radio.scanning_now) == (0, 0)
    last = [event for event in events if isinstance(event, LinkState)][-1]
    return max(0.0, last.at_s - cured_s)


def lived(radio: Radio, hours: float, **options: Any) -> tuple[list[SourceEvent], float]:
    events = list[SourceEvent]()
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return events, runner.run(live(radio, hours, events, **options))


@settings(max_examples=5)
@given(st.integers(0, 2**32), st.sampled_from(Pairing))
def test_hours_of_faults_end_no_source_and_every_change_is_legal_and_has_its_reason(
    seed: int, pairing: Pairing
) -> None:
    radio = Radio(Random(seed))
    events, took_s = lived(radio, 3.0, pairing=pairing)
    states = [event for event in events if isinstance(event, LinkState)]
    assert all(state.why for state in states)
    assert all((before.link, before.why) != (after.link, after.why) for before, after in pairwise(states))
    assert [pair for pair in pairwise(state.link for state in states) if pair[1] not in NEXT[pair[0]]] == []
    assert states[-1].link is Link.STREAMING_RR
    assert took_s < 5.0 + 2.0
    assert {strap.id for strap in radio.connections} == {OURS.id}
    assert radio.most == 1


def test_hours_without_bluetooth_are_waited_out_and_over_within_two_seconds() -> None:
    radio = Radio(Random("hours"))
    radio._fails = _missing(radio)  # type: ignore[method-assign]
    events, took_s = lived(radio, 6.0)
    states = [event for event in events if isinstance(event, LinkState)]
    assert [state.link for state in states[:2]] == [Link.SEARCHING] * 2
    assert states[1].why == str(MISSING)
    assert len([state for state in states if state.at_s < 6 * 3600]) == 2
    assert states[-1].link is Link.STREAMING_RR
    assert took_s < 2.0


def _missing(radio: Radio) -> Callable[..., None]:
    def fails(*_: Exception) -> None:
        if not radio.well:
            raise MISSING

    return fails


@pytest.mark.parametrize(
    ("pairing", "asked"), [(Pairing.AUTO, [False, True]), (Pairing.ALWAYS, [True]), (Pairing.NEVER, [False, False])]
)
def test_pairing_is_tried_once_it_is_asked_for_unless_it_is_forbidden(pairing: Pairing, asked: list[bool]) -> None:
    tried = list[bool]()

    class Shy(Radio):
        @asynccontextmanager
        async def connected(
            self, strap: Sighting, *, pair: bool, heard: Callable[[bytes], None], gone: Callable[[], None]
        ) -> AsyncIterator[Radio]:
            tried.append(pair)
            if not pair and len(tried) == 1:
                raise PairingNeededError("the strap wants to be paired first")
            async with super().connected(strap, pair=pair, heard=heard, gone=gone) as connection:
                yield connection

    _, took_s = lived(Shy(Random(1), well=True), 0.01, pairing=pairing)
    assert tried == asked
    assert took_s == 0.0
