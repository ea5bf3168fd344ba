"""Whatever ``--heart`` says it is a heart or one sentence, and a recorded heart can be opened as often as one likes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.hearts import KINDS, HeartSpec, open_recording, parse_heart
from sensors.replay import ReplayError, ReplayWordsError
from sensors.simulated import StoryError
from sensors.strap_wanted import StrapWordsError

WORDS = st.one_of(
    st.text(max_size=20),
    st.tuples(st.sampled_from(KINDS), st.text(max_size=12)).map(":".join),
    st.tuples(st.sampled_from(KINDS), st.sampled_from(["?pair=", "?pair=always", "127.0.0.1:9", ":9", "a:b"])).map(
        ":".join
    ),
)


@given(WORDS)
def test_whatever_is_said_is_a_heart_or_one_sentence(text: str) -> None:
    try:
        spec = parse_heart(text)
    except (UsageError, ReplayWordsError, StrapWordsError):
        return
    assert spec.kind in KINDS
    assert text == spec.kind + (f":{spec.rest}" if ":" in text else "")
    assert spec.is_strap + spec.is_recorded + spec.is_streamed + (spec.kind == "none") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ble:H10?pair=alway", "did you mean always?"),
        ("osc:9001", "names no place to listen; write for example osc:127.0.0.1:9000"),
        ("osc:localhost:70000", "names no place to listen"),
        ("osc:a..b:9000", "names no place to listen"),
        ("osc:" + "a" * 64 + ":9000", "names no place to listen"),
        ("replay:beats.csv?subjct=", "only ?subject=S can follow the file"),
        ("replay", "does not say which; write for example --heart replay:recording.csv"),
        ("sim:", "does not say which; write for example --heart sim:distress"),
        ("bel", "there is no source 'bel'"),
    ],
)
def test_a_slip_is_told_with_the_right_form(text: str, words: str) -> None:
    with pytest.raises((UsageError, ReplayWordsError, StrapWordsError)) as told:
        parse_heart(text)
    assert words in str(told.value)


def test_a_recording_is_a_file_or_a_story_and_the_same_each_time(tmp_path: Path) -> None:
    file = tmp_path / "beats.txt"
    file.write_text("800\n810\n")
    for spec in (HeartSpec("sim", "drug+cuff"), HeartSpec("replay", str(file))):
        assert open_recording(spec, 7).pull(100.0) == open_recording(spec, 7).pull(100.0)
    with pytest.raises(StoryError):
        open_recording(HeartSpec("sim", "drag"), 1)
    with pytest.raises(ReplayError):
        open_recording(HeartSpec("replay", str(tmp_path / "gone.csv")), 1)
