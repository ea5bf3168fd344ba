"""Where each verdict begins, to the tick: the judge's constants, seen from outside."""

import math
import random
import statistics
import textwrap
from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sensors.artefacts import ArtefactJudge, Judged, _median, _Typical
from sensors.heart import Verdict

LETTERS = {
    Verdict.GOOD: ".",
    Verdict.MISSED: "M",
    Verdict.EXTRA: "X",
    Verdict.ECTOPIC: "E",
    Verdict.JITTER: "J",
    Verdict.GAP: "|",
}


def judged(rr_ticks: list[int]) -> list[Judged]:
    judge = ArtefactJudge()
    found = [each for rr in rr_ticks for each in judge.hear(rr)]
    return [*found, *judge.gap()]


def letters(rr_ticks: list[int]) -> str:
    """A verdict a letter: . good, M missed, X extra, E ectopic, J jitter."""
    return "".join(LETTERS[each.verdict] for each in judged(rr_ticks))


def amid(level: int, before: int, *middle: int) -> str:
    """The verdicts on ``middle``, met by a heart that beat ``level`` so many times before and beats it on."""
    return letters([level] * before + [*middle] + [level] * 6)[before : before + len(middle)]


def early(level: int, ticks: int) -> tuple[int, ...]:
    return level - ticks, level + ticks


def late(level: int, ticks: int) -> tuple[int, ...]:
    return level + ticks, level - ticks


def longer(level: int, ticks: int) -> tuple[int, ...]:
    return (level + ticks,)


def shorter(level: int, ticks: int) -> tuple[int, ...]:
    return (level - ticks,)


def cut(level: int, ticks: int) -> tuple[int, ...]:
    return ticks, level - ticks


SIXTY_MS, FIFTH, FIVE_TIMES_TWO_PCT = 62, 175, 88


@pytest.mark.parametrize(
    ("level", "before", "shape", "most", "expected"),
    [
        (870, 120, early, 435, [(1, ".."), (SIXTY_MS, "JJ"), (FIFTH, "EE")]),
        (870, 5, early, 435, [(1, ".."), (FIVE_TIMES_TWO_PCT, "JJ"), (FIFTH, "EE")]),
        (870, 120, late, 435, [(1, ".."), (SIXTY_MS, "JJ")]),
        (500, 120, early, 250, [(1, ".."), (SIXTY_MS, "JJ"), (101, "EE")]),
        (1600, 120, early, 800, [(1, ".."), (65, "JJ"), (321, "EE")]),
        (1600, 5, early, 800, [(1, ".."), (161, "JJ"), (321, "EE")]),
        (870, 120, longer, 2610, [(1, "."), (131, "E"), (662, "M"), (1079, "E"), (1179, "M")]),
        (870, 5, longer, 2610, [(1, "."), (218, "E"), (488, "M")]),
        (500, 120, longer, 1500, [(1, "."), (75, "E"), (381, "M"), (620, "E"), (821, "M"), (1180, "E")]),
        (870, 120, shorter, 870, [(1, "."), (131, "E"), (563, "X")]),
        (1600, 120, shorter, 1600, [(1, "."), (240, "E"), (1293, "X")]),
        (870, 120, cut, 870, [(1, "XX")]),
        (1600, 120, cut, 1600, [(1, "XX")]),
    ],
)
def test_each_verdict_begins_at_its_tick(
    level: int,
    before: int,
    shape: Callable[[int, int], tuple[int, ...]],
    most: int,
    expected: list[tuple[int, str]],
) -> None:
    """A peak is displaced beyond 60 ms, 4 % of the level or, until enough is known, five times 2 %; by more than a
    fifth it was ectopic. A lone interval is good within 15 %. Near two or three levels it holds a missed beat."""
    ends = [*(ticks for ticks, _ in expected[1:]), most]
    for (begin, verdict), end in zip(expected, ends, strict=True):
        for ticks in (begin, (begin + end) // 2, end - 1):
            assert (ticks, amid(level, before, *shape(level, ticks))) == (ticks, verdict)


def a_heart_with_everything() -> list[int]:
    """Breathing, noise, and every twelfth beat or so one of the artefacts, smaller and larger, also side by side."""
    dice = random.Random("everything")
    beats = [round(870 + 45 * ((index % 5) - 2) / 2 + dice.gauss(0, 12)) for index in range(300)]
    heard = list[int]()
    while beats:
        beat, kind = beats.pop(0), dice.randrange(60)
        by = round(dice.uniform(50, 330))
        if kind == 0 and beats:
            heard.append(beat + beats.pop(0))
        elif kind == 1:
            heard += [by, beat - by]
        elif kind in {2, 3, 4} and beats:
            heard += [beat - by, beats.pop(0) + by]
        else:
            heard.append(beat)
    return heard


def test_a_heart_with_everything_is_judged_as_ever() -> None:
    """No truth but a record: whoever changes a rule sees here what else changed with it."""
    lines = textwrap.wrap(letters(a_heart_with_everything()), 60)
    assert lines == [
        "..............EE..JJ..EE...........JJ...........M...........",
        ".JJ....XX................................XX.................",
        ".................EE.......M.......M..............EE.........",
        "...............XX............XXEE............XX..........JJ.",
        "....................................M.JJ..........M......EE.",
    ]


def a_heart_that_wanders() -> list[int]:
    """Deep breathing, a level that drifts and now and then leaps: nothing in it is an artefact."""
    dice, level, heard = random.Random(3), 870.0, list[int]()
    for index in range(150):
        level = min(1100.0, max(600.0, level + dice.gauss(0, 14)))
        if dice.random() < 0.02:
            level = dice.choice((620.0, 760.0, 1050.0))
        heard.append(round(level + 110 * math.sin(index * 1.3) + dice.gauss(0, 20)))
    return heard


def test_a_heart_that_wanders_is_believed_but_for_its_leaps() -> None:
    lines = textwrap.wrap(letters(a_heart_that_wanders()), 60)
    assert lines == [
        "............................................................",
        "................................XX..........................",
        "..............................",
    ]


@given(st.integers(0, 2**32), st.integers(1, 400))
def test_the_typical_value_is_the_median_of_the_last_ninety_one(seed: int, fixed: int) -> None:
    values = [random.Random(seed + index).randint(1, 500) for index in range(200)]
    typical, recent = _Typical(fixed), deque([float(fixed)] * 10, maxlen=91)
    for value in values:
        typical.add(value)
        recent.append(value)
        assert typical.value == sorted(recent)[len(recent) // 2]


@given(st.lists(st.integers(0, 9000), min_size=1, max_size=9))
def test_the_median_is_the_median(values: list[int]) -> None:
    assert _median(list(values)) == statistics.median(values)


FEW = st.lists(st.integers(300, 2000), max_size=8)


@example([600, 1000], [2000, 1150, 2000])
@given(FEW, st.lists(st.integers(100, 4000), min_size=1, max_size=3))
def test_the_level_is_the_median_of_five_good_intervals_and_of_the_next_two_within_a_fifth(
    good: list[int], now: list[int]
) -> None:
    judge = ArtefactJudge()
    judge._good.extend(good)
    here = judge._neighbourhood(now[0], *[*now[1:], None, None][:2])
    known, ahead = good[-5:], now[1:]
    rough = statistics.median(known if len(known) > 2 else [*known, *now])
    near = [each for each in ahead if abs(each - rough) < 0.2 * rough]
    assert here.level == (statistics.median([*known, *near]) if known else rough)
    assert here.last == here.level
    assert here.tolerance == pytest.approx(max(7 * 0.03 * here.level, 0.03 * here.level))
    assert here.displaced == pytest.approx(max(5 * 0.02 * here.level, 0.06 * 1024, 0.04 * here.level))


ANY_TICKS = st.lists(st.integers(0, 65535) | st.integers(600, 1200) | st.integers(250, 2200), max_size=120)
MARKS = st.sampled_from(["gap", "part"])


@given(st.lists(ANY_TICKS.map(tuple) | MARKS, max_size=4))
def test_adjacent_are_exactly_two_good_intervals_with_nothing_lost_between(story: list[tuple[int, ...] | str]) -> None:
    judge, found, parted, part = ArtefactJudge(), list[Judged](), set[int](), False
    heard = 0
    for happening in story:
        if happening == "gap":
            found += judge.gap()
        elif happening == "part":
            judge.part()
            part = True
        else:
            for rr in happening:
                assert isinstance(rr, int)
                if part:
                    parted.add(heard)
                part = False
                heard += 1
                found += judge.hear(rr)
    found += judge.gap()
    good = [each.verdict is Verdict.GOOD for each in found]
    for index, each in enumerate(found):
        joined = index > 0 and good[index - 1] and index not in parted
        assert each.adjacent == (good[index] and joined)


def test_two_gaps_in_a_row_are_one_and_a_gap_at_the_start_takes_the_first_interval() -> None:
    judge = ArtefactJudge()
    assert (judge.gap(), judge.gap()) == ((), ())
    assert judge.hear(870) == (Judged(870, Verdict.GAP, adjacent=False),)
    assert judge.hear(870) == ()


def test_what_was_learnt_before_a_gap_is_the_listener_s_own_and_stays() -> None:
    """Their variability is known still, the level is not."""
    judge, found = ArtefactJudge(), list[Judged]()
    for rr in [870] * 120:
        judge.hear(rr)
    judge.gap()
    for rr in [870, *[870] * 6, 870 - SIXTY_MS, 870 + SIXTY_MS, *[870] * 4]:
        found += judge.hear(rr)
    assert [LETTERS[each.verdict] for each in found] == list("|......JJ..")
    for rr in [870, *[600] * 8]:
        found = [*judge.gap(), *judge.hear(870)] if rr == 870 else [*found, *judge.hear(rr)]
    assert {each.verdict for each in found[-4:]} == {Verdict.GOOD}
