"""A strap is found, heard, and let go, through real bleak and a fake BlueZ."""

import pytest

from sensors.bench import Bench
from sensors.heart import Link
from tests.parts import needs
from tests.sensors.strap_room import bench_strap, heard

pytestmark = [needs("dbus-daemon"), pytest.mark.asyncio]


async def test_a_strap_is_found_by_its_printed_name_and_heard() -> None:
    strap = bench_strap()
    async with Bench(strap) as bench, heard("00000001") as ear:
        assert await ear.packet() < 1.0
        assert ear.links == [Link.SEARCHING, Link.CONNECTING, Link.STREAMING_RR]
        assert ear.packets[0].rr_ticks == (853,)
        assert not bench.bluez.scanning
