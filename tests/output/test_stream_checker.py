"""The checker is only worth its name if it catches each breach, and leaves honest music alone."""

from collections.abc import Sequence

import pytest

from engine.midi import control, note_off, note_on
from tests.stream_checker import StreamChecker, check_stream

Stream = Sequence[tuple[float, bytes]]

OPENED = [(0.0, control(0, 11, 0)), (0.1, control(0, 11, 20))]
ALL_OFF = [control(0, 64, 0), control(0, 123, 0), control(0, 120, 0), control(0, 11, 0)]


def notes(*velocities: int, start_s: float = 1.0, apart_s: float = 1.0, pitch: int = 60) -> list[tuple[float, bytes]]:
    """Short notes, one after the other."""
    stream = []
    for index, velocity in enumerate(velocities):
        at_s = start_s + index * apart_s
        stream += [(at_s, note_on(0, pitch, velocity)), (at_s + apart_s / 2, note_off(0, pitch))]
    return stream


def chord(count: int, velocity: int, apart_s: float) -> list[tuple[float, bytes]]:
    """Notes that sound together on four channels, and then end."""
    opened = [(0.0, control(channel, 11, 0)) for channel in range(4)]
    ons = [(1 + index * apart_s, note_on(index % 4, 40 + index, velocity)) for index in range(count)]
    offs = [(1 + count * apart_s, note_off(index % 4, 40 + index)) for index in range(count)]
    return opened + ons + offs


def levels(*values: int, every_s: float = 0.1, start_s: float = 1.0) -> list[tuple[float, bytes]]:
    """One channel's level, step by step."""
    return [(start_s + index * every_s, control(0, 11, value)) for index, value in enumerate(values)]


def both(*values: int, start_s: float, every_s: float = 0.4) -> list[tuple[float, bytes]]:
    """Two channels' levels together."""
    return [
        (start_s + index * every_s, control(channel, 11, value))
        for index, value in enumerate(values)
        for channel in (0, 1)
    ]


HONEST: dict[str, Stream] = {
    "notes": [*OPENED, *notes(48, 56, 40)],
    "a chord": chord(12, 48, 0.2),
    "a slow rise": [*OPENED, *levels(21, 22, 23, 24, 25, every_s=0.4)],
    "a program in silence": [(0.0, bytes((0xC0, 4))), *OPENED, *notes(40)],
}

OUTER_BREACHES: dict[str, Stream] = {
    "velocity 81": [*OPENED, *notes(60, 72, 81)],
    "over the channel's last": [*OPENED, *notes(61)],
    "13 note-ons in a second": chord(13, 30, 0.01),
    "9 note-ons in a second on channel 0": [*OPENED, *notes(*[40] * 9, apart_s=0.1)],
    "17 notes sound": chord(17, 30, 0.3),
    "velocities add up to": chord(16, 46, 0.3),
    "pitch 27": [*OPENED, *notes(40, pitch=27)],
    "pitch 97": [*OPENED, *notes(40, pitch=97)],
    "struck while it sounds": [*OPENED, (1.0, note_on(0, 60, 40)), (2.0, note_on(0, 60, 40)), (3.0, note_off(0, 60))],
    "sounds before its level": notes(40),
    "has sounded since": [*OPENED, (1.0, note_on(0, 60, 40)), (121.5, note_off(0, 60))],
    "still sounding": [*OPENED, (1.0, note_on(0, 60, 40))],
    "controller 121": [(0.0, control(0, 121, 0))],
    "controller 2": [(0.0, control(0, 2, 0))],
    "not a message": [(0.0, b"\xf8")],
    "not a message that": [(0.0, b"\x90\x40")],
    "steps within 100 ms": [*OPENED, (1.0, control(0, 74, 40)), *notes(40), (5.0, control(0, 74, 61))],
    "rises": [*OPENED, *levels(20, 25, 30, 31)],
    "begins at level 21": [(0.0, control(0, 11, 21))],
    "bank or program": [*OPENED, (1.0, note_on(0, 60, 40)), (1.1, bytes((0xC0, 4))), (1.2, note_off(0, 60))],
    "bank or": [*OPENED, (1.0, note_on(0, 60, 40)), (1.1, control(0, 32, 4)), (1.2, note_off(0, 60))],
    "time went back": [*OPENED, (0.05, control(0, 11, 20))],
    "with value 1": [(0.0, control(0, 123, 1))],
    "no note-off for": [*OPENED, (1.0, note_on(0, 60, 40)), (1.1, control(0, 123, 0)), (1.2, note_off(0, 60))],
}

COMPOSER_BREACHES: dict[str, Stream] = {
    "velocity 73": [*OPENED, *notes(56, 64, 72, 73)],
    "velocity 9 over": [*OPENED, *notes(48, 57)],
    "7 note-ons in a second": chord(7, 30, 0.1),
    "4 note-ons within 50 ms": chord(4, 30, 0.01),
    "13 notes sound": chord(13, 30, 0.3),
    "velocities add up to": chord(12, 51, 0.3),
    "has sounded since": [*OPENED, (1.0, note_on(0, 60, 40)), (61.5, note_off(0, 60))],
    "unchanged": [*OPENED, (0.2, control(0, 11, 20))],
    "100-ms grid": [*OPENED, (0.25, control(0, 11, 21))],
    "13 controllers in a second": [(tick / 10, control(0, 70 + n, 40 + tick)) for tick in range(10) for n in (0, 1)],
    "more than 3.0": [(0.0, control(0, 11, 0)), *levels(20, 22, 24, 26, every_s=0.2)],
    "more than 4.0": [*OPENED, *levels(22, 24, 26, 27, every_s=0.2, start_s=12.0)],
    "2 layers rise faster": [*OPENED, *both(20, start_s=0.2), *both(22, 24, start_s=12.0)],
    "2 layers fall faster": [*OPENED, *both(20, 23, 25, 26, start_s=0.2), *both(22, 20, start_s=20.0)],
    "brightness moved 8": [(0.0, control(0, 74, 50)), (1.0, control(0, 74, 54)), (1.5, control(0, 74, 58))],
}


@pytest.mark.parametrize("name", HONEST)
@pytest.mark.parametrize("composer", [False, True])
def test_honest_music_passes(name: str, composer: bool) -> None:
    check_stream(HONEST[name], composer=composer)


@pytest.mark.parametrize("what", OUTER_BREACHES)
def test_a_breach_of_the_outer_limits_is_caught(what: str) -> None:
    with pytest.raises(AssertionError, match=what):
        check_stream(OUTER_BREACHES[what])


@pytest.mark.parametrize("what", COMPOSER_BREACHES)
def test_a_breach_of_the_composers_limits_is_caught(what: str) -> None:
    stream = COMPOSER_BREACHES[what]
    with pytest.raises(AssertionError, match=what):
        check_stream(stream, composer=True)


def test_the_channel_of_nine_notes_is_named_only_where_one_channel_has_them() -> None:
    check_stream(chord(9, 30, 0.1))


SOUNDING = [*OPENED, (1.0, note_on(0, 60, 40))]
FADE = [(2.0 + index / 50, control(0, 11, 20 - index)) for index in range(1, 21)]


def test_a_stop_that_fades_and_ends_with_all_off_passes() -> None:
    wire = [*SOUNDING, *FADE, (2.7, note_off(0, 60)), *((2.7, data) for data in ALL_OFF)]
    check_stream(wire, composer=True, stops=[("silence", 2.0)])


def test_a_stop_that_comes_too_late_is_caught() -> None:
    wire = [*SOUNDING, *FADE, (3.1, note_off(0, 60)), *((3.1, data) for data in ALL_OFF)]
    with pytest.raises(AssertionError, match="not all off"):
        check_stream(wire, stops=[("silence", 2.0)])
    check_stream(wire, stops=[("crash", 2.0)])


@pytest.mark.parametrize("left_out", range(4))
def test_each_part_of_all_off_is_asked_for(left_out: int) -> None:
    offs = ALL_OFF[:left_out] + ALL_OFF[left_out + 1 :]
    wire = [*SOUNDING, (2.7, note_off(0, 60)), *((2.7, data) for data in offs)]
    with pytest.raises(AssertionError, match="all off"):
        check_stream(wire, stops=[("silence", 2.0)])


@pytest.mark.parametrize(("what", "data"), [("note-on", note_on(0, 64, 40)), ("rises", control(0, 11, 21))])
def test_nothing_starts_or_rises_while_stopping(what: str, data: bytes) -> None:
    checker = StreamChecker()
    for time_s, sent in SOUNDING:
        checker.feed(time_s, sent)
    checker.stop("crash", 2.0)
    checker.feed(2.3, data)
    with pytest.raises(AssertionError, match=what):
        checker.finish()


def test_a_stop_in_silence_asks_for_nothing() -> None:
    wire = [(0.0, control(0, 11, 0))]
    check_stream(wire, stops=[("silence", 1.0)])


def test_a_heartbeat_that_returns_ends_the_stop() -> None:
    checker = StreamChecker()
    for time_s, sent in SOUNDING:
        checker.feed(time_s, sent)
    checker.stop("heartbeat", 2.0)
    checker.returned()
    checker.feed(4.0, control(0, 11, 21))
    checker.feed(5.0, note_off(0, 60))
    checker.finish()


def test_a_stop_told_before_a_sleep_has_its_time_after_it_and_no_more() -> None:
    for quiet_s, breaches in ((602.9, 0), (603.1, 1)):
        checker = StreamChecker()
        for time_s, sent in SOUNDING:
            checker.feed(time_s, sent)
        checker.stop("silence", 2.0)
        checker.away(2.0, 602.0)
        for sent in (note_off(0, 60), *ALL_OFF):
            checker.feed(quiet_s, sent)
        assert len(checker.violations) == breaches


def waiting(*, plays: bool = True) -> StreamChecker:
    """A checker that is told of every play on, with one note sounding at level 20 where somebody played on."""
    checker = StreamChecker(waits=True)
    if plays:
        checker.play_on(0.0)
        for time_s, data in SOUNDING:
            checker.feed(time_s, data)
    return checker


def fall_silent(checker: StreamChecker, from_s: float = 2.0) -> None:
    """A fade of 0.7 s and all off."""
    wire = [(from_s + index * 0.035, control(0, 11, 20 - index)) for index in range(1, 21)]
    for time_s, data in [*wire, *((from_s + 0.7, data) for data in (note_off(0, 60), *ALL_OFF))]:
        checker.feed(time_s, data)


@pytest.mark.parametrize("data", [note_on(0, 60, 40), control(0, 11, 1)])
def test_nothing_sounds_before_a_person_plays_on(data: bytes) -> None:
    checker = waiting(plays=False)
    checker.feed(0.0, control(0, 11, 0))
    assert checker.violations == []
    checker.feed(1.0, data)
    assert len(checker.violations) == 1
    assert "by itself: nobody played on" in checker.violations[0]


@pytest.mark.parametrize(("pressed_s", "breaches"), [(1.5, 1), (2.3, 0), (5.0, 0)])
def test_after_a_stop_sound_needs_a_play_on_that_came_after_it(pressed_s: float, breaches: int) -> None:
    checker = waiting()
    if pressed_s < 2.0:
        checker.play_on(pressed_s)
    checker.stop("silence", 2.0)
    if 2.0 < pressed_s < 2.7:
        checker.play_on(pressed_s)
    fall_silent(checker)
    if pressed_s > 2.7:
        checker.play_on(pressed_s)
    checker.feed(6.0, control(0, 11, 1))
    assert len(checker.violations) == breaches


def test_a_heartbeat_that_returns_needs_no_play_on_even_where_nothing_sounded_yet() -> None:
    checker = waiting(plays=False)
    checker.play_on(0.0)
    checker.stop("heartbeat", 0.1)
    checker.returned()
    checker.feed(2.0, control(0, 11, 0))
    checker.feed(2.1, control(0, 11, 1))
    assert checker.violations == []


@pytest.mark.parametrize(
    ("kind", "fall", "breaches"),
    [("silence", 9, 0), ("silence", 10, 1), ("crash", 5, 0), ("crash", 6, 1), ("pause", 4, 1), ("guardian", 20, 0)],
)
def test_a_stop_falls_no_faster_than_its_fade(kind: str, fall: int, breaches: int) -> None:
    checker = waiting()
    checker.stop(kind, 2.0)
    checker.feed(2.1, control(0, 11, 20 - fall))
    assert len(checker.violations) == breaches


@pytest.mark.parametrize("asked", [1, 2, 5])
def test_a_stop_that_is_asked_for_again_falls_no_faster(asked: int) -> None:
    checker = waiting()
    for index in range(asked):
        checker.stop("pause", 2.0 + index / 100)
    checker.feed(2.08, control(0, 11, 15))
    assert len(checker.violations) == 1


def test_a_fade_that_stood_still_may_hurry_once_and_the_second_time_leave_its_rest_out() -> None:
    checker = waiting()
    checker.stop("pause", 2.0)
    checker.away(2.0, 9.0)
    for index in range(5):
        checker.feed(9.0 + index / 50, control(0, 11, 20 - 4 * index))
    assert checker.violations == []
    checker = waiting()
    checker.stop("pause", 2.0)
    checker.away(2.0, 9.0)
    checker.feed(9.0, control(0, 11, 0))
    assert "falls 20 within 40 ms" in checker.violations.pop()
    checker = waiting()
    checker.stop("pause", 2.0)
    checker.away(2.0, 9.0)
    checker.away(9.1, 9.4)
    checker.feed(9.4, control(0, 11, 0))
    assert checker.violations == []


def test_nothing_is_cut_off_without_a_stop() -> None:
    checker = waiting()
    for data in (note_off(0, 60), *ALL_OFF):
        checker.feed(2.0, data)
    assert any("all off on channel 0 by itself: nobody asked" in breach for breach in checker.violations)
