"""The arc: its clock, its phases, and what people do to it."""

import pytest

from engine.affect.estimate import Route
from engine.midi import TICKS_PER_SECOND
from engine.policy.arc import Arc
from engine.profile import Phase
from tests.policy.hearts import infusion, phase


def minutes(count: float) -> int:
    """As many ticks as these minutes hold."""
    return round(count * 60 * TICKS_PER_SECOND)


def an_infusion() -> Arc:
    return Arc(infusion().phases(Route.IV))


def test_arrival_plays_for_as_long_as_nobody_starts_the_clock() -> None:
    arc = an_infusion()
    arc.advance(minutes(120))
    assert (arc.phase.name, arc.left_s, arc.started) == ("arrival", None, False)


def test_minutes_count_from_the_start_of_the_clock() -> None:
    arc = an_infusion()
    arc.advance(minutes(7))
    arc.start()
    walked = []
    for _ in range(95):
        walked.append(arc.phase.name)
        arc.advance(minutes(1))
    names = ["onset"] * 10 + ["ascent"] * 15 + ["plateau"] * 20 + ["descent"] * 20 + ["return"] * 30
    assert walked == names


@pytest.mark.parametrize(
    ("after_minutes", "name", "left_s"),
    [(0, "onset", 600), (9.5, "onset", 30), (10, "ascent", 900), (44, "plateau", 60), (90, "return", 0)],
)
def test_time_left_in_a_phase(after_minutes: float, name: str, left_s: float) -> None:
    arc = an_infusion()
    arc.start()
    arc.advance(minutes(after_minutes))
    assert (arc.phase.name, arc.left_s) == (name, left_s)


def test_one_long_gap_lands_where_many_ticks_do() -> None:
    at_once, slowly = an_infusion(), an_infusion()
    at_once.start()
    slowly.start()
    at_once.advance(minutes(33))
    for _ in range(33):
        slowly.advance(minutes(1))
    assert (at_once.phase, at_once.left_s) == (slowly.phase, slowly.left_s)


def test_the_clock_starts_once() -> None:
    arc = an_infusion()
    arc.start()
    arc.advance(minutes(3))
    arc.start()
    assert (arc.phase.name, arc.left_s) == ("onset", 420)


def test_next_phase_walks_to_the_last_and_stays_there() -> None:
    arc = an_infusion()
    walked = []
    for _ in range(7):
        arc.next_phase()
        walked.append(arc.phase.name)
    assert walked == ["onset", "ascent", "plateau", "descent", "return", "return", "return"]


def test_extend_makes_this_phase_longer_and_no_other() -> None:
    arc = an_infusion()
    arc.start()
    arc.extend(4)
    assert arc.left_s == 14 * 60
    arc.advance(minutes(14))
    assert (arc.phase.name, arc.left_s) == ("ascent", 900)


def test_extend_of_a_last_phase_that_is_over_counts_from_now() -> None:
    arc = an_infusion()
    arc.start()
    arc.advance(minutes(200))
    arc.extend(6)
    assert (arc.phase.name, arc.left_s) == ("return", 360)


def test_arrival_has_no_length_to_extend() -> None:
    arc = an_infusion()
    arc.extend(10)
    arc.start()
    assert arc.left_s == 600


def test_without_an_arrival_the_first_phase_waits_in_its_place() -> None:
    arc = Arc([Phase.model_validate(phase(name, 10)) for name in ("plateau", "return")])
    arc.advance(minutes(60))
    assert (arc.phase.name, arc.left_s) == ("plateau", None)
    arc.start()
    assert (arc.phase.name, arc.left_s) == ("plateau", 600)


def test_an_arc_of_arrival_alone_stays_in_it() -> None:
    arc = Arc([Phase.model_validate(phase("arrival", 5))])
    arc.next_phase()
    arc.advance(minutes(6))
    assert (arc.phase.name, arc.left_s) == ("arrival", 0)


@pytest.mark.parametrize(
    ("names", "name", "left_s"), [(("arrival", "plateau"), "plateau", 5 * 60), (("onset",), "onset", 5 * 60)]
)
def test_another_arc_goes_on_in_the_phase_of_the_same_name_or_place(
    names: tuple[str, ...], name: str, left_s: float
) -> None:
    arc = an_infusion()
    arc.next_phase()
    arc.next_phase()
    arc.next_phase()
    arc.advance(minutes(5))
    arc.change([Phase.model_validate(phase(each, 10)) for each in names])
    assert (arc.phase.name, arc.left_s) == (name, left_s)


def test_an_extension_survives_a_changed_arc() -> None:
    arc = an_infusion()
    arc.start()
    arc.extend(3)
    arc.change([Phase.model_validate(phase(each, 12)) for each in ("arrival", "onset", "return")])
    assert (arc.phase.name, arc.left_s) == ("onset", 15 * 60)
