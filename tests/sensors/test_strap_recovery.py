"""Whatever happens to strap, radio, daemon or bus, the strap streams again soon after the cause is gone."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from sensors.bench import Bench, Delay, FakeStrap, Hang, Refuse, steady_heart
from sensors.bench.faults import failed
from sensors.heart import Contact, HeartPacket, Link
from sensors.heart_rate_service import encode
from tests.parts import needs
from tests.sensors.strap_room import CALL_S, PATIENCE, Ear, bench_bluetooth, bench_strap, heard

pytestmark = [needs("dbus-daemon"), pytest.mark.asyncio]

SOON_S = 2.0


async def test_a_lost_link_streams_again_within_a_second() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench, heard() as ear:
        await ear.packet()
        for _ in range(3):
            bench.air.lose_link(strap)
            await ear.link(Link.LOST)
            assert await ear.packet() < 1.0
            assert ear.links[-4:] == [Link.LOST, Link.SEARCHING, Link.CONNECTING, Link.STREAMING_RR]


async def test_a_strap_out_of_reach_and_forgotten_is_found_on_its_return() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench, heard() as ear:
        await ear.packet()
        strap.in_range = False
        bench.air.forget(strap)
        await ear.link(Link.SEARCHING)
        await asyncio.sleep(0.5)
        strap.in_range = True
        assert await ear.packet() < SOON_S


async def test_a_silent_strap_is_noticed_by_its_silence_alone() -> None:
    strap = bench_strap()
    async with Bench(strap), heard() as ear:
        await ear.packet()
        strap.silent = True
        assert await ear.link(Link.STALLED) < PATIENCE.stall_s + 0.3
        strap.silent = False
        assert await ear.packet() < SOON_S
        assert ear.links[-5:] == [Link.STALLED, Link.LOST, Link.SEARCHING, Link.CONNECTING, Link.STREAMING_RR]


async def test_a_strap_that_is_slow_by_habit_is_not_taken_for_stalled() -> None:
    strap = bench_strap()
    strap.packet_every_s = 0.5
    async with Bench(strap), heard() as ear:
        for _ in range(3):
            await ear.packet()
        assert Link.STALLED not in ear.links


async def after_refusals(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    bench.script.next("Connect", Refuse(), times=3)
    bench.air.lose_link(strap)
    await ear.until(lambda: len(bench.told("Connect")) >= 4)


async def after_an_abort_by_the_radio(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    bench.script.next("Connect", Refuse(failed("le-connection-abort-by-local")))
    bench.air.lose_link(strap)
    await ear.link(Link.CONNECTING)
    await asyncio.sleep(CALL_S)


async def after_services_that_never_resolve(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    strap.resolves = False
    bench.air.lose_link(strap)
    await ear.until(lambda: "took too long" in ear.why)
    strap.resolves = True


async def after_a_connect_that_never_answers(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    bench.script.next("Connect", Hang())
    bench.air.lose_link(strap)
    await ear.link(Link.CONNECTING)
    await asyncio.sleep(CALL_S)


async def after_a_connect_that_is_carried_out_too_late(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    bench.script.next("Connect", Delay(CALL_S + 0.2))
    bench.air.lose_link(strap)
    await ear.until(lambda: strap.connected)


async def after_a_discovery_that_never_answers(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    bench.script.next("StartDiscovery", Hang())
    bench.air.lose_link(strap)
    await ear.link(Link.SEARCHING)
    await asyncio.sleep(CALL_S)


async def after_a_refused_subscription(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    bench.script.next("StartNotify", Refuse(failed("Operation failed with ATT error: 0x0e")), times=2)
    bench.air.lose_link(strap)
    await ear.until(lambda: len(bench.told("StartNotify")) >= 4)


async def after_a_disconnect_that_never_answers(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    bench.script.next("Disconnect", Hang())
    strap.silent = True
    await ear.link(Link.LOST)
    strap.silent = False


async def after_the_adapter_was_off(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    bench.air.set_power(on=False)
    await ear.until(lambda: "switched off" in ear.why)
    await asyncio.sleep(0.5)
    bench.air.set_power(on=True)


async def after_the_adapter_went_off_during_a_scan(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    strap.in_range = False
    bench.air.lose_link(strap)
    await ear.until(lambda: bench.air.scanning)
    bench.air.set_power(on=False)
    await asyncio.sleep(0.2)
    bench.air.set_power(on=True)
    strap.in_range = True


async def after_the_daemon_was_killed(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    await bench.kill_daemon()
    await ear.link(Link.STALLED)
    await ear.until(lambda: "service does not answer" in ear.why)
    await bench.start_daemon()


async def after_the_daemon_was_killed_and_replaced_at_once(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    await bench.kill_daemon()
    await bench.start_daemon()
    await ear.link(Link.STALLED)


async def after_the_daemon_was_killed_during_a_scan(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    strap.in_range = False
    bench.air.lose_link(strap)
    await asyncio.sleep(0.3)
    await bench.kill_daemon()
    await bench.start_daemon()
    strap.in_range = True


async def after_the_bus_was_killed(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    await bench.kill_bus()
    await ear.until(lambda: "bus cannot be reached" in ear.why)
    await asyncio.sleep(0.5)
    await bench.start_bus()


async def after_garbage_alone(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    strap.heart = itertools.repeat((b"\x10",))
    bench.air.restart_heart(strap)
    await ear.link(Link.STALLED)
    strap.heart = steady_heart()
    bench.air.restart_heart(strap)


async def after_lost_contact(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    strap.heart = itertools.repeat((encode(HeartPacket(0.0, 0, contact=Contact.ABSENT)),))
    bench.air.restart_heart(strap)
    await ear.link(Link.NO_CONTACT)
    await asyncio.sleep(1.0)
    strap.heart = steady_heart()
    bench.air.restart_heart(strap)


async def after_everything_at_once(bench: Bench, ear: Ear, strap: FakeStrap) -> None:
    bench.script.next("Connect", Refuse())
    strap.silent, strap.resolves = True, False
    await bench.kill_bus()
    await ear.until(lambda: "bus cannot be reached" in ear.why)
    await bench.start_bus()
    bench.air.set_power(on=False)
    await ear.until(lambda: "switched off" in ear.why)
    bench.script.clear()
    strap.silent, strap.resolves = False, True
    bench.air.set_power(on=True)


@pytest.mark.parametrize(
    "trouble",
    [
        after_refusals,
        after_an_abort_by_the_radio,
        after_services_that_never_resolve,
        after_a_connect_that_never_answers,
        after_a_connect_that_is_carried_out_too_late,
        after_a_discovery_that_never_answers,
        after_a_refused_subscription,
        after_a_disconnect_that_never_answers,
        after_the_adapter_was_off,
        after_the_adapter_went_off_during_a_scan,
        after_the_daemon_was_killed,
        after_the_daemon_was_killed_and_replaced_at_once,
        after_the_daemon_was_killed_during_a_scan,
        after_the_bus_was_killed,
        after_garbage_alone,
        after_lost_contact,
        after_everything_at_once,
    ],
)
async def test_it_streams_again(trouble: Callable[[Bench, Ear, FakeStrap], Awaitable[None]]) -> None:
    strap = bench_strap()
    async with Bench(strap) as bench, heard() as ear:
        await ear.packet()
        await trouble(bench, ear, strap)
        took_s = await ear.streaming()
        print(f"{trouble.__name__}: {took_s:.2f} s")
        assert took_s < SOON_S


async def test_garbage_is_counted_and_the_session_lives() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench, heard() as ear:
        await ear.packet()
        for payload in (b"", b"\x10", b"\x01\x3c", b"\x08\x3c\x05", b"\x10\x3c\x55", b"\xff\xff"):
            assert bench.air.notify(strap, payload)
        await ear.packet()
        await ear.packet()
        assert ear.strap.rejected == 6
        assert ear.links == [Link.SEARCHING, Link.CONNECTING, Link.STREAMING_RR]


async def test_a_strap_that_sends_only_garbage_is_started_afresh_for_ever() -> None:
    strap = bench_strap(heart=itertools.repeat((b"\x10",)))
    async with Bench(strap), heard() as ear:
        await ear.link(Link.STALLED)
        await ear.link(Link.LOST)
        await ear.link(Link.CONNECTING)
        assert not ear.packets


async def test_a_burst_keeps_every_packet_in_order() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench, heard() as ear:
        await ear.packet()
        strap.silent = True
        before = len(ear.packets)
        await bench.air.burst(strap, (encode(HeartPacket(0.0, 60, (1000 + beat,))) for beat in range(300)))
        await ear.until(lambda: len(ear.packets) >= before + 300)
        burst = ear.packets[-300:]
        assert [packet.rr_ticks for packet in burst] == [(1000 + beat,) for beat in range(300)]
        assert all(early.arrival_s <= late.arrival_s for early, late in itertools.pairwise(burst))


async def test_eight_straps_at_once_each_keep_to_their_own() -> None:
    straps = [bench_strap(number, heart=steady_heart(700 + 50 * number)) for number in range(1, 9)]
    async with AsyncExitStack() as stack:
        bench = await stack.enter_async_context(Bench(*straps))
        radio = bench_bluetooth()
        ears = [await stack.enter_async_context(heard(strap.address, bluetooth=radio)) for strap in straps]
        await asyncio.gather(*(ear.packet() for ear in ears))
        for strap in straps:
            bench.air.lose_link(strap)
        await asyncio.gather(*(ear.link(Link.LOST) for ear in ears))
        assert max(await asyncio.gather(*(ear.streaming() for ear in ears))) < SOON_S
        await bench.kill_daemon()
        await asyncio.gather(*(ear.link(Link.STALLED) for ear in ears))
        await bench.start_daemon()
        assert max(await asyncio.gather(*(ear.streaming() for ear in ears))) < SOON_S
        for number, ear in enumerate(ears, 1):
            assert {abs(packet.rr_ticks[0] - 700 - 50 * number) <= 17 for packet in ear.packets} == {True}
