"""Beats have times although no packet carries one: near the truth, never backwards, honest about their doubt."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import fmean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.beat_clock import BeatClock
from tests.sensors.strap_on_air import Air, Sent

SEEDS = range(6)


def place(packets: Sequence[Sent]) -> tuple[list[float], BeatClock]:
    clock, times_s = BeatClock(), list[float]()
    for packet in packets:
        times_s += clock.place(packet.arrival_s, packet.rr_s)
    return times_s, clock


def errors_s(packets: Sequence[Sent]) -> list[float]:
    times_s, _ = place(packets)
    truth_s = [time_s for packet in packets for time_s in packet.true_s]
    return [time_s - true_s for time_s, true_s in zip(times_s, truth_s, strict=True)]


def rms(values: Sequence[float]) -> float:
    middle = fmean(values)
    return float(fmean((value - middle) ** 2 for value in values) ** 0.5)


def longest_off_s(packets: Sequence[Sent]) -> float:
    """The longest time for which the clock is more than a beat off."""
    beats = [(true_s, rr_s) for packet in packets for true_s, rr_s in zip(packet.true_s, packet.rr_s, strict=True)]
    since_s, longest_s = None, 0.0
    for (true_s, rr_s), error_s in zip(beats, errors_s(packets), strict=True):
        if abs(error_s) <= rr_s:
            since_s = None
            continue
        since_s = true_s if since_s is None else since_s
        longest_s = max(longest_s, true_s - since_s)
    return longest_s


def told(what: str, values: Iterable[float], unit: str) -> float:
    """The largest, printed with the median: ``pytest -rP`` shows the figures."""
    found = sorted(values)
    print(f"{what}: median {median(found):.4g}, most {found[-1]:.4g} {unit}")
    return found[-1]


@pytest.mark.parametrize("rr_s", [0.45, 0.6, 0.85])
@pytest.mark.parametrize("latency_s", [2.6, 0.4], ids=["as an H10", "as a Movesense"])
def test_a_strap_is_placed_within_20_ms(rr_s: float, latency_s: float) -> None:
    air = Air(rr_s=rr_s, latency_s=latency_s)
    errors = (1000 * rms(errors_s(air.packets(seed))[20:]) for seed in SEEDS)
    assert told(f"a beat each {rr_s} s, {latency_s} s late", errors, "ms rms") <= 20


def test_an_hour_is_placed_no_worse_for_the_clocks_drift() -> None:
    errors = (1000 * rms(errors_s(Air(minutes=60).packets(seed))[20:]) for seed in (1, 2))
    assert told("an hour at 40 ppm", errors, "ms rms") <= 20


def test_a_heart_in_step_with_the_strap_s_packets_is_known_less_well() -> None:
    """One beat a packet, always as late as the one before: the lower envelope is only met when they drift apart."""
    errors = (1000 * rms(errors_s(Air(rr_s=1.0).packets(seed))[20:]) for seed in SEEDS)
    assert told("a beat each second, as the packets", errors, "ms rms") <= 150


def test_stalls_in_every_tenth_packet_stay_within_120_ms() -> None:
    errors = (1000 * rms(errors_s(Air(stalled=0.1).packets(seed))[20:]) for seed in SEEDS)
    assert told("10 % stalls", errors, "ms rms") <= 120


@pytest.mark.parametrize("rr_s", [0.5, 0.85, 1.0, 1.2])
def test_lost_packets_never_hold_the_clock_a_beat_off_for_ten_seconds(rr_s: float) -> None:
    longest = (longest_off_s(Air(rr_s=rr_s, lost=0.02).packets(seed)) for seed in SEEDS)
    assert told(f"2 % lost, a beat each {rr_s} s", longest, "s off by more than a beat") <= 10.0


def test_the_sum_against_the_clock_betrays_lost_packets() -> None:
    _, whole = place(Air().packets(3))
    _, holed = place(Air(lost=0.02).packets(3))
    assert whole.lost_s == 0.0
    assert holed.lost_s > 20.0


def test_a_beat_every_second_is_no_loss_although_packets_come_as_often() -> None:
    _, clock = place(Air(rr_s=1.0).packets(5))
    assert clock.lost_s == 0.0


def test_after_a_known_gap_the_first_packet_anchors_the_clock() -> None:
    clock = BeatClock()
    for second in range(60):
        clock.place(second + 0.4, (1.0,))
    before_s = clock.uncertainty_s
    clock.gap()
    assert clock.place(300.0, (0.8,)) == (300.0,)
    assert clock.uncertainty_s > before_s


def test_packets_held_up_and_let_go_at_once_keep_their_times() -> None:
    clock, times_s = BeatClock(), list[float]()
    for second in range(40):
        times_s += clock.place(max(second, 25 if second >= 20 else 0) + 0.4, (1.0,))
    assert all(after - before == pytest.approx(1.0, abs=0.05) for before, after in pairwise(times_s))


ARRIVALS = st.lists(st.tuples(st.floats(0, 30), st.lists(st.floats(0.3, 2.0), min_size=1, max_size=4)), max_size=60)


@given(ARRIVALS)
def test_time_never_runs_backwards_however_packets_come(arrivals: list[tuple[float, list[float]]]) -> None:
    clock, now_s, times_s = BeatClock(), 0.0, list[float]()
    for wait_s, rr_s in arrivals:
        now_s += wait_s
        times_s += clock.place(now_s, tuple(rr_s))
        assert clock.uncertainty_s > 0
    assert times_s == sorted(times_s)


def test_the_doubt_it_tells_covers_its_error_most_of_the_time() -> None:
    clock, covered, told = BeatClock(), 0, 0
    for packet in Air().packets(2):
        times_s = clock.place(packet.arrival_s, packet.rr_s)
        for time_s, true_s in zip(times_s, packet.true_s, strict=True):
            told += 1
            covered += abs(time_s - true_s) <= clock.uncertainty_s + 0.045
    assert covered / told >= 0.9
