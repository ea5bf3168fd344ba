"""A stream's channels are a heart's by what they are called, never by guessing."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.heart import HeartPacket
from sensors.other_programs import FASTEST_BPM, LONGEST_RR_MS, RatePace, packet_of
from sensors.stream_channels import Channel, HeartChannels, Interval, heart_channels, heart_like

NOBODY = ("", "untitled")


def found(*channels: Channel, words: tuple[str, str] = NOBODY, regular: bool = False) -> HeartChannels:
    return heart_channels(channels, words, regular=regular)


@pytest.mark.parametrize(
    "label", ["RR", "rr", "RR interval", "rr_interval", "RRI", "IBI", "PPI (ms)", "NN", "RR_ms", "R-R"]
)
def test_a_channel_called_by_any_of_its_names_holds_intervals(label: str) -> None:
    assert [each.index for each in found(Channel("ECG"), Channel(label)).intervals] == [1]


@pytest.mark.parametrize("label", ["HR", "bpm", "Heart rate", "heart_rate", "HeartRate", "HR [bpm]"])
def test_a_channel_called_by_any_of_its_names_holds_a_heart_rate(label: str) -> None:
    assert found(Channel("ECG"), Channel(label)).rate == 1


@pytest.mark.parametrize("label", ["ECG", "HRV", "RMSSD", "error", "arrhythmia", "hours", "annotation", ""])
def test_what_only_resembles_a_name_is_none(label: str) -> None:
    assert not found(Channel(label))


@pytest.mark.parametrize(
    ("channel", "value", "rr_ms"),
    [
        (Channel("RR", unit="ms"), 812.0, 812.0),
        (Channel("RR", unit="Seconds"), 0.812, 812.0),
        (Channel("RR_s"), 0.812, 812.0),
        (Channel("RR (ms)"), 812.0, 812.0),
        (Channel("RR"), 0.812, 812.0),
        (Channel("RR"), 812.0, 812.0),
        (Channel("RR", unit="unknown"), 812.0, 812.0),
    ],
    ids=str,
)
def test_intervals_are_in_the_unit_that_is_told_or_that_only_a_heart_can_mean(
    channel: Channel, value: float, rr_ms: float
) -> None:
    assert list(found(channel).rr_ms([[value]])) == [pytest.approx(rr_ms)]


@pytest.mark.parametrize(
    "channel", [Channel("RR", unit="1/min"), Channel("HR", unit="ms"), Channel("RR", unit="ticks")]
)
def test_a_unit_that_contradicts_the_name_rules_the_channel_out(channel: Channel) -> None:
    assert not found(channel)
    assert not found(channel, words=("RR", "HR"))


def test_a_stream_names_its_first_channel_where_no_channel_names_itself() -> None:
    assert found(Channel(), Channel(), words=("RR", "Belt")).intervals == (Interval(0, None),)
    assert found(Channel(), Channel(), words=("", "Heart rate of a belt")).rate == 0
    assert found(Channel(), Channel("HR"), words=("RR", "Belt")) == HeartChannels((), 1)


def test_a_stream_at_a_fixed_rate_repeats_its_intervals_so_they_are_not_beats() -> None:
    assert found(Channel("RR"), Channel("HR"), regular=True) == HeartChannels((), 1)
    assert not found(Channel("RR"), regular=True)


def test_several_intervals_in_a_sample_come_in_order_and_the_last_rate_counts() -> None:
    channels = found(Channel("HR"), Channel("RR 1"), Channel("RR 2"))
    samples = [[70.0, 800.0, 810.0], [71.0, 820.0, 830.0]]
    assert list(channels.rr_ms(samples)) == [800.0, 810.0, 820.0, 830.0]
    assert channels.hr_bpm(samples) == 71.0


def test_a_heart_is_known_by_a_streams_type_or_name() -> None:
    assert [text for text in ("RR", "Polar HR", "EEG", "Markers", "HeartRate") if heart_like(text)] == [
        "RR",
        "Polar HR",
        "HeartRate",
    ]


anything = st.text(max_size=12)


@given(st.lists(st.builds(Channel, anything, anything, anything), max_size=5), st.tuples(anything, anything))
def test_whatever_a_stream_says_only_channels_that_are_there_are_taken(
    channels: list[Channel], words: tuple[str, str]
) -> None:
    for regular in (False, True):
        told = heart_channels(channels, words, regular=regular)
        taken = [each.index for each in told.intervals] + ([] if told.rate is None else [told.rate])
        assert all(index < len(channels) for index in taken)


@given(st.lists(st.floats()), st.none() | st.floats())
def test_whatever_numbers_come_a_packet_holds_only_a_hearts(rr_ms: list[float], hr_bpm: float | None) -> None:
    packet = packet_of(1.0, rr_ms, hr_bpm)
    believed = [rr for rr in rr_ms if 1 <= rr <= LONGEST_RR_MS]
    if packet is None:
        assert not believed
    else:
        assert [ticks / 1.024 for ticks in packet.rr_ticks] == pytest.approx(believed, abs=0.5)
        assert 0 <= packet.hr_bpm <= FASTEST_BPM


def test_a_heart_rate_that_is_not_told_is_that_of_the_last_interval() -> None:
    assert packet_of(1.0, [900.0, 1000.0], None) == HeartPacket(1.0, 60, (922, 1024))
    assert packet_of(1.0, [1000.0], 0.0) == HeartPacket(1.0, 0, (1024,))
    assert packet_of(1.0, [math.nan], math.inf) is None


def test_a_rate_sent_with_every_frame_is_heard_twice_a_second_and_no_beat_is_missed() -> None:
    pace = RatePace()
    frames = [HeartPacket(frame / 60, 72) for frame in range(600)]
    assert 19 <= sum(map(pace.wants, frames)) <= 21
    assert all(pace.wants(HeartPacket(20.0, 72, (853,))) for _ in product("ab", repeat=3))
