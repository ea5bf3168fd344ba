"""Whatever goes wrong, a person reads one sentence, never a traceback, and a script gets the right exit code."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from engine.midi import is_note_on
from engine.output.ports import read_recording
from tests.midi_files import read_mid
from tests.output.live import wait_until
from tests.parts import DATA, needs
from tests.stream_checker import check_stream

CALANDO = str(Path(sys.executable).with_name("calando"))


@pytest.fixture
def home(tmp_path: Path) -> Mapping[str, str]:
    """A user of the test's own: no Bluetooth, no MIDI, nothing remembered."""
    return {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/no-bus",
        "JACK_NO_START_SERVER": "1",
        "JACK_DEFAULT_SERVER": "nobody-serves-this",
    }


def calando(home: Mapping[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [CALANDO, *words], env=home, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False
    )


def read_until(words: str, stream: IO[str]) -> None:
    """Read lines up to the one that holds these words; a stream that ends before has not said them."""
    assert any(words in line for line in iter(stream.readline, "")), f"it never said {words!r}"


NO_MIDI = "Or play the built-in synth: --out synth."
"""Whether no MIDI system answers or its library is not even installed, there is something else to play."""

WRONG = {
    "no Bluetooth": (["run", "--heart", "ble"], 3, "start D-Bus and the Bluetooth service"),
    "no MIDI system": (["run", "--heart", "sim:calm", "--out", "midi:Synth"], 3, NO_MIDI),
    "no ports": (["ports"], 3, "MIDI"),
    "no story": (["render", "--heart", "sim:distres"], 2, "did you mean 'distress'"),
    "no source": (["run", "--heart", "simm:calm"], 2, "did you mean 'sim'"),
    "no recording": (["render", "--heart", "replay:nowhere.csv"], 2, "nowhere.csv"),
    "a strap cannot be pulled": (["render", "--heart", "ble"], 2, "replay:FILE, sim:STORY or none"),
    "no profile": (["render", "defalt"], 2, "there is no such profile"),
    "no profile to play": (["run", "ketamin-iv-40", "--heart", "none"], 2, "did you mean 'ketamine-iv-40'"),
    "no port to play": (["run", "--heart", "none", "--out", "mid:Synth"], 2, "did you mean 'midi'"),
    "no command": (["rendr"], 2, "did you mean 'render'"),
    "no mark": (["render", "--mark", "5=dose"], 2, "MM:SS"),
    "a full disk": (["render", "--minutes", "1", "-o", "/dev/full"], 1, "No space left"),
    "no room": (["panic", "--room", "blue"], 4, "Turn the amplifier down."),
    "a demo that nobody would hear": (["demo", "--seconds", "8"], 2, "--seconds 20 or more"),
    "no story for the demo": (["demo", "--story", "distres"], 2, "did you mean 'distress'"),
    "a picture on a full disk": (["render", "--minutes", "1", "--plot", "/dev/full"], 1, "No space left"),
    "a sound on a full disk": (["render", "--minutes", "1", "--wav", "/dev/full"], 1, "No space left"),
    "no place for the record": (["demo", "--seconds", "20", "--record", "/proc/nowhere"], 1, "Choose another --record"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_goes_wrong_is_one_sentence_and_an_exit_code(what: str, home: Mapping[str, str]) -> None:
    words, code, sentence = WRONG[what]
    finished = calando(home, *words)
    assert finished.returncode == code, finished.stderr
    assert sentence in finished.stderr
    assert "Traceback" not in finished.stderr + finished.stdout
    assert len(finished.stderr.strip().splitlines()) <= 4
    assert "Page: " not in finished.stdout or code != 2, "a page for words that are none of ours"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("", "empty"), ("time_s,rr_ms\n0.8,eight hundred\n", "2"), ("a,b\n1,2\n", "1")],
)
def test_an_unreadable_recording_is_named_with_its_line(
    content: str, sentence: str, home: Mapping[str, str], tmp_path: Path
) -> None:
    recording = tmp_path / "heart.csv"
    recording.write_text(content)
    finished = calando(home, "render", "--heart", f"replay:{recording}")
    assert finished.returncode == 1
    assert "heart.csv" in finished.stderr
    assert sentence in finished.stderr
    assert "Traceback" not in finished.stderr


def test_every_typo_of_a_profile_is_shown_at_once(home: Mapping[str, str], tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text('extends = "default"\nname = "mine"\nrespons = "lead"\n\n[calm]\nlevel_db = 40\n')
    for words in (["check", str(profile)], ["render", str(profile)]):
        finished = calando(home, *words)
        said = finished.stdout + finished.stderr
        assert finished.returncode == 2
        assert "mine.toml:3: respons: " in said
        assert "did you mean 'response'" in said
        assert "mine.toml:6: calm.level_db: " in said


@needs("data")
def test_a_real_heart_renders_the_same_bytes_twice_and_other_music_for_another_seed(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    heart = f"replay:{DATA}/gudb-rpeaks/beats.csv?subject=G01"
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        finished = calando(home, "render", "--heart", heart, "--seed", seed, "-o", str(tmp_path / f"{name}.mid"))
        assert finished.returncode == 0, finished.stderr
    a, b, c = ((tmp_path / f"{name}.mid").read_bytes() for name in "abc")
    assert a == b != c
    heard = read_mid(tmp_path / "a.mid")
    assert sum(is_note_on(data) for _, data in heard) > 50


def test_the_demo_leaves_a_session_music_and_a_picture(home: Mapping[str, str], tmp_path: Path) -> None:
    finished = calando(
        home, "demo", "--seconds", "2", "--speed", "30", "--no-browser", "--record", str(tmp_path / "kept")
    )
    assert finished.returncode == 0, finished.stderr
    (folder,) = (tmp_path / "kept").iterdir()
    assert {path.name for path in folder.iterdir()} == {"session.sqlite", "session.mid", "session.png"}
    assert "Calmest at" in finished.stdout
    assert (folder / "session.png").read_bytes().startswith(b"\x89PNG")


def test_ctrl_c_in_the_demo_keeps_the_whole_session_of_the_story_asked_for(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    words = ["demo", "--seconds", "600", "--story", "drug+dropout", "--no-browser", "--web", "none"]
    demo = subprocess.Popen(
        [CALANDO, *words, "--record", str(tmp_path / "kept")], env=home, stdout=subprocess.PIPE, text=True
    )
    with demo:
        assert demo.stdout is not None
        said = demo.stdout.readline()
        assert "'drug+dropout'" in said
        read_until("Ctrl-C ends", demo.stdout)
        demo.send_signal(signal.SIGINT)
        said = demo.stdout.read()
    assert demo.returncode == 130
    assert "coasting" in said
    (folder,) = (tmp_path / "kept").iterdir()
    assert (folder / "session.mid").exists()


def test_listings_can_be_read_by_a_machine(home: Mapping[str, str]) -> None:
    finished = calando(home, "doctor", "--json")
    findings = json.loads(finished.stdout)["findings"]
    assert {finding["name"] for finding in findings} >= {"Bluetooth", "MIDI", "sound", "records"}
    assert all(finding["health"] == "fine" or finding["fix"] for finding in findings)


def test_help_is_light(home: Mapping[str, str]) -> None:
    finished = calando(home, "--help")
    assert finished.returncode == 0
    heavy = "import sys, engine.cli; print(sorted({'numpy', 'pydantic', 'bleak', 'asyncio'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


@contextmanager
def a_session(home: Mapping[str, str], wire: Path) -> Iterator["subprocess.Popen[str]"]:
    """A running session of a simulated heart, whose first notes sound."""
    words = [
        "run",
        "--heart",
        "sim:calm",
        "--out",
        f"record:{wire}",
        "--room",
        "cli",
        "--record",
        str(wire.parent / "r"),
    ]
    child = subprocess.Popen(
        [CALANDO, *words],
        env=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until(lambda: wire.exists() and any(is_note_on(data) for _, data in read_recording(wire)), "a note")
        yield child
    finally:
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()


def test_ctrl_c_fades_and_ends_and_keeps_the_session(home: Mapping[str, str], tmp_path: Path) -> None:
    with a_session(home, tmp_path / "wire") as child:
        child.send_signal(signal.SIGINT)
        said, _ = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Fading out over 8 s" in said
    assert "Traceback" not in said
    (folder,) = (tmp_path / "r").iterdir()
    assert (folder / "session.mid").exists()
    check_stream(read_recording(tmp_path / "wire"), stops=[("end", _first_fall_s(tmp_path / "wire"))])


def test_ctrl_c_twice_silences(home: Mapping[str, str], tmp_path: Path) -> None:
    with a_session(home, tmp_path / "wire") as child:
        child.send_signal(signal.SIGINT)
        assert child.stdout is not None
        read_until("Fading out", child.stdout)
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
    assert child.returncode == 130
    heard = read_recording(tmp_path / "wire")
    fall_s = heard[-1][0] - _first_fall_s(tmp_path / "wire")
    assert fall_s < 3.0


def test_panic_silences_a_running_room_and_nothing_sounds_until_play_on(
    home: Mapping[str, str], tmp_path: Path
) -> None:
    with a_session(home, tmp_path / "wire") as child:
        finished = calando(home, "panic", "--room", "cli")
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
    assert finished.returncode == 0, finished.stderr
    assert "silent after" in finished.stdout.lower()
    heard = read_recording(tmp_path / "wire")
    check_stream(heard, stops=[("silence", _first_fall_s(tmp_path / "wire"))])


def _first_fall_s(wire: Path) -> float:
    """When a level first fell."""
    levels: dict[int, int] = {}
    for time_s, data in read_recording(wire):
        if data[0] & 0xF0 == 0xB0 and data[1] == 11:
            if data[2] < levels.get(data[0], 0):
                return time_s
            levels[data[0]] = data[2]
    raise AssertionError("no level ever fell")
