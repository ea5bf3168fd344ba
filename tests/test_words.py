"""What a person types is understood, or answered in one sentence that says what to type."""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.hearts import HeartSpec, parse_heart
from engine.inputs import VALUES, Act
from engine.marks import ACTS, parse_mark
from engine.offline import Mark
from engine.output.choice import choose
from engine.output.ports import NoMidiSystemError
from engine.remembered import RoomMemory, level_controllers, meant_ports, memory_path, recall, remember
from engine.words import clock_face
from tests.calls import ROOT


def no_ports() -> list[str]:
    return []


def no_sound() -> bool:
    return False


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("05:00=dose", Mark(300.0, Act.DOSE)),
        ("90:30=not-distressed", Mark(5430.0, Act.NOT_DISTRESSED)),
        ("40:00=extend(10)", Mark(2400.0, Act.EXTEND, 10.0)),
    ],
)
def test_a_mark_says_when_and_what(text: str, mark: Mark) -> None:
    assert parse_mark(text) == mark


@pytest.mark.parametrize(("text", "hint"), [("5=dose", "MM:SS"), ("05:00=doze", "did you mean 'dose'"), ("", "MM:SS")])
def test_a_wrong_mark_is_answered_with_the_right_form(text: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        parse_mark(text)


def test_the_page_lists_every_act_that_can_be_marked() -> None:
    page = (ROOT / "docs" / "tuning.md").read_text()
    table = page.partition("| acts | |")[2].partition("\n\n")[0]
    assert set(re.findall(r"[`]([a-z_]+)(?:\([A-Z]+\))?[`]", table)) == set(ACTS)


def test_what_was_done_cannot_be_taken_back_beforehand() -> None:
    with pytest.raises(UsageError, match="nobody can do 'undo'"):
        parse_mark("05:00=undo")


@pytest.mark.parametrize("value", ["1.2.3", "9" * 400, "0", "60.5", "nan", "inf", "-5", "ten", ""])
def test_a_mark_s_value_is_a_number_that_the_page_would_take_too(value: str) -> None:
    with pytest.raises(UsageError, match="extend takes a value from 1 to 60"):
        parse_mark(f"00:10=extend({value})")


@given(act=st.sampled_from(list(Act)), value=st.text("0123456789.-+einfa_ ", max_size=12))
def test_whatever_stands_in_a_mark_s_brackets_is_within_the_act_s_bounds_or_refused(act: Act, value: str) -> None:
    try:
        mark = parse_mark(f"00:10={act}({value})")
    except UsageError:
        return
    least, most = VALUES[act]
    assert mark.value is not None
    assert least <= mark.value <= most


def test_a_ceiling_without_its_value_is_no_ceiling() -> None:
    with pytest.raises(UsageError, match="ceiling takes a value from 0 to 1"):
        parse_mark("05:00=ceiling")


def test_only_an_act_that_carries_a_value_takes_one() -> None:
    with pytest.raises(UsageError, match="takes no value"):
        parse_mark("05:00=dose(3)")


def test_a_heart_is_a_kind_and_the_rest() -> None:
    assert parse_heart("sim:drug+cuff") == HeartSpec("sim", "drug+cuff")
    assert parse_heart("auto").is_recorded is False


@pytest.mark.parametrize(("text", "hint"), [("simm:calm", "did you mean 'sim'"), ("replay", "replay:recording.csv")])
def test_a_wrong_heart_is_answered_with_the_right_form(text: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        parse_heart(text)


def test_auto_plays_the_port_of_last_time() -> None:
    chosen = choose(["auto"], "Synth", lambda: ["JACK:My synth in", "Other"], no_sound)
    assert chosen.live == ("midi:Synth",)
    assert "last time" in chosen.why


def test_auto_without_a_port_plays_the_built_in_synth_and_says_why() -> None:
    chosen = choose([], "Synth", no_ports, lambda: True)
    assert chosen.live == ("synth",)
    assert "the port Synth is not there" in chosen.why


def test_auto_without_a_midi_system_plays_the_built_in_synth_too() -> None:
    def none() -> list[str]:
        raise NoMidiSystemError("No MIDI system answers.")

    assert choose([], "Synth", none, lambda: True).live == ("synth",)


def test_auto_without_anything_keeps_the_record_and_says_so() -> None:
    chosen = choose([], None, no_ports, no_sound)
    assert chosen.live == ()
    assert "no sound device" in chosen.why


def test_several_outputs_are_all_taken() -> None:
    chosen = choose(["midi:Synth", "file:a.mid", "none"], None, no_ports, no_sound)
    assert (chosen.live, chosen.files) == (("midi:Synth",), (Path("a.mid"),))


@pytest.mark.parametrize(("text", "hint"), [("mid:Synth", "did you mean 'midi'"), ("midi", "midi:NAME")])
def test_a_wrong_output_is_answered_with_the_right_form(text: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        choose([text], None, no_ports, no_sound)


@pytest.mark.parametrize("text", ["none?latency_ms=10", "auto?transpose=2", "file:a.mid?velocity=0.5"])
def test_nothing_is_fitted_to_what_is_no_synth(text: str) -> None:
    with pytest.raises(UsageError, match="leave them out"):
        choose([text], None, no_ports, no_sound)


def test_a_file_that_cannot_be_saved_is_told_before_anything_plays(tmp_path: Path) -> None:
    wrong = {"": "is a folder", "/nope/x.mid": "there is no folder", "/x.txt": "ends in"}
    for place, why in {
        **{f"{tmp_path}{end}": why for end, why in wrong.items()},
        "/proc/self/x.mid": "be saved",
    }.items():
        with pytest.raises(UsageError, match=why):
            choose([f"file:{place}"], None, no_ports, no_sound)
    assert choose([f"file:{tmp_path}/x.mid", "file:/dev/full"], None, no_ports, no_sound).files


def test_a_room_remembers_its_strap_and_its_port_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert recall("blue") == RoomMemory()
    remember("blue", strap="Polar H10 1234")
    remember("blue", port="Synth")
    assert recall("blue") == RoomMemory("Polar H10 1234", "Synth")
    assert recall("green") == RoomMemory()


def test_a_port_s_level_controllers_are_those_its_rooms_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert level_controllers("Prophet 20:0") == ()
    remember("blue", played_level_ccs={"Prophet": 7})
    remember("green", played_level_ccs={"Bells": 11, "Prophet 5": 11})
    memory_path("broken").write_text("{")
    assert level_controllers("Prophet 20:0") == level_controllers("prophet") == (7,)
    remember("grey", played_level_ccs={"Prophet": 11})
    assert level_controllers("Prophet 24:0") == (7, 11)


@given(st.lists(st.dictionaries(st.sampled_from(["Prophet", "Bells", "Juno"]), st.sampled_from([7, 11])), max_size=5))
def test_a_room_forgets_the_level_controller_of_no_port_it_played(sessions: list[dict[str, int]]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", folder)
        played: dict[str, int] = {}
        for session in sessions:
            remember("blue", played_level_ccs=session)
            played |= session
        assert {name: level_controllers(f"{name} 20:0") for name in played} == {
            name: (number,) for name, number in played.items()
        }


@pytest.mark.parametrize(
    ("held", "known"),
    [
        ({"port": "prophet 20:0?latency_ms=35", "played_level_cc": 7}, (7,)),
        ({"port": "Prophet", "played_level_cc": 7, "played_level_ccs": {"Bells": 7, "Prophet 20:0": 11}}, (11,)),
        ({"port": "Prophet", "played_level_cc": 300}, ()),
        ({"port": ["Prophet"], "played_level_cc": 7}, ()),
        ({"played_level_cc": 7}, ()),
        ({"played_level_ccs": {"Prophet": 300}}, ()),
        ({"played_level_ccs": {"Prophet": 7.0}}, ()),
        ({"played_level_ccs": {"Prophet": True}}, ()),
        ({"played_level_ccs": {"Prophet": [7]}}, ()),
        ({"played_level_ccs": ["Prophet", 7]}, ()),
    ],
)
def test_a_level_controller_in_the_file_is_7_or_11_or_none(
    held: dict[str, object], known: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    memory_path("blue").parent.mkdir(parents=True)
    memory_path("blue").write_text(json.dumps({**held, "level_cc": 300, "strap": "Polar"}))
    assert level_controllers("Prophet 24:0") == known
    assert (recall("blue").level_cc, recall("blue").strap) == (None, "Polar")


@pytest.mark.parametrize(
    ("remembered", "meant"),
    [
        ("Synth", ("Synth 20:0",)),
        ("synth 24:0?latency_ms=35", ("Synth 20:0",)),
        ("B", ("Synth B 28:0",)),
        ("Bells", ()),
        ("", ()),
    ],
)
def test_a_room_s_port_is_the_one_of_its_name_before_those_that_hold_it(
    remembered: str, meant: tuple[str, ...]
) -> None:
    assert meant_ports(remembered, ("Synth B 28:0", "Synth 20:0")) == meant


def test_a_broken_memory_is_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    memory_path("blue").parent.mkdir(parents=True)
    memory_path("blue").write_text("{")
    assert recall("blue") == RoomMemory()


@pytest.mark.parametrize("name", ["", "../etc", "a" * 33, "blue room"])
def test_a_room_name_is_a_name(name: str) -> None:
    with pytest.raises(UsageError, match="letters"):
        memory_path(name)


def test_times_read_like_a_clock() -> None:
    assert clock_face(3725.9) == "62:05"
