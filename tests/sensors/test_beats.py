"""A stream of packets becomes beats that can be believed, and says how old and how good it is."""

from collections.abc import Iterator, Sequence
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.beats import BeatStream
from sensors.heart import Beat, Contact, HeartPacket, Link, LinkState, Verdict

NOISE = (3, -5, 8, 0, -9, 6, -2, 11, -7, 1)


def packets(start_s: float, seconds: int, rr_ticks: int = 1024) -> Iterator[HeartPacket]:
    """A living heart at about this interval, one packet a second."""
    for second in range(seconds):
        yield HeartPacket(start_s + second, 60, (rr_ticks + NOISE[second % 10],))


def rates(start_s: float, values: Sequence[int]) -> list[HeartPacket]:
    return [HeartPacket(start_s + second, value) for second, value in enumerate(values)]


def hear(stream: BeatStream, sent: Iterator[HeartPacket] | Sequence[HeartPacket]) -> list[Beat]:
    return [beat for packet in sent for beat in stream.hear(packet)]


def test_a_living_heart_is_good_fresh_and_whole() -> None:
    stream = BeatStream()
    beats = hear(stream, packets(1, 120))
    assert len(beats) == 118
    assert {beat.verdict for beat in beats} == {Verdict.GOOD}
    assert all(beat.adjacent for beat in beats[1:])
    assert stream.data_age_s(121.0) == 1.0
    assert [stream.quality(121.0, window_s) for window_s in (10, 30, 60)] == pytest.approx([1, 1, 1], abs=0.01)
    assert not stream.frozen(121.0)
    assert not stream.hr_only


def test_before_the_first_packet_data_is_infinitely_old() -> None:
    stream = BeatStream()
    assert stream.data_age_s(5.0) == inf
    assert stream.quality(5.0, 10.0) == 0.0


@pytest.mark.parametrize(
    "empty",
    [
        HeartPacket(60.0, 0),
        HeartPacket(60.0, 72, (800,), contact=Contact.ABSENT),
        HeartPacket(60.0, 72, (3000,)),
        HeartPacket(60.0, 72),
        HeartPacket(60.0, 0, (800,)),
    ],
    ids=["no reading", "no contact", "nothing plausible", "no interval", "interval without a reading"],
)
def test_a_packet_that_tells_nothing_makes_nothing_fresh(empty: HeartPacket) -> None:
    stream = BeatStream()
    hear(stream, packets(0, 50))
    stream.hear(empty)
    assert stream.data_age_s(60.0) == 11.0


@pytest.mark.parametrize("link", [Link.LOST, Link.SEARCHING, Link.CONNECTING, Link.NO_CONTACT, Link.STREAMING_HR_ONLY])
def test_nothing_is_joined_across_a_lost_link(link: Link) -> None:
    stream = BeatStream()
    hear(stream, packets(0, 30))
    stream.link(LinkState(30.0, link, "the radio went"))
    stream.link(LinkState(40.0, Link.STREAMING_RR, "it is back"))
    after = hear(stream, packets(41, 10))
    assert [beat.verdict for beat in after[:4]] == [Verdict.GOOD, Verdict.GOOD, Verdict.GAP, Verdict.GOOD]
    assert [beat.adjacent for beat in after[:5]] == [True, True, False, False, True]
    assert after[2].time_s == 41.0


def test_a_link_that_begins_to_stream_is_no_gap() -> None:
    stream = BeatStream()
    stream.link(LinkState(0.0, Link.STREAMING_RR, "connected"))
    assert hear(stream, packets(0, 3))[0].verdict is Verdict.GOOD


def test_across_a_stall_no_difference_is_taken_but_no_beat_is_lost() -> None:
    stream = BeatStream()
    hear(stream, packets(0, 30))
    stream.link(LinkState(33.0, Link.STALLED, "nothing for 3 s"))
    after = hear(stream, [HeartPacket(34.0, 60, (1020, 1030, 1024, 1019, 1027))])
    assert {beat.verdict for beat in after} == {Verdict.GOOD}
    assert [beat.adjacent for beat in after] == [True, True, False, True, True]


def test_contact_lost_and_found_is_a_gap() -> None:
    stream = BeatStream()
    hear(stream, packets(0, 30))
    stream.hear(HeartPacket(30.0, 60, (1024,), contact=Contact.ABSENT))
    assert hear(stream, packets(31, 5))[0].verdict is Verdict.GAP


def test_a_heart_of_stone_ages_from_its_first_repeat() -> None:
    stream = BeatStream()
    hear(stream, packets(0, 20))
    stone = [HeartPacket(20.0 + second, 60, (900 + 2 * (second % 3),)) for second in range(40)]
    hear(stream, stone[:29])
    assert not stream.frozen(48.0)
    stream.hear(stone[29])
    assert stream.frozen(49.0)
    assert stream.data_age_s(49.0) == 49.0 - 21.0
    hear(stream, stone[30:])
    assert stream.data_age_s(60.0) == 60.0 - 21.0
    assert stream.quality(60.0, 10.0) == 0.0
    stream.hear(HeartPacket(60.0, 60, (940,)))
    assert not stream.frozen(60.0)
    assert stream.data_age_s(60.0) == 0.0


def test_intervals_that_drift_slowly_are_alive() -> None:
    stream = BeatStream()
    hear(stream, [HeartPacket(float(second), 60, (900 + second,)) for second in range(120)])
    assert not stream.frozen(120.0)


def test_a_source_of_rates_alone_is_known_after_ten_seconds() -> None:
    stream = BeatStream()
    known = list[bool]()
    for packet in rates(0, [72, 71, 70] * 34)[:100]:
        stream.hear(packet)
        known.append(stream.hr_only)
    assert known == [False] * 10 + [True] * 90
    assert stream.data_age_s(100.0) == 1.0
    assert stream.quality(100.0, 60.0) == pytest.approx(1.0)


def test_one_interval_ends_the_belief_that_there_are_none() -> None:
    stream = BeatStream()
    hear(stream, rates(0, [72, 71] * 10))
    stream.hear(HeartPacket(20.0, 70, (870,)))
    assert not stream.hr_only


def test_a_strap_that_skips_a_second_is_no_source_of_rates() -> None:
    stream = BeatStream()
    for second in range(60):
        stream.hear(HeartPacket(float(second), 40, () if second % 3 == 2 else (1536,)))
    assert not stream.hr_only


def test_a_rate_of_nothing_makes_no_rate_fresh() -> None:
    stream = BeatStream()
    hear(stream, rates(0, [70, 71] * 10))
    hear(stream, rates(20, [0] * 15))
    assert stream.data_age_s(35.0) == 16.0
    assert stream.quality(35.0, 10.0) < 0.1


def test_a_rate_that_never_changes_ages_from_its_first_repeat() -> None:
    stream = BeatStream()
    hear(stream, rates(0, [69, 70]))
    hear(stream, rates(2, [71] * 120))
    assert not stream.frozen(121.0)
    stream.hear(HeartPacket(122.0, 71))
    assert stream.frozen(122.0)
    assert stream.data_age_s(122.0) == 122.0 - 3.0
    stream.hear(HeartPacket(123.0, 72))
    assert stream.data_age_s(123.0) == 0.0


def test_quality_falls_with_silence_and_returns_with_data() -> None:
    stream = BeatStream()
    hear(stream, packets(0, 60))
    assert stream.quality(60.0, 10.0) > 0.95
    assert stream.quality(70.0, 10.0) < 0.3
    stream.link(LinkState(70.0, Link.LOST, "out of range"))
    hear(stream, packets(80, 6))
    assert stream.quality(86.0, 10.0) < 0.6
    hear(stream, packets(86, 12))
    assert stream.quality(98.0, 10.0) > 0.95
    assert stream.quality(98.0, 60.0) < 0.8


def test_of_a_heart_whose_every_second_beat_is_ectopic_a_third_is_not_good() -> None:
    stream = BeatStream()
    for second in range(120):
        stream.hear(HeartPacket(float(second), 60, (600 if second % 2 else 1300,)))
    assert 0.6 < stream.quality(120.0, 60.0) < 2 / 3


def test_lost_packets_show_in_the_time_they_took() -> None:
    stream = BeatStream()
    hear(stream, packets(0, 60))
    hear(stream, packets(63, 30))
    assert stream.lost_s == pytest.approx(3.0, abs=0.3)


PACKETS = st.builds(
    HeartPacket,
    arrival_s=st.floats(0, 5),
    hr_bpm=st.integers(0, 255),
    rr_ticks=st.lists(st.integers(0, 65535) | st.integers(300, 2048), max_size=4).map(tuple),
    contact=st.sampled_from(Contact),
)
EVENTS = st.lists(PACKETS | st.sampled_from(Link), max_size=80)


@given(EVENTS)
def test_whatever_comes_beats_are_in_order_and_figures_in_range(events: list[HeartPacket | Link]) -> None:
    stream, now_s, told = BeatStream(), 0.0, list[Beat]()
    sent = list[int]()
    for event in events:
        if isinstance(event, Link):
            stream.link(LinkState(now_s, event, "so it is told"))
            continue
        now_s += event.arrival_s
        heard = HeartPacket(now_s, event.hr_bpm, event.rr_ticks, event.contact)
        told += stream.hear(heard)
        if event.hr_bpm and event.contact is not Contact.ABSENT:
            sent += event.rr_ticks
        assert all(0 <= stream.quality(now_s, window_s) <= 1 for window_s in (10, 30, 60))
        assert stream.data_age_s(now_s) >= 0
    assert [beat.rr_ticks for beat in told] == sent[: len(told)]
    assert len(sent) - len(told) <= 2
    times_s = [beat.time_s for beat in told]
    assert times_s == sorted(times_s)


def test_hours_of_packets_need_no_more_memory_than_minutes() -> None:
    stream = BeatStream()
    hear(stream, packets(0, 3000))
    kept = stream._beats
    assert len(kept._ends_s) <= 1024
    assert stream.quality(3000.0, 60.0) == pytest.approx(1.0, abs=0.01)
