"""Packets say whether a link brings intervals, only a heart rate, or nothing from the body."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.heart import Contact, HeartPacket, Link
from sensors.link_watch import LinkWatch, Patience
from sensors.strap import BackOff
from sensors.strap_finding import matching
from tests.sensors.sightings import sighting

PACKETS = st.builds(
    HeartPacket,
    arrival_s=st.just(0.0),
    hr_bpm=st.integers(0, 200),
    rr_ticks=st.lists(st.integers(300, 2000), max_size=2).map(tuple),
    contact=st.sampled_from(Contact),
)


def links(*packets: HeartPacket) -> list[Link | None]:
    watch = LinkWatch(Patience(), 0.0)
    changes = [watch.hear(packet) for packet in packets]
    return [change and change[0] for change in changes]


def every_second(
    seconds: int, hr_bpm: int = 70, *, start_s: int = 1, contact: Contact = Contact.UNSUPPORTED
) -> list[HeartPacket]:
    return [HeartPacket(float(start_s + second), hr_bpm, (), contact) for second in range(seconds)]


def test_an_interval_means_streaming_intervals() -> None:
    assert links(HeartPacket(1.0, 70, (877,))) == [Link.STREAMING_RR]


def test_ten_seconds_of_heart_rate_alone_mean_that_no_interval_will_come() -> None:
    assert links(*every_second(11)) == [None] * 9 + [Link.STREAMING_HR_ONLY] * 2


def test_an_interval_after_all_ends_heart_rate_only() -> None:
    assert links(*every_second(11), HeartPacket(12.0, 70, (877,)), HeartPacket(13.0, 70))[-2:] == [
        Link.STREAMING_RR,
        None,
    ]


def test_time_off_the_body_is_not_time_without_intervals() -> None:
    off = every_second(30, hr_bpm=0, start_s=2)
    assert links(HeartPacket(1.0, 70, (877,)), *off, HeartPacket(32.0, 70))[-2:] == [Link.NO_CONTACT, None]


def test_a_stale_heart_rate_without_contact_is_no_heart_rate() -> None:
    assert links(HeartPacket(1.0, 70, (), Contact.ABSENT)) == [Link.NO_CONTACT]


@given(st.lists(PACKETS, min_size=1))
def test_absent_contact_is_never_streaming_and_intervals_on_the_skin_always_are(packets: list[HeartPacket]) -> None:
    for packet, link in zip(packets, links(*packets), strict=True):
        if packet.contact is Contact.ABSENT:
            assert link is Link.NO_CONTACT
        elif packet.rr_ticks:
            assert link is Link.STREAMING_RR


@pytest.mark.parametrize(("gap_s", "stall_s"), [(1.0, 5.0), (4.0, 16.0), (9.0, 20.0)])
def test_patience_follows_the_pace_of_the_source(gap_s: float, stall_s: float) -> None:
    watch = LinkWatch(Patience(), 0.0)
    for packet in range(40):
        watch.hear(HeartPacket(packet * gap_s, 70))
    assert watch.stall_s == pytest.approx(stall_s, rel=0.01)


@given(st.integers(0, 2**32), st.integers(1, 5000))
def test_a_wait_is_at_least_a_quarter_and_at_most_one_and_a_half_seconds(seed: int, failures: int) -> None:
    back_off = BackOff(Random(seed))
    for _ in range(failures):
        back_off.fail()
        assert 0.25 <= back_off.wait_s() <= 1.5
    back_off.reset()
    assert back_off.wait_s() == 0.0


@given(st.integers(0, 2**32), st.integers(0, 2000))
def test_where_no_scan_can_run_one_short_wait_is_enough(seed: int, failures: int) -> None:
    back_off = BackOff(Random(seed), failures)
    assert 0.25 <= back_off.blind_wait_s() <= 1.0
    assert back_off.wait_s() == 0.0
    back_off.fail()
    assert 0.25 <= back_off.wait_s() <= 1.5


def test_an_address_beats_a_whole_name_and_that_beats_a_part() -> None:
    seen = {
        s.id: s for s in (sighting("A", "H10"), sighting("B", "Polar H10"), sighting("H10", "odd"), sighting("D", "x"))
    }
    assert [strap.id for strap in matching("h10", seen)] == ["H10"]
    del seen["H10"]
    assert [strap.id for strap in matching("h10", seen)] == ["A"]
    del seen["A"]
    assert [strap.id for strap in matching("h10", seen)] == ["B"]
    assert [strap.id for strap in matching(None, seen)] == ["B", "D"]
    assert matching("Wahoo", seen) == ()


NAMES = st.sampled_from(["Polar H10 0A", "polar h10 0a", "H10", "Watch", "A", "", "0A"])
STRAPS = st.dictionaries(st.sampled_from(["A", "B", "0A", "h10", "AA:BB"]), NAMES, max_size=5)


@given(STRAPS, st.none() | NAMES | st.text(max_size=3))
def test_what_is_meant_was_seen_and_an_address_means_one_alone(named: dict[str, str], wanted: str | None) -> None:
    seen = {identifier: sighting(identifier, name) for identifier, name in named.items()}
    found = matching(wanted, seen)
    assert [strap.id for strap in found] == sorted({strap.id for strap in found})
    assert all(seen[strap.id] == strap for strap in found)
    if wanted is None:
        assert len(found) == len(seen)
    elif any(identifier.casefold() == wanted.casefold() for identifier in seen):
        assert {strap.id.casefold() for strap in found} == {wanted.casefold()}
    else:
        whole = [each for each in seen.values() if each.name.casefold() == wanted.casefold()]
        part = [each for each in seen.values() if wanted.casefold() in each.name.casefold()]
        assert sorted(found, key=lambda strap: strap.id) == sorted(whole or part, key=lambda strap: strap.id)
