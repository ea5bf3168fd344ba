"""Every input survives the journal, and a row that nobody wrote is refused in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.inputs import Act, Command, ConfigChange, Input, OutputKind, OutputState, Resumed, Stamped
from engine.record.rows import RowError, from_row, to_row
from sensors.heart import Contact, HeartPacket, Link, LinkState

times = st.floats(0, 1e6, allow_nan=False)
words = st.text(max_size=20)
packets = st.builds(
    HeartPacket,
    times,
    st.integers(0, 65535),
    st.lists(st.integers(0, 65535), max_size=9).map(tuple),
    st.sampled_from(Contact),
    st.none() | st.integers(0, 65535),
)
inputs: st.SearchStrategy[Input] = st.one_of(
    packets,
    st.builds(LinkState, times, st.sampled_from(Link), words),
    st.builds(Command, st.sampled_from(Act), words, st.none() | times),
    st.builds(OutputState, st.sampled_from(OutputKind), words),
    st.builds(ConfigChange, st.dictionaries(words, st.integers() | words | st.booleans())),
    st.builds(Resumed, times, st.integers(0, 99)),
)


@given(tick=st.integers(0, 10**7), seq=st.integers(0, 10**7), what=inputs)
def test_every_input_survives_the_journal(tick: int, seq: int, what: Input) -> None:
    stamped = Stamped(tick, seq, what)
    assert from_row(to_row(stamped)) == stamped


@pytest.mark.parametrize(
    "row",
    [
        (0, 1, "melody", "[]"),
        (0, 1, "packet", "[1]"),
        (0, 1, "command", '["dance","key",null]'),
        (0, 1, "link", "not json"),
    ],
)
def test_a_row_that_nobody_wrote_is_refused_with_its_place(row: tuple[int, int, str, str]) -> None:
    with pytest.raises(RowError, match="journal row 1 at tick 0"):
        from_row(row)
