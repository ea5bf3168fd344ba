"""The soak in small: what it lives it lives again, what breaks it tells, and each fault is survived."""

import json
from pathlib import Path

import pytest

from engine.inputs import Act, Command
from engine.soak.configurations import Configured
from engine.soak.faults import FAULTS
from engine.soak.processes import Hit
from engine.soak.rig import Rig
from engine.soak.scripts import Script
from engine.soak.simulated import Faulty, Hour, Jumped
from engine.soak.totals import Totals
from sensors.simulated import SimulatedListener
from tests.calls import call
from tests.session.sessions import a_setup


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_survived(name: str) -> None:
    totals = Faulty((name,), seed=3, minutes=4.0).live()
    assert totals.broken == []
    assert totals.counts["notes"] > 20


def calmly(room: Rig, happening: Script) -> None:
    """A calm listener's room plays, something happens after a minute, and no promise is broken."""
    room.submit(Command(Act.PLAY_ON, "soak"))
    room.play(happening, 60.0)
    room.run(100.0)
    assert room.finish() == []
    assert room.counts["notes"] > 20


def test_a_note_that_sounded_when_the_cable_was_pulled_ends_at_its_return_though_the_guardian_died_meanwhile() -> None:
    rig = Rig(a_setup(), SimulatedListener("calm", 1))

    def double_fault() -> Script:
        rig.unplug()
        yield 5.0
        rig.kill_guardian()
        yield 20.0
        rig.plug_in()
        yield 5.0

    calmly(rig, double_fault())


def test_a_note_that_sounded_when_the_cable_was_pulled_ends_at_its_return_though_engine_and_guardian_died() -> None:
    rig = Rig(a_setup(), SimulatedListener("calm", 1))

    def nobody_is_left() -> Script:
        rig.unplug()
        yield 5.0
        rig.kill_engine()
        yield 20.0
        rig.revive_engine()
        yield 2.0
        rig.plug_in()
        yield 5.0

    calmly(rig, nobody_is_left())


def test_an_hour_is_lived_the_same_again() -> None:
    assert Hour(7, minutes=10.0).live() == Hour(7, minutes=10.0).live()


def test_after_a_nights_sleep_nothing_sounds_until_somebody_plays_on() -> None:
    totals = Jumped(8 * 3600.0, seed=2).live()
    assert totals.broken == []
    assert totals.counts["commands"] >= 3, "somebody plays on before and after it, and ends"


def test_a_sleep_takes_nothing_of_the_time_that_is_lived_and_a_cable_that_is_out_is_found_at_the_end() -> None:
    rig = Rig(a_setup(), SimulatedListener("calm", 1))
    rig.submit(Command(Act.PLAY_ON, "soak"))
    rig.run(60.0)

    def asleep_with_the_cable_out() -> Script:
        rig.unplug()
        yield 5.0
        rig.pass_by(600.0)
        yield 0.0

    rig.play(asleep_with_the_cable_out())
    rig.run(30.0)
    assert rig.clock.now_s == pytest.approx(690.0, abs=0.1)
    assert rig.finish() == []


def test_a_room_that_failed_does_not_keep_the_next_one_from_its_port() -> None:
    failed = Rig(a_setup(), SimulatedListener("calm", 1))
    assert Rig(a_setup(), SimulatedListener("calm", 1)).port.name != failed.port.name


def test_a_play_on_pressed_before_the_room_noticed_its_sleep_is_meant() -> None:
    rig = Rig(a_setup(), SimulatedListener("calm", 1))
    rig.submit(Command(Act.PLAY_ON, "soak"))
    rig.run(60.0)
    rig.pass_by(600.0)
    before = rig.port.notes
    rig.submit(Command(Act.PLAY_ON, "soak"))
    rig.run(15.0)
    assert rig.port.notes > before
    assert rig.finish() == []


def test_the_line_says_what_was_lived_and_what_broke() -> None:
    totals = Totals()
    totals.counts.update({"simulated hours": 1000, "engine kills": 100})
    totals.tell("hour 5", ["2 breaches: still sounding at the end"])
    totals.time("crash to quiet", 2.0)
    totals.time("crash to quiet", 2.2)
    assert totals.line == (
        "soak: 1,000 simulated hours, 100 engine kills: "
        "1 stuck notes, 0 limits exceeded, 0 rows lost, 0 wrong resumes, 0 other breaches."
    )
    assert totals.time_lines() == ["  crash to quiet: median 2.100 s, worst 2.200 s (n = 2)"]


def test_the_command_prints_json_and_ends_with_0_where_nothing_broke(tmp_path: Path) -> None:
    done = call("soak", "--part", "hours", "--hours", "0", "--json", folder=tmp_path)
    assert done.code == 0
    assert json.loads(done.out)["breaches"]["stuck notes"] == 0


def test_no_hostile_configuration_is_let_in_or_breaks_a_limit() -> None:
    totals = Configured(first=1, count=150).live()
    assert totals.broken == []
    assert totals.counts["configurations played"] > 50
    assert totals.counts["configurations refused"] > 30


def test_a_real_room_is_killed_silent_at_once_and_taken_up_again() -> None:
    totals = Hit("engine killed", 1, seed=1).live()
    assert totals.broken == []
    assert max(totals.times_s["resumed"]) <= 5.0
