"""Beats and seconds under a moving tempo."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.midi import TICK_S
from engine.timeline import Timeline

TEMPI = st.floats(min_value=34.0, max_value=72.0)


@pytest.mark.parametrize(
    ("tempo_bpm", "seconds", "beat", "at_half_s"),
    [(60.0, 1.0, 1.0, 0.5), (120.0, 1.0, 2.0, 1.0), (30.0, 1.0, 0.5, 0.25), (45.0, 2.0, 1.5, 0.375)],
)
def test_a_steady_tempo_counts_like_a_metronome(
    tempo_bpm: float, seconds: float, beat: float, at_half_s: float
) -> None:
    timeline = Timeline()
    timeline.advance(seconds, tempo_bpm)
    assert timeline.beat == beat
    assert timeline.beat_at(0.5) == at_half_s
    assert timeline.time_of(at_half_s) == 0.5


def test_each_tick_begins_where_the_last_one_ended() -> None:
    timeline = Timeline()
    table = []
    for tempo_bpm in (60.0, 48.0, 36.0):
        timeline.advance(1.0, tempo_bpm)
        table.append((timeline.now_s, timeline.beat))
    assert table == [(1.0, 1.0), (2.0, 1.8), (3.0, 2.4)]


def test_an_hour_of_ticks_is_an_hour() -> None:
    timeline = Timeline()
    for _ in range(72_000):
        timeline.advance(TICK_S, 58.0)
    assert timeline.now_s == 3600.0
    assert timeline.beat == pytest.approx(3480.0, abs=1e-6)


def test_a_gap_passes_in_seconds_and_not_in_beats() -> None:
    timeline = Timeline()
    timeline.advance(1.0, 60.0)
    timeline.skip(10.0)
    timeline.advance(1.0, 60.0)
    assert (timeline.now_s, timeline.beat) == (12.0, 2.0)
    assert timeline.time_of(1.5) == 11.5


@pytest.mark.parametrize("time_s", [0.999, 2.001])
def test_a_time_outside_the_tick_is_refused(time_s: float) -> None:
    timeline = Timeline()
    timeline.advance(1.0, 60.0)
    timeline.advance(1.0, 60.0)
    with pytest.raises(ValueError, match="outside the tick"):
        timeline.beat_at(time_s)
    with pytest.raises(ValueError, match="outside the tick"):
        timeline.time_of(time_s)


@pytest.mark.parametrize(("seconds", "tempo_bpm"), [(0.0, 60.0), (-1.0, 60.0), (1.0, 0.0)])
def test_time_runs_forward(seconds: float, tempo_bpm: float) -> None:
    with pytest.raises(ValueError, match="forward"):
        Timeline().advance(seconds, tempo_bpm)
    with pytest.raises(ValueError, match="forward"):
        Timeline().skip(-1.0)


@given(before=st.lists(TEMPI, max_size=60), tempo_bpm=TEMPI, share=st.floats(min_value=0, max_value=1))
def test_both_ways_undo_each_other(before: list[float], tempo_bpm: float, share: float) -> None:
    timeline = Timeline()
    for earlier_bpm in before:
        timeline.advance(TICK_S, earlier_bpm)
    start_s, start_beat = timeline.now_s, timeline.beat
    timeline.advance(TICK_S, tempo_bpm)
    assert (timeline.beat_at(start_s), timeline.beat_at(timeline.now_s)) == (start_beat, timeline.beat)
    assert (timeline.time_of(start_beat), timeline.time_of(timeline.beat)) == (start_s, timeline.now_s)
    time_s = start_s + share * (timeline.now_s - start_s)
    assert timeline.time_of(timeline.beat_at(time_s)) == pytest.approx(time_s, abs=1e-9)


@given(st.lists(TEMPI, min_size=2, max_size=60))
def test_later_is_never_an_earlier_beat(tempi: list[float]) -> None:
    timeline, last_beat = Timeline(), 0.0
    for tempo_bpm in tempi:
        start_s = timeline.now_s
        timeline.advance(TICK_S, tempo_bpm)
        for share in (0.0, 0.3, 0.7, 1.0):
            beat = timeline.beat_at(start_s + share * (timeline.now_s - start_s))
            assert beat >= last_beat
            last_beat = beat
