"""What the timing benchmark makes of what was asked for and what left."""

import pytest

from benchmarks.timing import compared, lateness, message, summed_up
from engine.midi import is_note_on


def test_lateness_is_of_each_message_and_leaves_the_rest_out() -> None:
    due = [(index * 0.05, message(index)) for index in range(4)]
    sent = [(0.0, "b00b00"), *((at_s + 0.001, data.hex()) for at_s, data in due), (9.0, "b07b00")]
    assert lateness(due, sent) == pytest.approx([0.001] * 4)


def test_ten_notes_a_second_over_two_channels_lie_within_the_outer_limits() -> None:
    first_second = [message(index) for index in range(20)]
    channels = [data[0] & 0x0F for data in first_second if is_note_on(data)]
    assert len(channels) == 10
    assert max(map(channels.count, set(channels))) <= 8


def test_peers_are_told_in_multiples_of_ours() -> None:
    results = compared({"calando": summed_up([0.0001] * 100), "mido": summed_up([0.02] * 100), "x": {"missing": "y"}})
    assert results["mido"]["p99_times_calando"] == pytest.approx(200)
    assert results["x"] == {"missing": "y"}
