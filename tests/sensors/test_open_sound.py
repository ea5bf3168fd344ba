"""A heart is heard from Open Sound Control messages, and whatever else comes is passed over."""

import asyncio
import socket
import struct
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from sensors.heart import HeartPacket, Link, SourceEvent
from sensors.link_watch import LinkWatch, Patience
from sensors.open_sound import OpenSoundHeart, PlaceTakenError, check_place, load, read
from sensors.other_programs import MissingExtraError
from tests.sensors.strap_room import Ear

PATIENCE = Patience(stall_s=0.3, longest_stall_s=0.3, hr_only_s=0.2)


def message(address: str, *values: Any) -> Any:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build()


def bundle(*contents: Any) -> Any:
    builder = OscBundleBuilder(IMMEDIATELY)
    for each in contents:
        builder.add_content(each)
    return builder.build()


def told(datagram: bytes) -> HeartPacket | None:
    return read(datagram, 7.0, load())


# What a datagram tells


@pytest.mark.parametrize(
    ("content", "packet"),
    [
        (message("/heart/rr", 1000.0), HeartPacket(7.0, 60, (1024,))),
        (message("/heart/rr", 1000, 500), HeartPacket(7.0, 120, (1024, 512))),
        (message("/heart/rr", [1000.0, 500.0]), HeartPacket(7.0, 120, (1024, 512))),
        (message("/heart/rate", 71.6), HeartPacket(7.0, 72)),
        (message("/heart/rate", 0), HeartPacket(7.0, 0)),
        (bundle(message("/heart/rate", 64), message("/heart/rr", 1000.0)), HeartPacket(7.0, 64, (1024,))),
        (bundle(message("/x", 1), bundle(message("/heart/rr", 1000.0))), HeartPacket(7.0, 60, (1024,))),
    ],
    ids=["rr", "two", "list", "rate", "none found", "bundle", "bundle in bundle"],
)
def test_intervals_and_rates_are_read(content: Any, packet: HeartPacket) -> None:
    assert told(content.dgram) == packet


@pytest.mark.parametrize(
    "content",
    [
        message("/heart/rr"),
        message("/heart/rr", "1000"),
        message("/heart/rr", True),
        message("/heart/rr", 0.0, -800.0, float("nan"), float("inf"), 1e9),
        message("/heart/rate", -1),
        message("/heart/rate", 3000),
        message("/heart/rrx", 1000.0),
        message("/muse/eeg", 800.0),
    ],
    ids=str,
)
def test_what_no_heart_can_have_sent_is_passed_over(content: Any) -> None:
    assert told(content.dgram) is None


HEAD = b"#bundle\0" + bytes(8)
datagrams = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=60).map(lambda tail: b"/heart/rr\0\0\0" + tail),
    st.binary(max_size=60).map(lambda tail: b"/heart/rate\0,f\0\0" + tail),
    st.tuples(st.text("ifdhsbrmtTFN[]x", max_size=9), st.binary(max_size=40)).map(
        lambda both: b"/heart/rr\0\0\0," + both[0].encode() + bytes(4 - (len(both[0]) + 1) % 4) + both[1]
    ),
    st.tuples(st.integers(-(2**31), 2**31 - 1), st.binary(max_size=60)).map(
        lambda both: HEAD + struct.pack(">i", both[0]) + both[1]
    ),
)


@given(datagrams)
def test_whatever_comes_never_raises_and_never_hangs(datagram: bytes) -> None:
    packet = told(datagram)
    assert packet is None or packet.arrival_s == 7.0


def test_bundles_as_deep_as_a_datagram_can_hold_are_read() -> None:
    content = message("/heart/rr", 1000.0).dgram
    for _ in range(3000):
        content = HEAD + struct.pack(">i", len(content)) + content
    assert len(content) < 65_507
    assert told(content) == HeartPacket(7.0, 60, (1024,))


# The source


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as each:
        each.bind(("127.0.0.1", 0))
        yield each


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as each:
        each.bind(("127.0.0.1", 0))
        return int(each.getsockname()[1])


@asynccontextmanager
async def heard(port: int) -> AsyncIterator[Ear]:
    """A source that runs while entered."""
    ear = Ear()
    clock = asyncio.get_running_loop().time
    running = asyncio.create_task(OpenSoundHeart(clock, port=port, patience=PATIENCE, retry_s=0.05).run(ear.deliver))
    try:
        yield ear
    finally:
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()


@pytest.mark.asyncio
async def test_messages_are_heard_until_none_comes_and_again_when_they_do(sender: socket.socket) -> None:
    port = free_port()
    rr = message("/heart/rr", 1000.0).dgram
    async with heard(port) as ear:
        await ear.link(Link.SEARCHING)
        assert ear.why == f"/heart/rr or /heart/rate is awaited on port {port}"
        for datagram in (b"noise", b"", rr):
            sender.sendto(datagram, ("127.0.0.1", port))
        await ear.link(Link.STREAMING_RR)
        await ear.link(Link.LOST)
        sender.sendto(rr, ("127.0.0.1", port))
        await ear.link(Link.STREAMING_RR)
    assert [packet.rr_ticks for packet in ear.packets] == [(1024,), (1024,)]


@pytest.mark.asyncio
async def test_heart_rates_alone_are_told_to_be_that(sender: socket.socket) -> None:
    port = free_port()
    async with heard(port) as ear:
        await ear.link(Link.SEARCHING)

        def in_words() -> bool:
            sender.sendto(message("/heart/rate", 70).dgram, ("127.0.0.1", port))
            return ear.links[-1] is Link.STREAMING_HR_ONLY

        await ear.until(in_words)
    assert {packet.hr_bpm for packet in ear.packets} == {70}


@pytest.mark.asyncio
async def test_a_port_in_use_is_told_and_taken_once_it_is_free(sender: socket.socket) -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", port))
        with pytest.raises(PlaceTakenError, match=f"127.0.0.1:{port} .*in use.*: name another place, osc:HOST:PORT"):
            check_place("127.0.0.1", port)
        async with heard(port) as ear:
            await ear.until(lambda: "in use" in ear.why.lower())
            taken.close()
            await ear.until(lambda: "is awaited" in ear.why)


def test_from_its_first_beat_on_one_computer_alone_is_heard() -> None:
    heart, packets = OpenSoundHeart(lambda: 0.0), list[SourceEvent]()
    heart._deliver = packets.append
    rr = message("/heart/rr", 1000.0).dgram
    watch = LinkWatch(PATIENCE, 0.0)
    takes = [
        heart._take(watch, 1.0, b"noise", "192.0.2.7"),
        heart._take(watch, 2.0, rr, "192.0.2.8"),
        heart._take(watch, 3.0, rr, "192.0.2.7"),
    ]
    assert takes == [False, True, False]
    assert [each.arrival_s for each in packets if isinstance(each, HeartPacket)] == [2.0]


def test_a_missing_library_is_one_sentence_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pythonosc", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'calando\[osc\]'"):
        OpenSoundHeart(lambda: 0.0)
