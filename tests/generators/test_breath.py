"""The breath swells gently, never deepens while it must not, and rests now and then."""

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from generators.breath import STEEPEST_RISE_DB_PER_S, THIN, Breathing, deepest_db


def breathe(per_min: float, seconds: float, swell_db: float = 4.0) -> list[tuple[float, float]]:
    """(phase, dB under the peak) each tick."""
    breathing, told = Breathing(per_min, swell_db, Random(1)), []
    for _ in range(round(seconds * 20)):
        breathing.advance(0.05, per_min, may_deepen=True)
        told.append((breathing.phase, breathing.depth_db * (breathing.swell - 1.0)))
    return told


@given(per_min=st.floats(5.0, 6.5), swell_db=st.floats(2.0, 4.0))
def test_it_rises_no_faster_than_the_limit_and_dips_2_to_4_db(per_min: float, swell_db: float) -> None:
    dips = [dip for _, dip in breathe(per_min, 24.0, swell_db)]
    assert max(after - before for before, after in pairwise(dips)) <= STEEPEST_RISE_DB_PER_S * 0.05 + 1e-9
    assert -4.0 <= min(dips) <= -1.9
    assert max(dips) <= 0.0


@given(st.lists(st.floats(5.0, 6.5), min_size=2, max_size=8))
def test_it_never_deepens_while_nothing_may_grow(rates: list[float]) -> None:
    breathing = Breathing(rates[0], 4.0, Random(1))
    depths = [breathing.depth_db]
    for rate in rates:
        for _ in range(300):
            breathing.advance(0.05, rate, may_deepen=False)
            depths.append(breathing.depth_db)
    assert all(after <= before for before, after in pairwise(depths))


def test_the_depth_changes_only_at_the_peak() -> None:
    breathing = Breathing(6.5, 4.0, Random(1))
    for tick in range(1200):
        before, phase = breathing.depth_db, breathing.phase
        breathing.advance(0.05, 6.5 if tick < 300 else 5.0, may_deepen=True)
        assert breathing.depth_db == before or phase < 0.4 <= breathing.phase
    assert breathing.depth_db == min(4.0, deepest_db(5.0))


def test_phrases_end_in_a_composed_rest() -> None:
    breathing = Breathing(6.0, 3.0, Random(7))
    fullness = {}
    for _ in range(20 * 600):
        breathing.advance(0.05, 6.0, may_deepen=True)
        fullness[breathing.index] = breathing.now().fullness
    assert len(fullness) == 61
    assert 0.1 < sum(value == THIN for value in fullness.values()) / len(fullness) < 0.35
