"""A strap's packets are read exactly as they were sent, and nothing else is ever read into them."""

import random
import struct
from collections.abc import Iterator
from functools import partial

import pytest
from bumble.profiles.heart_rate_service import HeartRateService
from hypothesis import given
from hypothesis import strategies as st

from sensors import heart_rate_service as hrs
from sensors.heart import Contact, HeartPacket
from sensors.heart_rate_service import Rejected, RejectReason, decode, encode

SIXTEEN_BITS = st.integers(0, 0xFFFF)
PACKETS = st.builds(
    HeartPacket,
    arrival_s=st.floats(0, 1e6),
    hr_bpm=SIXTEEN_BITS,
    rr_ticks=st.lists(SIXTEEN_BITS, max_size=9).map(tuple),
    contact=st.sampled_from(Contact),
    energy_kj=st.none() | SIXTEEN_BITS,
)


def heard(*payload: int) -> HeartPacket | Rejected:
    return decode(bytes(payload), 5.0)


packet = partial(HeartPacket, 5.0)


@pytest.mark.parametrize(
    ("payload", "meaning"),
    [
        ("00 3c", packet(hr_bpm=60)),
        ("10 3c 55 03", packet(hr_bpm=60, rr_ticks=(853,))),
        ("10 3c 55 03 00 04", packet(hr_bpm=60, rr_ticks=(853, 1024))),
        ("10 28", packet(hr_bpm=40)),
        ("16 48 20 03", packet(hr_bpm=72, rr_ticks=(800,), contact=Contact.PRESENT)),
        ("06 48", packet(hr_bpm=72, contact=Contact.PRESENT)),
        ("04 00", packet(hr_bpm=0, contact=Contact.ABSENT)),
        ("02 48", packet(hr_bpm=72)),
        ("11 2c 01 9a 00 9b 00", packet(hr_bpm=300, rr_ticks=(154, 155))),
        ("18 46 d2 04 00 03 01 03 02 03", packet(hr_bpm=70, rr_ticks=(768, 769, 770), energy_kj=1234)),
        ("e0 3c", packet(hr_bpm=60)),
        ("00 3c 55 03", packet(hr_bpm=60)),
    ],
)
def test_a_packet_means_what_the_service_says(payload: str, meaning: HeartPacket) -> None:
    assert heard(*bytes.fromhex(payload)) == meaning


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("", RejectReason.EMPTY),
        ("10", RejectReason.SHORT),
        ("01 3c", RejectReason.SHORT),
        ("08 3c 05", RejectReason.SHORT),
        ("ff ff", RejectReason.SHORT),
        ("10 3c 55", RejectReason.ODD_TAIL),
        ("18 3c d2 04 55 03 55", RejectReason.ODD_TAIL),
    ],
)
def test_a_broken_packet_is_kept_whole_and_says_why(payload: str, reason: RejectReason) -> None:
    assert heard(*bytes.fromhex(payload)) == Rejected(5.0, bytes.fromhex(payload), reason)


@pytest.mark.parametrize(
    ("meaning", "payload"),
    [
        (packet(0), "00 00"),
        (packet(255), "00 ff"),
        (packet(256), "01 00 01"),
        (packet(60, (853, 65_535)), "10 3c 55 03 ff ff"),
        (packet(60, contact=Contact.ABSENT), "04 3c"),
        (packet(60, contact=Contact.PRESENT), "06 3c"),
        (packet(60, energy_kj=0), "08 3c 00 00"),
        (packet(300, (1, 2), Contact.PRESENT, 65_535), "1f 2c 01 ff ff 01 00 02 00"),
    ],
)
def test_a_packet_is_written_as_the_service_says(meaning: HeartPacket, payload: str) -> None:
    assert encode(meaning) == bytes.fromhex(payload)
    assert decode(bytes.fromhex(payload), 5.0) == meaning


@given(st.binary(max_size=20), st.binary(min_size=1, max_size=4))
def test_bytes_after_the_last_field_change_nothing_where_no_interval_is_promised(payload: bytes, more: bytes) -> None:
    if payload and not payload[0] & 0x10 and isinstance(read := decode(payload, 5.0), HeartPacket):
        assert decode(payload + more, 5.0) == read


@given(st.binary(min_size=1, max_size=20))
def test_reserved_bits_change_nothing(payload: bytes) -> None:
    with_all = bytes((payload[0] | 0xE0,)) + payload[1:]
    with_none = bytes((payload[0] & 0x1F,)) + payload[1:]
    read, other = decode(with_all, 5.0), decode(with_none, 5.0)
    if isinstance(read, Rejected):
        assert isinstance(other, Rejected)
        assert read.reason is other.reason
    else:
        assert read == other


@given(PACKETS)
def test_what_is_encoded_comes_back(sent: HeartPacket) -> None:
    assert decode(encode(sent), sent.arrival_s) == sent


@given(st.binary(max_size=20))
def test_reading_writing_and_reading_again_changes_nothing(payload: bytes) -> None:
    read = decode(payload, 0.0)
    if isinstance(read, HeartPacket):
        assert decode(encode(read), 0.0) == read


@pytest.mark.parametrize("unfit", [packet(65_536), packet(60, (-1,)), packet(60, energy_kj=65_536)])
def test_a_value_that_does_not_fit_is_refused(unfit: HeartPacket) -> None:
    with pytest.raises(ValueError, match=r"^a heart-rate measurement holds whole numbers from 0 to 65535, not "):
        encode(unfit)


def test_a_rejection_says_why_in_words() -> None:
    assert [str(reason) for reason in RejectReason] == [
        "no bytes at all",
        "ends before a field that its flags promise",
        "ends with half an RR interval",
    ]


def assert_honest(payload: bytes) -> None:
    """Every field is the bytes that were sent, in the service's order; a rejection has its reason."""
    read = decode(payload, 0.0)
    if isinstance(read, Rejected):
        assert read.payload == payload
        assert (read.reason is RejectReason.EMPTY) == (not payload)
        return
    flags, rr = payload[0], read.rr_ticks
    fields = read.hr_bpm.to_bytes(1 + (flags & 1), "little")
    if flags & 8:
        assert read.energy_kj is not None
        fields += read.energy_kj.to_bytes(2, "little")
    fields += struct.pack(f"<{len(rr)}H", *rr)
    assert payload.startswith(fields, 1)
    assert len(payload) == 1 + len(fields) if flags & 16 else not rr
    assert decode(encode(read), 0.0) == read


def random_payloads(seed: str, count: int) -> Iterator[bytes]:
    """Payloads of 0 to 20 bytes, each byte drawn evenly."""
    noise = random.Random(seed).randbytes(21 * count)
    for start in range(0, len(noise), 21):
        yield noise[start + 1 : start + 1 + noise[start] % 21]


def test_every_flag_byte_at_every_length_is_read_honestly() -> None:
    filling = bytes(range(0x81, 0x95))
    for flags in range(256):
        for length in range(20):
            assert_honest(bytes((flags,)) + filling[:length])
    assert_honest(b"")


def test_a_million_random_payloads_never_raise_and_never_invent_an_interval() -> None:
    for payload in random_payloads("payloads", 1_000_000):
        assert_honest(payload)


def bumble_reads(payload: bytes) -> HeartPacket | None:
    """The same packet by Bumble's codec; None where it raises."""
    try:
        read = HeartRateService.HeartRateMeasurement.from_bytes(payload)
    except (IndexError, struct.error):
        return None
    contact = {None: Contact.UNSUPPORTED, False: Contact.ABSENT, True: Contact.PRESENT}[read.sensor_contact_detected]
    rr_ticks = tuple(round(seconds * 1024) for seconds in read.rr_intervals or ())
    return HeartPacket(0.0, read.heart_rate, rr_ticks, contact, read.energy_expended)


def test_bumble_reads_every_packet_alike() -> None:
    """No differences are known: both reject short packets and odd tails, and both ignore bytes that no flag names."""
    for payload in random_payloads("bumble", 100_000):
        ours = decode(payload, 0.0)
        assert bumble_reads(payload) == (ours if isinstance(ours, HeartPacket) else None), payload.hex()


@given(PACKETS)
def test_bumble_understands_what_is_encoded_and_the_other_way_round(sent: HeartPacket) -> None:
    assert bumble_reads(encode(sent)) == HeartPacket(0.0, sent.hr_bpm, sent.rr_ticks, sent.contact, sent.energy_kj)
    theirs = HeartRateService.HeartRateMeasurement(
        sent.hr_bpm,
        None if sent.contact is Contact.UNSUPPORTED else sent.contact is Contact.PRESENT,
        sent.energy_kj,
        [ticks / 1024 for ticks in sent.rr_ticks] or None,
    )
    assert bytes(theirs) == encode(sent)


def test_the_service_tells_where_it_sits_how_full_it_is_and_who_made_it() -> None:
    places = ["other", "chest", "wrist", "finger", "hand", "ear lobe", "foot", None]
    assert [hrs.location_name(bytes((number,))) for number in range(8)] == places
    assert (hrs.location_name(b""), hrs.location_name(b"\x01\x01")) == (None, None)
    assert [hrs.battery_percent(bytes((number,))) for number in (0, 100, 101, 255)] == [0, 100, None, None]
    assert (hrs.battery_percent(b""), hrs.battery_percent(b"\x32\x32")) == (None, None)
    assert hrs.text(b" \tPolar Electro Oy\r\n\0") == "Polar Electro Oy"
    assert hrs.text(b"Caf\xc3\xa9 \xff") == "Caf\u00e9 \ufffd"
    assert (hrs.text(b"\0 "), hrs.text(b"")) == (None, None)


def test_the_assigned_numbers_are_written_out() -> None:
    numbers = [
        (hrs.HEART_RATE_SERVICE, "180d"),
        (hrs.MEASUREMENT, "2a37"),
        (hrs.BODY_SENSOR_LOCATION, "2a38"),
        (hrs.BATTERY_SERVICE, "180f"),
        (hrs.BATTERY_LEVEL, "2a19"),
        (hrs.DEVICE_INFORMATION_SERVICE, "180a"),
        (hrs.MAKER_NAME, "2a29"),
        (hrs.MODEL_NUMBER, "2a24"),
        (hrs.FIRMWARE_REVISION, "2a26"),
    ]
    assert all(uuid == f"0000{number}-0000-1000-8000-00805f9b34fb" for uuid, number in numbers)
