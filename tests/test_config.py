"""A profile is checked whole: every problem at its line, and nothing out of bounds ever gets in."""

import datetime as dt
import importlib.resources
import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.affect.estimate import Route
from engine.config import ConfigError, check, explain, load, schema, shipped_names
from engine.profile import Profile
from tests.toml_writing import documents, written

Way = tuple[str | int, ...]

DEFAULT_TEXT = (importlib.resources.files("configs") / "default.toml").read_text()
WHOLE: dict[str, Any] = tomllib.loads(DEFAULT_TEXT)
DEFAULTED = {
    "config_version",
    "use",
    "response",
    "rest_offset",
    "infusion_minutes",
    "breath_per_min",
    "swell_db",
    "calm",
    "output",
}
DEFAULTED_INSIDE = {"trim_db", "program", "chord_breaths"}

WRONG_NUMBERS: list[Any] = [
    math.nan,
    math.inf,
    -math.inf,
    -(10**9),
    10**9,
    -(10**30),
    10**400,
    "7",
    True,
    [],
    {},
    dt.date.min,
]
WRONG_TEXTS: list[Any] = [math.nan, math.inf, -1, 10**400, True, [], {}, dt.date.min, "x" * 1000, "two\nlines"]
WRONG_TRUTHS: list[Any] = [math.nan, math.inf, -1, 10**400, 0, 1, "true", [], {}, dt.date.min]
WRONG_ARRAYS: list[Any] = [math.nan, math.inf, -1, 10**400, "7", True, {}, dt.date.min, [], [{}], ["x"]]
WRONG_TABLES: list[Any] = [math.nan, math.inf, -1, 10**400, "7", True, [], [{}], dt.date.min, {"x": 1}]


def at(way: Way, table: Any = WHOLE) -> Any:
    return reduce(lambda inner, step: inner[step], way, table)


def every_key(table: Any, way: Way = ()) -> Iterator[Way]:
    items = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ()
    for key, value in items:
        yield (*way, key)
        yield from every_key(value, (*way, key))


EVERY_KEY = list(every_key(WHOLE))
NAMED = [way for way in EVERY_KEY if isinstance(way[-1], str)]


def changed(way: Way, value: Any) -> dict[str, Any]:
    data = deepcopy(WHOLE)
    at(way[:-1], data)[way[-1]] = value
    return data


def without(way: Way) -> dict[str, Any]:
    data = deepcopy(WHOLE)
    del at(way[:-1], data)[way[-1]]
    return data


def wrong_values(value: Any) -> list[Any]:
    match value:
        case bool():
            return WRONG_TRUTHS
        case str():
            return WRONG_TEXTS
        case list():
            return WRONG_ARRAYS
        case dict():
            return WRONG_TABLES
        case _:
            return WRONG_NUMBERS


def may_be_missing(way: Way) -> bool:
    """What has a default; and any one of several layers."""
    return way[0] in DEFAULTED or way[-1] in DEFAULTED_INSIDE or (way[0] == "layer" and len(way) == 2)


def named(way: Way) -> str:
    return ".".join(map(str, way))


@pytest.fixture
def profile_file(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


def refused(file: Path, data: Mapping[str, Any]) -> list[str]:
    file.write_text(written(data), encoding="utf-8")
    problems = check(file)
    if problems:
        with pytest.raises(ConfigError) as caught:
            load(file)
        assert list(caught.value.problems) == problems
    return [str(problem) for problem in problems]


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_profile_loads(name: str) -> None:
    assert load(name).name == name
    assert check(name) == []


def test_the_ketamine_profile_sounds_as_the_default_on_an_arc_of_its_own() -> None:
    default, ketamine = load("default"), load("ketamine-iv-40")
    assert ketamine.layer == default.layer
    assert ketamine.phases(Route.NONE) == default.phases(Route.NONE)
    assert [phase.name for phase in ketamine.phases(Route.IV)][-1] == "return"
    assert default.phases(Route.IV) == default.phases(Route.NONE)


@pytest.mark.parametrize("way", EVERY_KEY, ids=named)
def test_no_wrong_value_is_ever_accepted(way: Way, profile_file: Path) -> None:
    for value in wrong_values(at(way)):
        if value == {} and way in {("calm",), ("output",)}:
            continue
        assert refused(profile_file, changed(way, value)), value


@pytest.mark.parametrize("way", NAMED, ids=named)
def test_no_misspelt_key_is_accepted_and_the_right_one_is_named(way: Way, profile_file: Path) -> None:
    data = without(way)
    at(way[:-1], data)[f"{way[-1]}x"] = at(way)
    problems = refused(profile_file, data)
    assert any(f"unknown setting, did you mean '{way[-1]}'?" in problem for problem in problems)


def test_where_no_key_is_near_those_that_may_stand_there_are_listed(profile_file: Path) -> None:
    (problem,) = refused(profile_file, {**WHOLE, "tempo_mim": 6})
    assert "tempo_mim: unknown setting; here may stand " in problem
    assert all(key in problem for key in ("breath_per_min", "calm", "arc", "extends"))
    (problem,) = refused(profile_file, {**WHOLE, "extend": "default"})
    assert "did you mean 'extends'?" in problem


@pytest.mark.parametrize("way", NAMED, ids=named)
def test_a_missing_key_is_refused_unless_it_has_a_default(way: Way, profile_file: Path) -> None:
    problems = refused(profile_file, without(way))
    if may_be_missing(way):
        assert problems == []
    else:
        assert len(problems) == 1


def test_all_problems_come_at_once_each_at_its_line(profile_file: Path) -> None:
    profile_file.write_text(
        "\n".join(
            [
                'extends = "default"',
                "rest_ofset = 0.3",
                "[calm]",
                "level_db = 12",
                "[layer.pad]",
                "velocity = [",
                "  20,",
                "  400,",
                "]",
                "channel = 10",
                "[[arc.iv]]",
                'name = "ascend"',
                "minutes = nan",
            ]
        )
    )
    said = [str(problem).removeprefix(f"{profile_file}:") for problem in check(profile_file)]
    assert said[:2] == [
        "2: rest_ofset: unknown setting, did you mean 'rest_offset'?",
        "4: calm.level_db: must be at most 6, not 12",
    ]
    assert "8: layer.pad.velocity[2]: must be at most 72, not 400" in said
    assert "10: layer.pad.channel: must not be 10, the drum channel of General MIDI" in said
    assert "11: arc.iv[1].density: is missing" in said
    assert any(line.startswith("12: arc.iv[1].name: must be 'arrival', ") for line in said)
    assert "13: arc.iv[1].minutes: must be a finite number, not NaN" in said


def test_a_shared_channel_and_an_upside_down_range_are_refused(profile_file: Path) -> None:
    same = refused(profile_file, changed(("layer", "pad", "channel"), 2))
    assert "layer.pad.channel: must be a channel of its own: drone plays on it too" in same[0]
    upside_down = refused(profile_file, changed(("harmony", "chord_breaths"), [4, 2]))
    assert "must be [low, high], the lower number first, not [4, 2]" in upside_down[0]


def test_a_number_for_a_switch_is_refused_even_where_python_would_call_it_equal(profile_file: Path) -> None:
    assert refused(profile_file, changed(("config_version",), True))
    assert refused(profile_file, changed(("config_version",), 1.0))
    assert refused(profile_file, changed(("output", "level_cc"), 11.0))


def test_a_profile_for_another_version_of_calando_is_refused(profile_file: Path) -> None:
    assert "config_version: must be 1, not 2" in refused(profile_file, changed(("config_version",), 2))[0]


class TestExtends:
    def test_tables_are_merged_and_arrays_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "below.toml").write_text('extends = "default"\nname = "below"\n[layer.pad]\ntrim_db = -6\n')
        top = tmp_path / "top.toml"
        top.write_text('extends = "below.toml"\nname = "top"\n[layer.pad]\nvelocity = [30, 40]\n')
        profile = load(top)
        pad, plain = profile.layer["pad"], load("default").layer["pad"]
        assert (profile.name, pad.trim_db, pad.velocity) == ("top", -6, (30, 40))
        assert (pad.channel, pad.register_range) == (plain.channel, plain.register_range)

    def test_an_arc_is_replaced_whole(self, tmp_path: Path) -> None:
        top = tmp_path / "top.toml"
        top.write_text('extends = "default"\n[[arc.none]]\n' + "".join(f"{line}\n" for line in _phase_lines("return")))
        assert [phase.name for phase in load(top).phases(Route.NONE)] == ["return"]

    def test_a_problem_is_told_at_the_file_that_holds_it(self, tmp_path: Path) -> None:
        below, top = tmp_path / "below.toml", tmp_path / "top.toml"
        below.write_text('extends = "default"\n\nswell_db = 9\n')
        top.write_text('extends = "below.toml"\nrest_offset = 2\n')
        assert [(problem.file, problem.line, problem.key) for problem in check(top)] == [
            (str(below), 3, "swell_db"),
            (str(top), 2, "rest_offset"),
        ]

    def test_a_circle_is_told_and_not_followed(self, tmp_path: Path) -> None:
        for name, extends in (("a", "b"), ("b", "c"), ("c", "a")):
            (tmp_path / f"{name}.toml").write_text(f'extends = "{extends}.toml"\n')
        (problem,) = check(tmp_path / "a.toml")
        assert problem.what == "goes in a circle: a.toml -> b.toml -> c.toml -> a.toml"

    def test_a_chain_that_is_too_long_is_told(self, tmp_path: Path) -> None:
        for number in range(12):
            (tmp_path / f"{number}.toml").write_text(f'extends = "{number + 1}.toml"\n')
        (tmp_path / "12.toml").write_text('extends = "default"\n')
        (problem,) = check(tmp_path / "0.toml")
        assert "more than 8 files" in problem.what
        assert check(tmp_path / "5.toml") == []

    @pytest.mark.parametrize("extends", ['"defualt"', '"gone.toml"', "7", '""', "[]", '["default"]', "nan"])
    def test_what_cannot_be_extended_is_one_problem_and_no_key_is_called_missing(
        self, extends: str, profile_file: Path
    ) -> None:
        profile_file.write_text(f"\nextends = {extends}\nrest_offset = -1\n")
        said = [(problem.line, problem.key) for problem in check(profile_file)]
        assert said == [(2, "extends"), (3, "rest_offset")]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"a = \n", 1, "is not TOML"),
        (b"a = 1\nb = [1,\n", 3, "is not TOML"),
        (b"a = 1\na = 2\n", 2, "is not TOML"),
        (b"a = 1\n\nb = '\xff'\n", 3, "UTF-8"),
        (b"a = " + b"[" * 5000, 0, "nested too deeply"),
        (b"a = " + b"9" * 5000, 0, "far too many digits"),
        (b"rest_offset = 0x" + b"f" * 5000, 1, "rest_offset: must be at most 1"),
    ],
    ids=["half a pair", "open array", "twice", "not text", "deep", "digits", "huge"],
)
def test_a_file_that_is_no_profile_is_told_in_one_sentence(
    content: bytes, line: int, words: str, profile_file: Path
) -> None:
    profile_file.write_bytes(content)
    problems = [problem for problem in check(profile_file) if "is missing" not in problem.what]
    assert [problem.line for problem in problems[:1]] == [line]
    assert words in str(problems[0])


@given(text=st.one_of(documents(), st.text()))
def test_whatever_stands_in_a_file_it_is_told_and_never_raises(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text(text, encoding="utf-8", newline="")
    assert all(str(problem).startswith(str(file)) for problem in check(file))


def test_a_profile_that_is_not_there_is_told_with_its_neighbour() -> None:
    with pytest.raises(ConfigError, match=r"^defalt: there is no such profile or file, did you mean 'default'"):
        load("defalt")
    assert "cannot be read: No such file" in str(check("nowhere/mine.toml")[0])
    assert ConfigError([]).exit_code == 2


def test_explain_names_the_line_of_every_value(tmp_path: Path) -> None:
    top = tmp_path / "top.toml"
    top.write_text('extends = "default"\nname = "mine"\n[calm]\nlevel_db = 4\n')
    said = {each.key: each for each in explain(top)}
    assert str(said["calm.level_db"]) == f"calm.level_db = 4.0  # {top}:4"
    for key in ("harmony.scale", "arc.none[2].tempo_bpm", "layer.bells.velocity"):
        place = said[key].place
        assert place is not None
        assert place.file.endswith("default.toml")
        assert DEFAULT_TEXT.splitlines()[place.line - 1].startswith(key.rsplit(".", 1)[-1])


def test_explain_says_which_values_are_built_in(profile_file: Path) -> None:
    profile_file.write_text(written(without(("calm",))))
    assert {str(each) for each in explain(profile_file)} >= {"calm.tempo_share = 0.36  # built in"}


def test_explain_is_the_whole_profile() -> None:
    leaves = [way for way in EVERY_KEY if not isinstance(at(way), dict) and not isinstance(way[-1], int)]
    plain = [way for way in leaves if not (isinstance(at(way), list) and isinstance(at(way)[0], dict))]
    assert len(explain("default")) == len(plain)


def test_a_resolved_profile_survives_the_journal() -> None:
    profile = load("ketamine-iv-40")
    assert Profile.model_validate(json.loads(json.dumps(profile.model_dump(mode="json")))) == profile


def test_the_published_schema_is_that_of_the_model() -> None:
    published = (importlib.resources.files("configs") / "calando.schema.json").read_text()
    assert json.loads(published) == schema()


def test_the_schema_describes_every_key() -> None:
    tables = [schema(), *schema()["$defs"].values()]
    for table in tables:
        for key, about in table.get("properties", {}).items():
            assert "description" in about, key


def _phase_lines(name: str) -> list[str]:
    phase = {**WHOLE["arc"]["none"][0], "name": name}
    return written(phase).splitlines()
