"""Notes start and end in order, one owner for each pitch, and none outstays."""

from hypothesis import given
from hypothesis import strategies as st

from engine.limiter import Limiter
from engine.limits import COMPOSER
from engine.midi import TICK_US, is_note_off, is_note_on
from engine.scheduler import LONGEST_NOTE_US, Scheduler, Waiting

SECOND = 1_000_000

notes = st.builds(
    Waiting,
    on_us=st.integers(0, 120 * SECOND),
    length_us=st.integers(1, 90 * SECOND),
    channel=st.integers(0, 3),
    pitch=st.integers(40, 80),
    velocity=st.integers(1, 127),
)


def a_scheduler() -> Scheduler:
    return Scheduler(Limiter(COMPOSER))


def test_a_note_starts_and_ends_at_its_times() -> None:
    scheduler = a_scheduler()
    scheduler.add(Waiting(2 * SECOND + 30_000, 4 * SECOND, 0, 60, 40))
    assert scheduler.take(2 * SECOND) == []
    (start,) = scheduler.take(3 * SECOND)
    (end,) = scheduler.take(10 * SECOND)
    assert (start.tick, start.offset_us, start.data) == (40, 30_000, b"\x90\x3c\x28")
    assert (end.time_s, end.data) == (6.03, b"\x80\x3c\x00")


def test_a_pitch_struck_again_is_let_go_first_and_ends_with_its_second_note() -> None:
    scheduler = a_scheduler()
    scheduler.add(Waiting(0, 4 * SECOND, 0, 60, 40))
    scheduler.add(Waiting(2 * SECOND, 5 * SECOND, 0, 60, 40))
    kinds = [(event.time_s, is_note_on(event.data)) for event in scheduler.take(20 * SECOND)]
    assert kinds == [(0.0, True), (2.0, False), (2.0, True), (7.0, False)]


def test_a_note_that_a_limit_forbids_is_left_out_whole() -> None:
    scheduler = a_scheduler()
    for number in range(9):
        scheduler.add(Waiting(100_000 * number, SECOND, number % 3, 50 + number, 40))
    events = scheduler.take(60 * SECOND)
    assert scheduler.left_out == 3
    assert sum(is_note_on(event.data) for event in events) == sum(is_note_off(event.data) for event in events) == 6


@given(st.lists(notes, max_size=60))
def test_every_note_ends_in_time_and_events_come_in_order(waiting: list[Waiting]) -> None:
    scheduler = a_scheduler()
    for each in waiting:
        scheduler.add(each)
    events = scheduler.take(300 * SECOND)
    assert [event.time_s for event in events] == sorted(event.time_s for event in events)
    sounding: dict[tuple[int, int], float] = {}
    for event in events:
        key = (event.data[0] & 0x0F, event.data[1])
        if is_note_on(event.data):
            assert key not in sounding
            sounding[key] = event.time_s
        else:
            assert event.time_s - sounding.pop(key) <= LONGEST_NOTE_US / 1e6 + 1e-9
    assert sounding == {}
    assert all(0 <= event.offset_us < TICK_US for event in events)
