"""Law 5's table, each number from both sides; and the limiter's promises under any stream."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.limiter import Limiter
from engine.limits import COMPOSER, OUTER, Limits, is_well_formed, level_db
from engine.midi import control, note_off, note_on

LOOSE = replace(OUTER, velocity_rise=127, note_ons_per_s=99, channel_note_ons_per_s=99)
BOTH = pytest.mark.parametrize("limits", [OUTER, COMPOSER], ids=["outer", "composer"])


def told(limits: Limits, *messages: tuple[float, bytes]) -> Limiter:
    """A limiter that has seen these sent."""
    limiter = Limiter(limits)
    for at_s, data in messages:
        limiter.accept(at_s, data)
    return limiter


def struck(limits: Limits, times: list[float], channels: int = 1, *, held: bool = False) -> Limiter:
    """A limiter after soft notes at these times, on so many channels in turn."""
    limiter = Limiter(limits)
    for index, at_s in enumerate(times):
        channel = index % channels
        limiter.accept(at_s, note_on(channel, 30 + index, 40))
        if not held:
            limiter.accept(at_s, note_off(channel, 30 + index))
    return limiter


def test_the_table_is_the_one_of_law_5() -> None:
    assert (OUTER.velocity, OUTER.velocity_rise, OUTER.first_velocity) == (80, 12, 48)
    assert (COMPOSER.velocity, COMPOSER.velocity_rise, COMPOSER.first_velocity) == (72, 8, 48)
    assert (OUTER.note_ons_per_s, OUTER.channel_note_ons_per_s, COMPOSER.note_ons_per_s) == (12, 8, 6)
    assert (COMPOSER.cluster_notes, COMPOSER.cluster_s, COMPOSER.controllers_per_s) == (3, 0.05, 12)
    assert (OUTER.sounding_notes, OUTER.velocity_sum, COMPOSER.sounding_notes, COMPOSER.velocity_sum) == (
        16,
        720,
        12,
        600,
    )
    assert (OUTER.note_length_s, COMPOSER.note_length_s) == (120, 60)
    assert (OUTER.pitch_low, OUTER.pitch_high, OUTER.level_rise_db) == (28, 96, 6)
    assert (OUTER.controller_steps, OUTER.controller_s, OUTER.level_step) == (20, 0.1, 0)


def test_the_composer_stays_inside_the_outer_limits() -> None:
    for each in fields(Limits):
        if each.name not in {"pitch_low", "cluster_s", "controller_s", "level_step"}:
            assert getattr(COMPOSER, each.name) <= getattr(OUTER, each.name)


@BOTH
def test_limits_can_be_narrowed_and_never_widened(limits: Limits) -> None:
    wide = replace(
        limits,
        velocity=127,
        pitch_low=0,
        pitch_high=127,
        level_rise_db=60,
        controller_s=0.01,
        cluster_s=0.0,
        level_step=9,
    )
    assert wide.within(limits) == limits
    narrow = replace(limits, velocity=50, pitch_low=40, controller_s=0.2)
    assert narrow.within(limits) == narrow


@BOTH
def test_velocity(limits: Limits) -> None:
    limiter = told(limits, (0.0, note_on(0, 60, limits.velocity)), (0.0, note_off(0, 60)))
    assert limiter.refusal(2.0, note_on(0, 60, limits.velocity)) is None
    assert limiter.refusal(2.0, note_on(0, 60, limits.velocity + 1)) == "velocity"
    assert limiter.nearest(2.0, note_on(0, 60, 127)) == note_on(0, 60, limits.velocity)


@BOTH
def test_velocity_rises_by_little_over_the_channels_last(limits: Limits) -> None:
    first = limits.first_velocity + limits.velocity_rise
    limiter = Limiter(limits)
    assert limiter.refusal(0.0, note_on(0, 60, first)) is None
    assert limiter.refusal(0.0, note_on(0, 60, first + 1)) == "velocity rise"
    limiter.accept(0.0, note_on(0, 60, 30))
    assert limiter.refusal(1.0, note_on(0, 62, 30 + limits.velocity_rise)) is None
    assert limiter.refusal(1.0, note_on(0, 62, 31 + limits.velocity_rise)) == "velocity rise"
    assert limiter.nearest(1.0, note_on(0, 62, 64)) == note_on(0, 62, 30 + limits.velocity_rise)
    assert limiter.refusal(1.0, note_on(1, 62, first)) is None, "another channel has its own last note"


@BOTH
def test_note_ons_in_any_second(limits: Limits) -> None:
    limiter = struck(limits, [index / limits.note_ons_per_s for index in range(limits.note_ons_per_s)], channels=3)
    assert limiter.refusal(0.999, note_on(3, 90, 40)) == "note-ons in a second"
    assert limiter.nearest(0.999, note_on(3, 90, 40)) is None
    assert limiter.refusal(1.0, note_on(3, 90, 40)) is None


def test_note_ons_in_any_second_on_a_channel() -> None:
    limiter = struck(OUTER, [index / 10 for index in range(8)])
    assert limiter.refusal(0.999, note_on(0, 90, 40)) == "note-ons in a second on a channel"
    assert limiter.refusal(0.999, note_on(1, 90, 40)) is None
    assert limiter.refusal(1.0, note_on(0, 90, 40)) is None


def test_the_composer_strikes_at_most_three_notes_at_once() -> None:
    limiter = struck(COMPOSER, [1.0, 1.0, 1.02])
    assert limiter.refusal(1.049, note_on(0, 90, 40)) == "note-ons at once"
    assert limiter.refusal(1.05, note_on(0, 90, 40)) is None
    assert struck(OUTER, [1.0, 1.0, 1.02]).refusal(1.02, note_on(0, 90, 40)) is None


@BOTH
def test_sounding_notes(limits: Limits) -> None:
    limiter = struck(limits, [float(index) for index in range(limits.sounding_notes)], held=True)
    assert len(limiter.sounding) == limits.sounding_notes
    assert limiter.refusal(60.0, note_on(1, 90, 20)) == "sounding notes"
    limiter.accept(60.0, note_off(0, 30))
    assert limiter.refusal(60.0, note_on(1, 90, 20)) is None


@BOTH
def test_the_sum_of_velocities(limits: Limits) -> None:
    loud = limits.velocity_sum // 10
    chord = [(float(index), note_on(index, 60, loud)) for index in range(9)]
    limiter = told(limits, *chord)
    limiter.accept(9.0, note_on(9, 60, 48))
    limiter.accept(9.0, note_off(9, 60))
    left = limits.velocity_sum - 9 * loud
    limiter.accept(10.0, note_on(10, 40, left - 40))
    assert limiter.refusal(20.0, note_on(9, 60, 40)) is None
    assert limiter.refusal(20.0, note_on(9, 60, 41)) == "sum of velocities"
    assert limiter.nearest(20.0, note_on(9, 60, 44)) == note_on(9, 60, 40)
    limiter.accept(20.0, note_on(9, 60, 40))
    assert limiter.nearest(30.0, note_on(9, 62, 1)) is None


def test_pitch() -> None:
    limiter = Limiter(OUTER)
    refused = [pitch for pitch in range(128) if limiter.refusal(0.0, note_on(0, pitch, 40)) == "pitch"]
    assert refused == [*range(28), *range(97, 128)]
    assert limiter.nearest(0.0, note_on(0, 97, 40)) is None


def test_a_pitch_is_not_struck_again_while_it_sounds() -> None:
    limiter = told(OUTER, (0.0, note_on(0, 60, 40)))
    assert limiter.refusal(1.0, note_on(0, 60, 40)) == "already sounding"
    assert limiter.refusal(1.0, note_on(1, 60, 40)) is None


@BOTH
def test_note_length(limits: Limits) -> None:
    limiter = told(limits, (1.0, note_on(0, 60, 40)), (2.0, note_on(0, 64, 40)))
    ends_s = 1.0 + limits.note_length_s
    assert limiter.next_overdue_s == ends_s
    assert limiter.overdue(ends_s - 0.001) == ()
    assert limiter.overdue(ends_s) == ((0, 60),)
    assert limiter.overdue(ends_s + 1) == ((0, 60), (0, 64))
    limiter.accept(3.0, note_off(0, 60))
    assert limiter.next_overdue_s == ends_s + 1
    assert Limiter(limits).next_overdue_s == float("inf")


def test_a_note_off_is_never_refused() -> None:
    assert Limiter(OUTER).refusal(0.0, note_off(0, 5)) is None
    assert Limiter(OUTER).refusal(0.0, note_on(0, 5, 0)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x90",
        b"\x90\x40",
        b"\x90\x40\x40\x40",
        b"\x40\x40\x40",
        b"\x90\x80\x40",
        b"\x90\x40\x80",
        b"\xc0\x00\x00",
    ],
)
def test_what_is_no_message_is_malformed(data: bytes) -> None:
    assert not is_well_formed(data)
    assert Limiter(OUTER).refusal(0.0, data) == "malformed"
    assert Limiter(OUTER).nearest(0.0, data) is None


@pytest.mark.parametrize("data", [b"\xf0\x01\xf7", b"\xf1\x01", b"\xf2\x01\x02", b"\xf8", b"\xfa", b"\xfe", b"\xff"])
def test_system_messages_are_malformed(data: bytes) -> None:
    assert not is_well_formed(data)
    assert Limiter(OUTER).refusal(0.0, data) == "malformed"


@pytest.mark.parametrize("data", [b"\xa0\x40\x40", b"\xd0\x40", b"\xe0\x00\x40"])
def test_bends_and_aftertouch_are_no_messages_of_ours(data: bytes) -> None:
    assert Limiter(OUTER).refusal(0.0, data) == "message"
    assert Limiter(OUTER).nearest(0.0, data) is None


def test_only_these_controllers() -> None:
    allowed = [number for number in range(128) if Limiter(OUTER).refusal(0.0, control(0, number, 0)) is None]
    assert allowed == [0, 1, 5, 7, 10, 11, 32, 64, 65, 66, 67, *range(70, 80), 91, 93]
    assert Limiter(OUTER).refusal(0.0, control(0, 121, 0)) == "controller"
    assert Limiter(OUTER).nearest(0.0, control(0, 121, 0)) is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xc5\x04", "program while sounding"),
        (control(5, 0, 1), "bank while sounding"),
        (control(5, 32, 1), "bank while sounding"),
    ],
)
def test_bank_and_program_need_an_empty_ledger(data: bytes, why: str) -> None:
    limiter = told(OUTER, (0.0, note_on(0, 60, 40)))
    assert limiter.refusal(1.0, data) == why
    assert limiter.nearest(1.0, data) is None
    limiter.accept(1.0, note_off(0, 60))
    assert limiter.refusal(1.0, data) is None


@BOTH
def test_controller_steps_in_any_tenth_of_a_second(limits: Limits) -> None:
    most = limits.controller_steps
    limiter = told(limits, (0.0, control(0, 74, 60)), (0.0, note_on(0, 60, 40)), (1.0, control(0, 74, 65)))
    assert limiter.refusal(1.099, control(0, 74, 65 + most - 5)) is None
    assert limiter.refusal(1.099, control(0, 74, 66 + most - 5)) == "controller steps"
    assert limiter.refusal(1.099, control(0, 74, 65 - most + 5)) is None
    assert limiter.refusal(1.099, control(0, 74, 64 - most + 5)) == "controller steps"
    assert limiter.nearest(1.099, control(0, 74, 127)) == control(0, 74, 65 + most - 5)
    assert limiter.nearest(1.099, control(0, 74, 0)) == control(0, 74, 65 - most + 5)
    assert limiter.refusal(1.1, control(0, 74, 65 + most)) is None
    assert limiter.refusal(1.1, control(0, 74, 66 + most)) == "controller steps"


def test_a_controller_that_used_up_its_steps_stays() -> None:
    limiter = told(OUTER, (0.0, control(0, 74, 60)), (0.0, note_on(0, 60, 40)), (1.0, control(0, 74, 80)))
    assert limiter.nearest(1.05, control(0, 74, 90)) is None
    assert limiter.refusal(1.05, control(1, 71, 90)) is None, "another controller has steps of its own"


@pytest.mark.parametrize("number", [64, 65, 66, 67])
def test_switches_may_jump(number: int) -> None:
    limiter = told(OUTER, (0.0, control(0, number, 0)), (0.0, note_on(0, 60, 40)))
    assert limiter.refusal(0.0, control(0, number, 127)) is None


def test_a_silent_channels_first_value_is_free() -> None:
    assert Limiter(OUTER).refusal(0.0, control(0, 74, 127)) is None
    assert Limiter(OUTER).refusal(0.0, control(0, 11, 127)) is None
    elsewhere = told(OUTER, (0.0, note_on(1, 60, 40)))
    assert elsewhere.refusal(0.0, control(0, 74, 127)) is None


@pytest.mark.parametrize(("number", "default"), [(74, 64), (10, 64), (1, 0), (91, 40), (7, 100)])
def test_a_sounding_channels_first_value_starts_from_the_synths_own(number: int, default: int) -> None:
    limiter = told(OUTER, (0.0, note_on(0, 60, 40)))
    assert limiter.refusal(0.0, control(0, number, max(default - 20, 0))) is None
    assert limiter.nearest(0.0, control(0, number, 127)) == control(0, number, default + 20)


def test_a_silent_channels_second_value_is_not_free() -> None:
    limiter = told(OUTER, (0.0, control(0, 74, 20)))
    assert limiter.refusal(5.0, control(0, 74, 41)) == "controller steps"


def test_after_all_sound_off_values_are_free_again_but_levels_are_not() -> None:
    limiter = told(OUTER, (0.0, control(0, 74, 20)), (0.0, control(1, 74, 20)), (0.0, control(0, 11, 0)))
    limiter.accept(1.0, control(0, 120, 0))
    assert limiter.refusal(1.0, control(0, 74, 90)) is None
    assert limiter.refusal(1.0, control(1, 74, 90)) == "controller steps"
    assert limiter.refusal(1.0, control(0, 11, 21)) == "controller steps"


@pytest.mark.parametrize("number", [120, 123])
def test_all_off_empties_its_channels_ledger(number: int) -> None:
    limiter = told(OUTER, (0.0, note_on(0, 60, 40)), (0.0, note_on(1, 60, 40)), (0.0, control(0, number, 0)))
    assert limiter.sounding == {(1, 60): 40}


def test_levels_in_decibels() -> None:
    assert level_db(127) == 0
    assert level_db(20) == level_db(0) == level_db(19)
    assert level_db(64) == pytest.approx(-11.91, abs=0.01)


def test_the_level_rises_six_decibels_in_any_second() -> None:
    limiter = told(OUTER, (0.0, control(0, 11, 50)))
    assert limiter.refusal(0.5, control(0, 11, 70)) is None
    limiter.accept(0.5, control(0, 11, 70))
    assert limiter.refusal(0.999, control(0, 11, 71)) == "level rise"
    assert limiter.nearest(0.999, control(0, 11, 90)) is None
    assert limiter.refusal(0.999, control(0, 11, 60)) is None
    assert limiter.refusal(1.0, control(0, 11, 71)) == "level rise", "the second begins with the softer level in force"
    assert limiter.refusal(1.5, control(0, 11, 71)) == "level rise"
    assert limiter.refusal(1.501, control(0, 11, 90)) is None


def test_volume_and_expression_add_up() -> None:
    limiter = told(OUTER, (0.0, control(0, 7, 60)), (0.0, control(0, 11, 60)), (1.0, control(0, 7, 70)))
    gained_db = level_db(70) - level_db(60)
    loudest = max(value for value in range(128) if level_db(value) - level_db(60) + gained_db <= 6)
    assert limiter.refusal(1.5, control(0, 11, loudest)) is None
    assert limiter.refusal(1.5, control(0, 11, loudest + 1)) == "level rise"
    assert limiter.nearest(1.5, control(0, 11, loudest + 5)) == control(0, 11, loudest)


def test_under_value_20_a_level_may_move_freely() -> None:
    limiter = told(OUTER, (0.0, control(0, 11, 0)))
    assert limiter.refusal(1.0, control(0, 11, 20)) is None
    limiter.accept(1.0, control(0, 11, 20))
    assert limiter.nearest(1.2, control(0, 11, 40)) == control(0, 11, 28)


def test_the_composers_level_rises_four_decibels_and_a_step() -> None:
    limiter = told(COMPOSER, (0.0, control(0, 11, 50)))
    loudest = max(value for value in range(128) if level_db(value) - level_db(50) <= 4) + 1
    assert limiter.refusal(1.0, control(0, 11, 60)) is None
    limiter.accept(1.0, control(0, 11, 60))
    assert limiter.refusal(1.2, control(0, 11, loudest)) is None
    assert limiter.refusal(1.2, control(0, 11, loudest + 1)) == "level rise"


def test_the_composer_sends_twelve_controllers_in_any_second() -> None:
    limiter = Limiter(COMPOSER)
    for channel in range(13):
        limiter.accept(0.0, control(channel, 74, 60))
    for channel in range(12):
        limiter.accept(1.0 + channel / 20, control(channel, 74, 61))
    assert limiter.refusal(1.999, control(12, 74, 61)) == "controllers in a second"
    assert limiter.nearest(1.999, control(12, 74, 61)) is None
    assert limiter.refusal(1.999, control(13, 74, 61)) is None, "a silent channel's first value"
    assert limiter.refusal(2.0, control(12, 74, 61)) is None


def test_controllers_are_told_as_they_were_last_sent() -> None:
    limiter = told(OUTER, (0.0, control(0, 74, 60)), (0.0, control(0, 10, 64)), (0.5, control(0, 74, 61)))
    assert set(limiter.controls(0)) == {control(0, 74, 61), control(0, 10, 64)}
    assert limiter.controls(1) == ()
    assert limiter.value(0, 74) == 61
    assert limiter.value(1, 74) is None


MESSAGES = st.one_of(
    st.binary(max_size=4),
    st.builds(note_on, st.integers(0, 3), st.integers(20, 100), st.integers(0, 127)),
    st.builds(note_off, st.integers(0, 3), st.integers(20, 100)),
    st.builds(control, st.integers(0, 3), st.sampled_from([0, 1, 7, 11, 64, 74, 120, 121]), st.integers(0, 127)),
)
STREAMS = st.lists(st.tuples(st.floats(0, 0.5), MESSAGES), max_size=60)


@BOTH
@given(stream=STREAMS)
def test_the_nearest_message_is_allowed_and_asks_for_no_more(limits: Limits, stream: list[tuple[float, bytes]]) -> None:
    limiter, now_s = Limiter(limits), 0.0
    for wait_s, data in stream:
        now_s += wait_s
        nearest = limiter.nearest(now_s, data)
        if nearest is None:
            assert limiter.refusal(now_s, data) is not None
            continue
        assert limiter.refusal(now_s, nearest) is None
        assert nearest[:2] == data[:2]
        assert len(nearest) < 3 or nearest[0] & 0xF0 != 0x90 or nearest[2] <= data[2]
        limiter.accept(now_s, nearest)


@BOTH
@given(stream=STREAMS)
def test_what_is_refused_changes_nothing(limits: Limits, stream: list[tuple[float, bytes]]) -> None:
    limiter, now_s = Limiter(limits), 0.0
    for wait_s, data in stream:
        now_s += wait_s
        before = dict(limiter.sounding)
        first, second = limiter.refusal(now_s, data), limiter.refusal(now_s, data)
        assert first == second
        assert limiter.sounding == before
        if first is None:
            limiter.accept(now_s, data)
