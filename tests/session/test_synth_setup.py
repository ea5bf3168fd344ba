"""What the profile tells a synth: banks and programs at the start, and controllers along the profile's own curves."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.control_map import mapped_value
from engine.inputs import Act
from engine.midi import BRIGHTNESS, is_control, is_note_on
from engine.offline import Mark, Rendering, fold_recording
from engine.profile import ControlSettings, Profile
from engine.session import Setup
from tests.session.sessions import default_profile
from tests.stream_checker import check_stream


def a_profile(*, pad: dict[str, Any], output: dict[str, Any] | None = None) -> Profile:
    """The default profile with a pad and an output of the test's own."""
    told = default_profile().model_dump(mode="json")
    told["layer"]["pad"] |= pad
    told["output"] |= output or {}
    return Profile.model_validate_json(Profile.model_validate(told).model_dump_json())


def rendered(profile: Profile, minutes: float = 2.0, marks: tuple[Mark, ...] = ()) -> Rendering:
    return fold_recording(Setup(profile, 1, hears_a_heart=False), None, minutes, marks)


def values(rendering: Rendering, channel: int, number: int) -> list[int]:
    return [data[2] for _, data in rendering.wire if data[:2] == bytes((0xB0 | channel, number))]


def test_bank_and_program_come_first_and_only_where_they_are_asked_for() -> None:
    pad = {"bank": [1, 5], "program": 90}
    asked = rendered(a_profile(pad=pad, output={"send_program": True}), 0.3).wire
    on_pad = [data for _, data in asked if data[0] & 0x0F == 0]
    patch = [data for data in on_pad if data[0] == 0xC0 or (data[1] in (0, 32) and data[0] == 0xB0)]
    assert patch == [b"\xb0\x00\x01", b"\xb0\x20\x05", b"\xc0\x59"]
    first_note = next(index for index, (_, data) in enumerate(asked) if is_note_on(data))
    assert all(data[0] & 0xF0 != 0xC0 for _, data in asked[first_note:])
    unasked = rendered(a_profile(pad=pad), 0.3).wire
    assert all(data[0] & 0xF0 != 0xC0 and data[:2] != b"\xb0\x00" for _, data in unasked)


def test_the_patch_is_chosen_again_after_a_silence() -> None:
    pad = {"bank": [1, 5], "program": 90}
    marks = (Mark(20.0, Act.SILENCE), Mark(30.0, Act.PLAY_ON))
    wire = rendered(a_profile(pad=pad, output={"send_program": True}), 1.0, marks).wire
    assert sum(data == b"\xc0\x59" for _, data in wire) == 2
    check_stream(wire, composer=True, stops=[("silence", 20.0), ("end", 60.0)])


def test_brightness_moves_the_controller_it_is_mapped_to_within_its_bounds() -> None:
    control = {"brightness": {"controller": 71, "value_range": [10, 40], "curve": "exponential"}}
    rendering = rendered(a_profile(pad={"control": control}))
    moved = values(rendering, 0, 71)
    assert moved
    assert values(rendering, 0, BRIGHTNESS) == []
    assert all(10 <= value <= 40 for value in moved)
    assert values(rendering, 1, BRIGHTNESS), "the other layers stay as they were"
    check_stream(rendering.wire, composer=True, stops=[("end", 120.0)])


def test_reverb_may_grow_as_the_music_thins() -> None:
    control = {"density": {"controller": 91, "value_range": [30, 100], "inverted": True}}
    marks = tuple(Mark(40.0 + each, Act.EASE) for each in range(4))
    rendering = rendered(a_profile(pad={"control": control}), 5.0, marks)
    reverb = values(rendering, 0, 91)
    assert reverb[-1] > reverb[0] + 10
    assert all(abs(after - before) <= 1 for before, after in pairwise(reverb[5:]))
    check_stream(rendering.wire, composer=True, stops=[("end", 300.0)])


def test_every_layer_may_map_all_it_has_and_the_wire_keeps_its_limits() -> None:
    told = default_profile().model_dump(mode="json")
    for layer in told["layer"].values():
        layer["control"] = {
            "brightness": {"controller": 74, "value_range": [20, 110], "curve": "logarithmic"},
            "density": {"controller": 93, "value_range": [0, 127]},
            "tension": {"controller": 1, "value_range": [0, 60]},
        }
    profile = Profile.model_validate_json(Profile.model_validate(told).model_dump_json())
    check_stream(rendered(profile, 3.0).wire, composer=True, stops=[("end", 180.0)])


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ({"brightness": {"controller": 74, "inverted": True}}, "must not be inverted"),
        ({"density": {"controller": 11}}, "may be mapped"),
        ({"density": {"controller": 64}}, "may be mapped"),
        ({"density": {"controller": 74}}, "brightness moves it too"),
        ({"density": {"controller": 1}, "tension": {"controller": 1}}, "density moves it too"),
    ],
)
def test_a_map_that_could_startle_or_brighten_is_refused(control: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        a_profile(pad={"control": control})


SETTINGS = st.builds(
    ControlSettings,
    controller=st.just(91),
    value_range=st.tuples(st.integers(0, 60), st.integers(61, 127)),
    curve=st.sampled_from(("linear", "exponential", "logarithmic")),
    inverted=st.booleans(),
)


@given(SETTINGS, st.floats(0, 1), st.floats(0, 1))
def test_a_map_is_monotone_between_its_bounds(settings: ControlSettings, one: float, other: float) -> None:
    low, high = settings.value_range
    at_least, at_most = sorted((mapped_value(settings, min(one, other)), mapped_value(settings, max(one, other))))
    assert low <= at_least <= at_most <= high
    rises = mapped_value(settings, max(one, other)) >= mapped_value(settings, min(one, other))
    assert one == other or rises != settings.inverted or at_least == at_most
    assert {mapped_value(settings, 0.0), mapped_value(settings, 1.0)} == {float(low), float(high)}


def test_only_controllers_reach_a_channel_besides_its_notes() -> None:
    wire = rendered(default_profile(), 0.5).wire
    assert all(is_control(data) or data[0] & 0xE0 == 0x80 for _, data in wire)
