"""Straps, ports, panic and the doctor: on real parts where there are any, and told plainly where there are none."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine import examination
from engine.cli import cli
from engine.clock import now_s
from engine.commands import panic as panic_command
from engine.commands import ports as ports_command
from engine.commands import run as run_command
from engine.commands import scan as scan_command
from engine.errors import CalandoError, DeviceNotFoundError, LinkFailedError, UsageError
from engine.examination import Finding, Health, examine
from engine.midi import control, is_note_off, note_off
from engine.output import places, trial
from engine.output.places import Rooms, socket_path
from engine.output.ports import NoMidiSystemError, RecordingPort, read_recording
from engine.remembered import remember
from sensors.bench import Bench, FakeStrap
from sensors.strap import FoundStrap
from tests.calls import Answer, call, command
from tests.output.conftest import own_runtime_folder
from tests.output.live import engine, jack_server, receiver, wait_until
from tests.parts import needs

__all__ = ["own_runtime_folder"]

ALL_FOLDERS = places.folders_of_rooms

STRAP = FoundStrap(
    "Polar H10 12345678", "AA:BB", -60, battery_percent=90, heart_rate_bpm=64, sends_rr=True, sends_contact=False
)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.fixture(scope="module")
def jack() -> Iterator[str]:
    with jack_server() as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("JACK_DEFAULT_SERVER", name)
        yield name


# scan


def test_without_bluetooth_scan_says_so(tmp_path: Path) -> None:
    answer = call("scan", "--seconds", 1, folder=tmp_path)
    assert (answer.code, answer.out) == (3, "")
    assert "system bus" in answer.sentence


@pytest.mark.asyncio
@needs("dbus-daemon")
async def test_scan_lists_the_straps_in_the_air(tmp_path: Path) -> None:
    straps = (FakeStrap("Polar H10 0000000A", "AA:BB:CC:DD:EE:0A"), FakeStrap("HRM-Dual", "AA:BB:CC:DD:EE:0B"))
    async with Bench(*straps):
        child = await asyncio.create_subprocess_exec(*command("scan", "--seconds", 1, "--json"), stdout=subprocess.PIPE)
        out, _ = await child.communicate()
    told = json.loads(out)
    assert child.returncode == 0
    assert told["schema"] == 1
    assert {each["id"] for each in told["straps"]} == {strap.address for strap in straps}


@pytest.mark.asyncio
@needs("dbus-daemon")
@pytest.mark.parametrize(
    ("straps", "heart", "said"),
    [
        (("Polar H10 0000000A", "Polar H10 0000000B"), "ble:polar", ("0000000A", "0000000B")),
        (("Polar H10 0000000A",), "ble:Garmin", ("Garmin", "0000000A")),
    ],
    ids=["two match", "none matches"],
)
async def test_run_names_the_straps_it_cannot_choose_from(
    straps: tuple[str, ...], heart: str, said: tuple[str, ...], tmp_path: Path
) -> None:
    air = [FakeStrap(name, f"AA:BB:CC:DD:EE:0{index}") for index, name in enumerate(straps)]
    async with Bench(*air):
        words = command("run", "--heart", heart, "--out", "none", "--record", tmp_path)
        child = await asyncio.create_subprocess_exec(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = await child.communicate()
    answer = Answer(child.returncode or 0, out.decode(), err.decode())
    assert answer.code == 3
    assert all(word in answer.sentence for word in said)


def test_an_empty_room_is_a_device_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def none(_: float) -> list[FoundStrap]:
        return []

    monkeypatch.setattr("sensors.strap.scan", none)
    told = invoke("scan", "--json")
    assert isinstance(told.exception, DeviceNotFoundError)
    assert json.loads(told.stdout) == {"schema": 1, "straps": []}


def test_straps_are_told_in_columns() -> None:
    watch = replace(STRAP, name="Watch", sends_rr=False, sends_contact=True, battery_percent=None)
    taken = FoundStrap("X", "CC", None, trouble="in use on this computer")
    assert scan_command.table([STRAP, watch, taken]).splitlines() == [
        "strap               address  signal   battery  heart rate  sends RR  sends contact",
        "Polar H10 12345678  AA:BB    -60 dBm  90 %     64          yes       no",
        "Watch               AA:BB    -60 dBm  -        64          no        yes",
        "X                   CC       -        -        -           -         -              in use on this computer",
    ]


# ports


def test_without_a_midi_system_ports_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> tuple[str, ...]:
        raise NoMidiSystemError("No MIDI system answers.")

    monkeypatch.setattr(ports_command, "list_ports", none)
    told = invoke("ports")
    assert isinstance(told.exception, NoMidiSystemError)
    assert told.exception.exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "names", "error", "said"),
    [
        (["--test"], ("Midi Through:0 14:0",), DeviceNotFoundError, "no MIDI port to try"),
        (["--test"], ("Synth A 20:0", "Synth B 24:0"), UsageError, "Synth A"),
        (["--restore", "C"], ("Synth A 20:0", "Synth B 24:0"), DeviceNotFoundError, "Synth B"),
    ],
)
def test_a_port_that_cannot_be_chosen_is_asked_for(
    arguments: list[str],
    names: tuple[str, ...],
    error: type[CalandoError],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports_command, "list_ports", lambda: names)
    told = invoke("ports", *arguments)
    assert isinstance(told.exception, error)
    assert said in str(told.exception)


def test_no_port_at_all_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports_command, "list_ports", tuple)
    assert (invoke("ports").exit_code, invoke("ports").stdout) == (0, "")
    assert json.loads(invoke("ports", "--json").stdout) == {"schema": 1, "ports": []}


@needs("jackd")
@pytest.mark.usefixtures("jack")
def test_a_synth_is_listed_tried_and_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 9.0)
    monkeypatch.setattr(trial, "RESTORE_DB_PER_S", 100.0)
    heard = tmp_path / "heard"
    with receiver(heard):
        assert "recv:in" in invoke("ports").output
        tried = invoke("ports", "recv:in", "--test", "--channel", "3")
        assert tried.exit_code == 0
        assert "level_cc = 7" in tried.output
        played = [data for _, data in read_recording(heard)]
        assert {data[0] & 0x0F for data in played} == {2}
        assert {data[1] for data in played if data[0] == 0x92} == set(trial.CHORD)
        assert control(2, 123, 0) in played
        assert played[-1] == control(2, 11, 0)
        assert invoke("ports", "recv:in", "--restore").exit_code == 0
        wait_until(lambda: len(_levels(heard)) == 16, "every channel's level")
        assert set(_levels(heard).values()) == {127}


def test_whatever_number_a_port_gets_its_own_level_is_restored_and_a_second_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    moved: list[tuple[str, int]] = []
    monkeypatch.setattr(ports_command, "_restore", lambda name, number: moved.append((name, number)))
    monkeypatch.setattr(ports_command, "_play", lambda name, _channel, number: moved.append((name, number)))
    monkeypatch.setattr("engine.output.ports.list_ports", lambda: ("Bells 24:0", "Prophet 20:0", "Bass 28:0"))
    outputs = ("midi:Prophet 20:0?latency_ms=35", "record:x", "midi:bell")
    run_command._remember("blue", outputs, None, run_command._level_ccs(outputs, 7))
    run_command._remember("blue", ("midi:Bass",), None, run_command._level_ccs(("midi:Bass",), 11))
    monkeypatch.setattr(ports_command, "list_ports", lambda: ("Prophet 32:0", "Bells 36:0", "Bass 40:0"))
    for port in ("prophet", "Bells", "Bass"):
        assert invoke("ports", port, "--restore").exit_code == 0
        assert "moved controllers" not in invoke("ports", port, "--test").output
    assert moved == [(name, number) for name, number in (("Prophet", 7), ("Bells", 7), ("Bass", 11)) for _ in "12"]
    remember("red", played_level_ccs={"Prophet": 11})
    told = invoke("ports", "Prophet", "--test").output
    assert "moved controllers 7 and 11 on this port" in told
    assert "--restore first. This tries 7 alone" in told
    assert moved.pop() == ("Prophet", 7)
    assert invoke("ports", "Prophet", "--restore").exit_code == 0
    assert moved[-2:] == [("Prophet", 7), ("Prophet", 11)]
    invoke("ports", "Prophet", "--test", "--level-cc", "11")
    assert moved[-1] == ("Prophet", 11)


def _levels(heard: Path) -> dict[int, int]:
    """Each channel's last expression."""
    return {data[0] & 0x0F: data[2] for _, data in read_recording(heard) if data[0] & 0xF0 == 0xB0 and data[1] == 11}


# panic


def test_panic_silences_a_room_whose_engine_is_frozen(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    with engine("one", heard) as live:
        live.signal(signal.SIGSTOP)
        answer = call("panic", folder=tmp_path)
        live.wait_for_silence()
        live.signal(signal.SIGCONT)
    assert answer.code == 0
    assert "silent after" in answer.out


def test_panic_in_one_room_leaves_the_other_playing(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one", "two")]
    with (
        engine("one", paths[0]) as first,
        engine("two", paths[1]) as second,
    ):
        assert call("panic", "--room", "two", folder=tmp_path).code == 0
        second.wait_for_silence()
        assert len(first.sounding()) == 4


def test_panic_says_which_guardian_hangs_and_silences_the_rest(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one", "two")]
    with (
        engine("one", paths[0]) as first,
        engine("two", paths[1]) as second,
    ):
        os.kill(first.guardian, signal.SIGSTOP)
        answer = call("panic", folder=tmp_path)
        os.kill(first.guardian, signal.SIGCONT)
        second.wait_for_silence()
    assert answer.code == 4
    assert "No guardian answers in the room 'one'" in answer.sentence


def test_panic_never_calls_a_room_silent_whose_output_is_away(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one", "two")]
    cable = tmp_path / "one.unplugged"
    with engine("one", paths[0]), engine("two", paths[1]) as second:
        cable.touch()
        answer, again = call("panic", folder=tmp_path), call("panic", "--room", "one", folder=tmp_path)
        cable.unlink()
        second.wait_for_silence()
    assert (answer.code, again.code, again.out) == (4, 4, "")
    assert answer.out.startswith("Room 'two': silent")
    assert answer.sentence == again.sentence
    assert "has an output that is away" in again.sentence
    assert "turn the amplifier down" in again.sentence


def test_with_no_room_and_no_midi_system_panic_points_to_the_amplifier(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> tuple[str, ...]:
        raise NoMidiSystemError("No MIDI system answers.")

    monkeypatch.setattr(panic_command, "list_ports", none)
    told = invoke("panic")
    assert isinstance(told.exception, LinkFailedError)
    assert "Turn the amplifier down" in str(told.exception)


def test_panic_for_a_room_that_nobody_has_names_those_that_play(tmp_path: Path) -> None:
    names = ("Blue_2", "an-old-house-with-many-rooms")
    with engine(names[0], tmp_path / "blue") as blue, engine(names[1], tmp_path / "old"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_behind:
            left_behind.bind(str(socket_path("dead")))
        answer = call("panic", "--room", "blu", folder=tmp_path)
        assert blue.sounding(), "what was not meant plays on"
    assert (answer.code, answer.out) == (4, "")
    assert answer.sentence.startswith("There is no room 'blu'; here play: ")
    assert set(re.split(r"[:;,.] ", answer.sentence)) >= set(names)
    assert answer.sentence.endswith("Say calando panic, or turn the amplifier down.")


def test_nobody_who_has_no_out_is_offered_one(tmp_path: Path) -> None:
    for words in (("panic",), ("ports",), ("pads", "--learn"), ("doctor",)):
        answer = call(*words, folder=tmp_path)
        assert "--out synth" not in answer.out + answer.err, words


def everything_off(level_cc: int) -> set[bytes]:
    controllers = {control(channel, number, 0) for channel in range(16) for number in (64, 123, 120, level_cc)}
    return controllers | {note_off(channel, pitch) for channel in range(16) for pitch in range(28, 97)}


@needs("jackd")
@pytest.mark.usefixtures("jack")
def test_where_no_room_answers_panic_ends_all_notes_on_the_ports(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    with receiver(heard):
        told = invoke("panic", "--room", "nobodys")
        assert isinstance(told.exception, LinkFailedError)
        assert "recv:in" in str(told.exception)
        wait_until(
            lambda: {data for _, data in read_recording(heard)} == everything_off(11), "all off on every channel"
        )
        first = [data for _, data in read_recording(heard)[:64]]
        assert not any(is_note_off(data) for data in first), "what silences most synths does not wait for the rest"


@pytest.mark.parametrize(("moved", "left"), [(None, 11), (7, 7), (11, 11)])
def test_panic_leaves_at_0_the_level_that_the_port_s_next_session_raises_and_no_other(
    moved: int | None, left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    if moved:
        remember("blue", played_level_ccs={"Synth": moved})
    monkeypatch.setattr(panic_command, "list_ports", lambda: ("Synth 20:0",))
    monkeypatch.setattr(panic_command, "MidiPort", lambda _: RecordingPort(tmp_path / "heard", now_s))
    assert invoke("panic").exit_code == 1
    assert {data for _, data in read_recording(tmp_path / "heard")} == everything_off(left)


def test_the_port_of_one_room_alone_is_silenced_with_whatever_it_is_fitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    run_command._remember("blue", ("midi:Synth?latency_ms=35",), None, {"Synth": 11})
    silenced: list[str] = []
    monkeypatch.setattr(panic_command, "list_ports", lambda: ("Bells 24:0", "Synth 20:0"))
    monkeypatch.setattr(panic_command, "_silence_port", silenced.append)
    assert isinstance(invoke("panic", "--room", "blue").exception, LinkFailedError)
    assert silenced == ["Synth 20:0"]


@pytest.fixture
def silenced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ports that panic silenced by itself, of two: red's synth, which is what its guardian owns, and bells."""
    touched: list[str] = []
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(panic_command, "list_ports", lambda: ("Bells 24:0", f"{tmp_path}/red 20:0"))
    monkeypatch.setattr(panic_command, "_silence_port", touched.append)
    return touched


@contextlib.contextmanager
def a_socket(room: str, *, hangs: bool = False) -> Iterator[None]:
    """What a guardian that was killed leaves behind, or one that hangs."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as guardians:
        guardians.bind(str(socket_path(room)))
        if hangs:
            guardians.listen()
        yield


@pytest.mark.parametrize("remembered", [None, "Unplugged"])
@pytest.mark.parametrize(("hangs", "who"), [(False, "There is no room 'blue'"), (True, "Room 'blue' hangs")])
def test_panic_for_a_room_that_is_gone_touches_no_port_while_another_plays(
    remembered: str | None, hangs: bool, who: str, tmp_path: Path, silenced: list[str]
) -> None:
    remember("blue", port=remembered)
    with engine("red", tmp_path / "red"), a_socket("blue", hangs=hangs):
        told = str(invoke("panic", "--room", "blue").exception)
    assert silenced == []
    assert told.startswith(f"{who}; here play: red.")
    assert told.endswith("Say calando panic, or turn the amplifier down.")


def test_a_port_of_the_room_s_own_is_silenced_and_what_is_now_another_room_s_is_not(
    tmp_path: Path, silenced: list[str]
) -> None:
    with engine("red", tmp_path / "red") as red, a_socket("blue"):
        remember("blue", port="bells 20:0?latency_ms=35")
        assert "All notes were ended on: Bells." in str(invoke("panic", "--room", "blue").exception)
        remember("blue", port=f"{tmp_path}/red")
        told = str(invoke("panic", "--room", "blue").exception)
        assert red.sounding()
    assert silenced == ["Bells 24:0"]
    assert f"{tmp_path}/red is in use by another calando and was left alone. Here play: red." in told
    assert told.endswith("Say calando panic, or turn the amplifier down.")


def test_the_port_of_a_room_that_hangs_is_silenced_for_it_unless_another_that_plays_may_own_it(
    tmp_path: Path, silenced: list[str]
) -> None:
    remember("blue", port=f"{tmp_path}/red?latency_ms=35")
    with places.owned("port", f"{tmp_path}/red"), a_socket("blue", hangs=True), a_socket("red", hangs=True):
        assert "All notes were ended on" in str(invoke("panic", "--room", "blue").exception)
        assert silenced.pop() == f"{tmp_path}/red 20:0"
        remember("red", port=f"{tmp_path}/red")
        told = str(invoke("panic", "--room", "blue").exception)
    assert silenced == []
    assert "is in use by another calando and was left alone. Here play: red." in told


def test_where_nobody_answers_what_a_guardian_out_of_reach_owns_is_left_alone(
    tmp_path: Path, silenced: list[str]
) -> None:
    with places.owned("port", f"{tmp_path}/red"):
        told = str(invoke("panic").exception)
    assert silenced == ["Bells 24:0"]
    assert f"ended on: Bells. {tmp_path}/red is in use by another calando and was left alone. A room that" in told
    assert told.endswith("turn the amplifier down.")


def test_where_a_guardian_hangs_the_port_it_owns_is_silenced_for_it(tmp_path: Path, silenced: list[str]) -> None:
    with places.owned("port", f"{tmp_path}/red"), a_socket("red", hangs=True):
        told = str(invoke("panic").exception)
    assert silenced == ["Bells 24:0", f"{tmp_path}/red 20:0"]
    assert "No guardian answers in the room" in told


def test_a_room_that_died_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_behind:
        left_behind.bind(str(socket_path("dead")))
    silenced = threading.Event()
    monkeypatch.setattr(panic_command, "list_ports", lambda: ("Synth 20:0",))
    monkeypatch.setattr(panic_command, "_silence_port", lambda _: silenced.set())
    told = invoke("panic")
    assert isinstance(told.exception, LinkFailedError)
    assert "No room answers" in str(told.exception)
    assert silenced.is_set()


def test_panic_silences_a_room_whose_runtime_folder_is_another_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = tmp_path / "heard"
    nurses, services = (Path(os.environ["XDG_RUNTIME_DIR"]) / name for name in ("nurse", "service"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(services))
    monkeypatch.setattr(places, "folders_of_rooms", ALL_FOLDERS)
    monkeypatch.setattr(places, "SERVICE_FOLDER", services / "calando")
    with engine("one", heard) as live:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(nurses))
        told = invoke("panic")
        live.wait_for_silence()
    assert (told.exit_code, "silent after" in told.output) == (0, True)


def test_where_a_folder_is_closed_to_panic_it_never_sounds_like_success(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Path("/run/calando/calando")
    monkeypatch.setattr(panic_command, "list_ports", lambda: ("Synth 20:0",))
    monkeypatch.setattr(panic_command, "_silence_port", lambda _: None)
    monkeypatch.setattr(panic_command, "find_rooms", lambda _: Rooms((), (closed,)))
    told = invoke("panic")
    assert isinstance(told.exception, LinkFailedError)
    assert told.exception.exit_code == 4
    assert "look for rooms in /run/calando/calando. All notes were ended on: Synth." in str(told.exception)
    assert "may play on: turn the amplifier down." in str(told.exception)
    monkeypatch.setattr(panic_command, "find_rooms", lambda _: Rooms((Path("own"),), (closed,)))
    monkeypatch.setattr(panic_command, "silence_room", lambda *_: 0.7)
    told = invoke("panic")
    assert isinstance(told.exception, LinkFailedError), "this user's room is silent, another may play on"
    assert "'own': silent after" in told.output
    assert invoke("panic", "--room", "own").exit_code == 0, "the room that was meant is silent"


# doctor


def test_the_doctor_answers_on_a_machine_that_has_nothing(tmp_path: Path) -> None:
    answer = call("doctor", "--json", folder=tmp_path)
    findings = {each["name"]: each for each in json.loads(answer.out)["findings"]}
    assert answer.code == 0
    assert findings["Bluetooth"]["health"] == "missing"
    assert {"Python", "profiles", "Bluetooth", "MIDI", "sound", "records", "panic", "real time"} == set(findings)
    assert all(each["fix"] for each in findings.values() if each["health"] != "fine")


def test_the_doctor_gives_each_lack_its_fix(tmp_path: Path) -> None:
    answer = call("doctor", folder=tmp_path)
    lacks = [line for line in answer.out.splitlines() if line.startswith("--")]
    fixes = [line for line in answer.out.splitlines() if line.strip().startswith("fix:")]
    assert len(lacks) == len(fixes) > 0


def test_a_broken_look_is_a_finding_and_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def look() -> Finding:
        raise RuntimeError("no luck")

    (finding,) = examine([look])
    assert (finding.health, finding.found) == (Health.BROKEN, "RuntimeError: no luck")
    monkeypatch.setattr("engine.commands.doctor.examine", lambda: (finding,))
    told = invoke("doctor")
    assert told.exit_code == 1
    assert told.output.startswith("FAIL  look")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    finding = examination.records(in_the_way / "calando")
    assert finding.health is Health.BROKEN
    assert "--record" in finding.fix


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "LOW_DISK_MB", 10**12)
    assert "MB free" in examination.records(tmp_path).found


@pytest.mark.parametrize(
    ("names", "health", "found"),
    [((), Health.MISSING, "no port"), (("Synth 20:0",), Health.FINE, "Synth")],
)
def test_midi_ports_are_named(names: tuple[str, ...], health: Health, found: str) -> None:
    finding = examination.midi(lambda: names)
    assert finding.health is health
    assert found in finding.found


def test_looking_for_real_time_leaves_the_process_as_it_was() -> None:
    before = os.sched_getscheduler(0)
    examination.priority()
    assert os.sched_getscheduler(0) == before
