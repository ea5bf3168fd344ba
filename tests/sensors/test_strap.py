"""A strap is found, heard, watched and let go, through real bleak and a fake BlueZ."""

import asyncio
import itertools
from typing import Any

import pytest

from sensors.bench import Bench, Delay, FakeStrap, Hang, Refuse, steady_heart
from sensors.bench.faults import INSUFFICIENT_AUTHENTICATION, NOT_PERMITTED, BluezError
from sensors.heart import Contact, HeartPacket, Link
from sensors.heart_rate_service import encode
from sensors.strap import (
    NoBluetoothError,
    NoSuchStrapError,
    Pairing,
    SeveralStrapsError,
    StrapDetails,
    StrapInUseError,
    find,
    scan,
)
from tests.parts import needs
from tests.sensors.strap_room import bench_bluetooth, bench_strap, heard

pytestmark = [needs("dbus-daemon"), pytest.mark.asyncio]


def beats(**fields: Any) -> tuple[bytes, ...]:
    return (encode(HeartPacket(0.0, **fields)),)


# Found and let go


@pytest.mark.parametrize("wanted", ["Polar H10 00000001", "polar h10 00000001", "00000001", "aa:bb:cc:dd:ee:01", None])
async def test_a_strap_is_found_by_its_printed_name_its_address_or_for_being_alone(wanted: str | None) -> None:
    async with Bench(bench_strap()) as bench, heard(wanted) as ear:
        assert await ear.packet() < 1.0
        assert ear.links == [Link.SEARCHING, Link.CONNECTING, Link.STREAMING_RR]
        assert ear.packets[0].rr_ticks == (853,)
        assert [call.member for call in bench.calls if "Discovery" in call.member or call.member == "Connect"] == [
            "SetDiscoveryFilter",
            "StartDiscovery",
            "StopDiscovery",
            "SetDiscoveryFilter",
            "Connect",
        ]


async def test_no_scan_runs_while_connected() -> None:
    async with Bench(bench_strap()) as bench, heard() as ear:
        for _ in range(10):
            await ear.packet()
            assert not bench.air.scanning


async def test_a_strap_that_the_system_already_holds_is_heard_without_a_scan() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench:
        bench.air.hold(strap)
        async with heard(strap.address) as ear:
            await ear.packet()
            assert not bench.told("StartDiscovery")
            assert not bench.told("Connect")


async def test_the_strap_is_let_go_when_the_source_is_cancelled() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench:
        async with heard() as ear:
            await ear.packet()
        assert not strap.connected
        assert len(bench.told("Disconnect")) == 1


@pytest.mark.parametrize("stage", ["StartDiscovery", "Connect", "StartNotify", "ReadValue"])
async def test_nothing_is_left_behind_wherever_the_source_is_cancelled(stage: str) -> None:
    strap = bench_strap()
    async with Bench(strap) as bench:
        bench.script.next(stage, Hang())
        async with heard() as ear:
            await ear.until(lambda: bool(bench.told(stage)))
        assert not strap.connected
        assert not bench.air.scanning


async def test_a_scan_that_begins_after_its_cancellation_is_taken_back() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench:
        bench.script.next("StartDiscovery", Delay(0.2))
        async with heard() as ear:
            await ear.until(lambda: bool(bench.told("StartDiscovery")))
        assert not bench.air.scanning
        async with heard() as ear:
            assert await ear.packet() < 1.0


async def test_a_new_connection_is_a_new_client() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench, heard() as ear:
        await ear.packet()
        bench.air.lose_link(strap)
        await ear.link(Link.LOST)
        await ear.packet()
        assert len({call.sender for call in bench.told("StartNotify")}) == 2


# The right person's strap


async def test_of_two_straps_none_is_taken_and_the_record_names_neither() -> None:
    async with Bench(bench_strap(1), bench_strap(2)) as bench, heard("Polar") as ear:
        await ear.until(lambda: "several straps" in ear.why)
        await asyncio.sleep(0.5)
        assert not bench.told("Connect")
        assert not any("AA:BB" in state.why or "Polar" in state.why for state in ear.states)


async def test_a_second_strap_of_the_same_name_is_never_taken_for_the_first() -> None:
    ours, theirs = bench_strap(1), bench_strap(2)
    theirs.name, theirs.in_range = ours.name, False
    async with Bench(ours, theirs) as bench, heard(ours.name) as ear:
        await ear.packet()
        theirs.in_range, ours.in_range = True, False
        bench.air.lose_link(ours)
        await ear.link(Link.SEARCHING)
        await asyncio.sleep(1.0)
        assert ear.links[-1] is Link.SEARCHING
        ours.in_range = True
        await ear.packet()
        assert len(bench.told("Connect")) == 2
        assert not theirs.connected


async def test_find_names_the_one_strap() -> None:
    async with Bench(bench_strap(1), bench_strap(2)):
        found = await find("00000002", bluetooth=bench_bluetooth(), settle_s=0.2)
        assert (found.name, found.id, found.signal_dbm) == ("Polar H10 00000002", "AA:BB:CC:DD:EE:02", -60)


async def test_find_refuses_to_guess_between_two() -> None:
    async with Bench(bench_strap(1), bench_strap(2)):
        with pytest.raises(SeveralStrapsError, match=r"2 straps match, .*0001 .*0002 .*: name the one"):
            await find(bluetooth=bench_bluetooth(), settle_s=0.2)


async def test_find_leaves_another_room_s_strap_alone_unless_it_is_named() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench:
        bench.air.hold(strap)
        with pytest.raises(StrapInUseError, match=r"The only .*0001 .* in use .*: name it .* ble:AA:BB:CC:DD:EE:01\.$"):
            await find(bluetooth=bench_bluetooth(), settle_s=0.2)
        assert (await find("00000001", bluetooth=bench_bluetooth(), settle_s=0.2)).id == strap.address


async def test_of_two_straps_the_free_one_is_the_example() -> None:
    theirs, ours = bench_strap(1), bench_strap(2)
    async with Bench(theirs, ours) as bench:
        bench.air.hold(theirs)
        with pytest.raises(SeveralStrapsError, match=r"01\) in use on this computer, .*02\): .* ble:AA:BB:CC:DD:EE:02"):
            await find(bluetooth=bench_bluetooth(), settle_s=0.5)


async def test_a_source_that_wants_any_strap_leaves_another_room_s_alone() -> None:
    ours, theirs = bench_strap(1, in_range=False), bench_strap(2)
    async with Bench(ours, theirs) as bench:
        bench.air.hold(theirs)
        async with heard(None) as ear:
            await ear.until(lambda: "in use" in ear.why)
            bench.air.forget(theirs)
            theirs.in_range, ours.in_range = False, True
            await ear.packet()
            assert bench.told("Connect")[0].path.endswith("01")


async def test_find_says_what_it_heard_instead() -> None:
    async with Bench(bench_strap(1)):
        with pytest.raises(
            NoSuchStrapError, match=r"^No strap called Wahoo was heard .*; heard: Polar.*ble:AA:.*01[.]$"
        ):
            await find("Wahoo", 0.3, bluetooth=bench_bluetooth())


async def test_find_says_that_there_is_no_bluetooth() -> None:
    async with Bench(adapter=False) as bench:
        with pytest.raises(NoBluetoothError, match="no Bluetooth adapter: plug one in"):
            await find(bluetooth=bench_bluetooth())
        await bench.kill_daemon()
        with pytest.raises(NoBluetoothError, match="Bluetooth"):
            await find(bluetooth=bench_bluetooth())
        await bench.kill_bus()
        with pytest.raises(NoBluetoothError, match=r"^The system bus cannot be reached"):
            await find(bluetooth=bench_bluetooth())
        await bench.start_bus()


async def test_find_says_that_bluetooth_is_off() -> None:
    async with Bench(bench_strap()) as bench:
        bench.air.set_power(on=False)
        with pytest.raises(NoBluetoothError, match="switched off: switch it on"):
            await find(bluetooth=bench_bluetooth())


# What the packets say of the link


async def test_a_strap_without_intervals_is_streaming_heart_rate_only() -> None:
    strap = bench_strap(heart=itertools.repeat(beats(hr_bpm=72)))
    async with Bench(strap), heard() as ear:
        await ear.link(Link.STREAMING_HR_ONLY)
        assert Link.STREAMING_RR not in ear.links


async def test_lost_contact_is_told_and_the_link_kept() -> None:
    strap = bench_strap(heart=itertools.repeat(beats(hr_bpm=72, rr_ticks=(853,), contact=Contact.PRESENT)))
    async with Bench(strap) as bench, heard() as ear:
        await ear.packet()
        strap.heart = itertools.repeat(beats(hr_bpm=0, contact=Contact.ABSENT))
        bench.air.restart_heart(strap)
        await ear.link(Link.NO_CONTACT)
        await asyncio.sleep(1.0)
        strap.heart = steady_heart()
        bench.air.restart_heart(strap)
        await ear.link(Link.STREAMING_RR)
        assert Link.STALLED not in ear.links
        assert len(bench.told("Connect")) == 1


# What a strap tells of itself


async def test_battery_place_and_maker_are_read_once() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench, heard() as ear:
        await ear.until(lambda: bool(ear.details))
        bench.air.lose_link(strap)
        await ear.link(Link.LOST)
        await ear.packet()
        await ear.packet()
        assert ear.details == [
            StrapDetails(strap.name, strap.address, 87, "chest", "Calando", "Bench strap", "1.0"),
        ]
        assert len(bench.told("ReadValue")) == 5


async def test_a_strap_that_tells_nothing_of_itself_is_heard_all_the_same() -> None:
    strap = bench_strap(battery_percent=None, location=None, maker=None, model=None, firmware=None)
    async with Bench(strap), heard() as ear:
        await ear.packet()
        await ear.until(lambda: bool(ear.details))
        assert ear.details == [StrapDetails(strap.name, strap.address, None, None, None, None, None)]


async def test_a_reading_that_is_refused_or_never_answered_costs_no_packet() -> None:
    async with Bench(bench_strap()) as bench, heard() as ear:
        bench.script.next("ReadValue", Refuse(NOT_PERMITTED))
        bench.script.next("ReadValue", Hang())
        for _ in range(10):
            assert await ear.packet() < 1.0
        await ear.until(lambda: bool(ear.details))
        assert ear.details[0].battery_percent is None
        assert ear.details[0].maker == "Calando"


# Pairing


@pytest.mark.parametrize("refusal", [INSUFFICIENT_AUTHENTICATION, NOT_PERMITTED])
async def test_a_strap_that_asks_for_pairing_is_paired(refusal: BluezError) -> None:
    async with Bench(bench_strap()) as bench, heard() as ear:
        bench.script.next("StartNotify", Refuse(refusal))
        await ear.packet()
        assert len(bench.told("Pair")) == 1


async def test_a_strap_is_paired_first_where_that_is_asked_for() -> None:
    async with Bench(bench_strap()) as bench, heard(pairing=Pairing.ALWAYS) as ear:
        await ear.packet()
        assert [call.member for call in bench.calls if call.member in {"Pair", "StartNotify"}] == [
            "Pair",
            "StartNotify",
        ]


async def test_a_strap_is_never_paired_where_that_is_forbidden() -> None:
    async with Bench(bench_strap()) as bench, heard(pairing=Pairing.NEVER) as ear:
        bench.script.next("StartNotify", Refuse(INSUFFICIENT_AUTHENTICATION), times=2)
        await ear.packet()
        assert not bench.told("Pair")
        assert "the strap wants to be paired first" in {state.why for state in ear.states}


# The list of straps


def nearby() -> list[FakeStrap]:
    with_contact = itertools.repeat(beats(hr_bpm=64, contact=Contact.PRESENT))
    return [
        bench_strap(1, signal_dbm=-70),
        bench_strap(2, signal_dbm=-50, heart=with_contact, battery_percent=None),
        bench_strap(3, signal_dbm=-90, silent=True),
        bench_strap(4),
    ]


async def test_the_list_says_what_each_strap_sends_and_leaves_others_alone() -> None:
    straps = nearby()
    async with Bench(*straps) as bench:
        bench.air.hold(straps[3])
        found = await scan(0.3, bluetooth=bench_bluetooth(), listen_s=0.5)
        assert [strap.id[-1] for strap in found] == ["2", "1", "3", "4"]
        watch, chest, mute, taken = found
        assert (watch.heart_rate_bpm, watch.sends_rr, watch.sends_contact, watch.battery_percent) == (
            64,
            False,
            True,
            None,
        )
        assert (chest.sends_rr, chest.sends_contact, chest.battery_percent) == (True, False, 87)
        assert chest.heart_rate_bpm in range(70, 75)
        assert mute.trouble == "it is connected but sends nothing"
        assert taken.trouble == "in use on this computer"
        assert [strap.connected for strap in straps] == [False, False, False, True]


async def test_the_list_says_why_a_strap_could_not_be_heard() -> None:
    async with Bench(bench_strap()) as bench:
        bench.script.next("Connect", Refuse())
        (found,) = await scan(0.3, bluetooth=bench_bluetooth(), listen_s=0.2)
        assert found.trouble is not None
        assert "connecting failed" in found.trouble


async def test_the_list_needs_bluetooth() -> None:
    async with Bench(adapter=False):
        with pytest.raises(NoBluetoothError):
            await scan(0.1, bluetooth=bench_bluetooth())
