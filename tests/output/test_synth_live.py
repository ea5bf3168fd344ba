"""The built-in synth beside a clock: every note as late as the other, and an end that fades."""

import json
import signal
import subprocess
import sys
import types
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.loudness import RATE
from engine.errors import DeviceNotFoundError
from engine.midi import control, note_on
from engine.output.smf import Piece, write_mid
from engine.output.synth_audio import Loudspeaker
from engine.output.synth_core import BLOCK, Synth
from engine.output.synth_live import FADE_S, LiveSynth
from engine.output.synth_render import recorded, render_wav
from tests.parts import needs

CHORD = b"".join(note_on(0, pitch, 60) for pitch in (50, 57, 62, 65))


class Wrote(Synth):
    """A synth that only writes down at which frame each message came."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[int] = []
        self._blocks = 0

    def block(self, messages: object) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        assert isinstance(messages, list)
        self.frames += [self._blocks * BLOCK + frame for frame, _ in messages]
        self._blocks += 1
        return np.ones((2, BLOCK), np.float32)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def ask(live: LiveSynth, clock: Clock, until_s: float, late_s: float, arrivals: list[float]) -> None:
    """A device with a period of 60 ms that asks up to ``late_s`` late, now and then; messages in between."""
    period_s, asked = 0.06, 0
    coming = sorted(arrivals)
    while clock.now_s < until_s:
        due_s = 100.0 + asked * period_s + (late_s if asked % 7 == 3 else 0.0)
        while coming and coming[0] <= due_s:
            clock.now_s = max(clock.now_s, coming.pop(0))
            live.hear(control(0, 1, 1))
        clock.now_s = max(clock.now_s, due_s)
        live.sound(round(period_s * RATE))
        asked += 1


@given(late_s=st.floats(0, 0.05), gaps=st.lists(st.floats(0.01, 0.5), min_size=2, max_size=40))
def test_notes_keep_their_distance_however_the_device_asks(late_s: float, gaps: list[float]) -> None:
    clock, synth = Clock(), Wrote()
    live = LiveSynth(synth, clock)
    arrivals = [float(at_s) for at_s in 101.0 + np.cumsum(gaps)]
    ask(live, clock, arrivals[-1] + 1.0, late_s, arrivals)
    delays_s = np.array(synth.frames) / RATE - (np.array(arrivals) - 100.0)
    assert len(delays_s) == len(arrivals)
    assert np.ptp(delays_s) < 0.003
    assert 0.0 <= delays_s.min() <= delays_s.max() < 0.15


def test_a_synth_that_is_told_to_end_fades_and_then_says_so() -> None:
    clock = Clock()
    live = LiveSynth(Wrote(), clock)
    live.sound(RATE // 10)
    live.end()
    fade = np.concatenate([live.sound(RATE // 100) for _ in range(round(FADE_S * 100) + 1)])
    assert live.ended
    assert np.all(np.diff(fade[:, 0]) <= 0)
    assert np.abs(np.diff(fade[:, 0])).max() < 1e-3
    assert fade[-1, 0] == 0.0


def synth_process(*options: str) -> "subprocess.Popen[bytes]":
    call = [sys.executable, "-m", "engine.output.synth", *options]
    return subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_sixteen_voices_keep_the_deadline_on_the_null_device_and_the_end_of_input_ends_it(tmp_path: Path) -> None:
    pytest.importorskip("miniaudio")
    process = synth_process("--wav", str(tmp_path / "heard.wav"), "--report")
    full = b"".join(note_on(voice % 6, 36 + 3 * voice, 60) for voice in range(16))
    _, told = process.communicate(full, timeout=20)
    report = json.loads(told.splitlines()[-1])
    assert process.returncode == 0
    assert FADE_S <= report["played_s"] <= 2.0
    assert report["slowest_share"] < 1.0
    with wave.open(str(tmp_path / "heard.wav")) as heard:
        sound = np.frombuffer(heard.readframes(heard.getnframes()), "<i2")
    assert np.abs(sound[: len(sound) // 2].astype(float)).max() > 300
    assert np.abs(sound[-200:].astype(float)).max() <= 2


def test_a_ctrl_c_for_the_engine_passes_it_by_and_sigterm_ends_it() -> None:
    pytest.importorskip("miniaudio")
    with synth_process("--backend", "null", "--report") as process:
        assert process.stdin
        assert process.stderr
        assert json.loads(process.stderr.readline()) == {"ready": True}
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGHUP)
        process.stdin.write(b"\x90\x3c\x30 broken \xb0\x0b")
        process.stdin.flush()
        process.terminate()
        played_s = json.loads(process.stderr.readline())["played_s"]
        assert process.wait(timeout=20) == 0
        assert FADE_S <= played_s <= 2.2


def test_a_room_without_a_sound_device_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoDeviceError(Exception):
        pass

    def refuse(**_: object) -> None:
        raise NoDeviceError

    silent = types.SimpleNamespace(
        PlaybackDevice=refuse,
        MiniaudioError=NoDeviceError,
        SampleFormat=types.SimpleNamespace(FLOAT32=5),
        Backend=types.SimpleNamespace(NULL=14),
    )
    monkeypatch.setitem(sys.modules, "miniaudio", silent)
    with pytest.raises(DeviceNotFoundError, match=r"^No sound device answers; [^.]*\.$") as told, Loudspeaker(np.zeros):
        pass
    assert told.value.exit_code == 3


def test_a_machine_without_miniaudio_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "miniaudio", None)
    with pytest.raises(DeviceNotFoundError, match="install it with pip"), Loudspeaker(np.zeros):
        pass


def test_a_rendered_wav_is_the_same_each_time_and_as_long_as_asked(tmp_path: Path) -> None:
    events = [(0.0, note_on(0, 60, 60)), (0.5, note_on(2, 72, 40))]
    for name in ("a", "b"):
        render_wav(events, tmp_path / f"{name}.wav", seconds=1.0)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getparams()[:3] == (2, 2, RATE)
        assert abs(file.getnframes() - RATE) < BLOCK


def test_what_was_played_can_be_kept(tmp_path: Path) -> None:
    with recorded(lambda frames: np.full((frames, 2), 0.5, np.float32), tmp_path / "a.wav") as sound:
        assert sound(100).shape == (100, 2)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getnframes() == 100


def soundfont() -> Path:
    fonts = [font for kind in ("sf2", "sf3") for font in sorted(Path("/usr/share/sounds", kind).glob("*." + kind))]
    if not fonts:
        pytest.skip("no SoundFont in /usr/share/sounds")
    return fonts[0]


@needs("fluidsynth")
def test_another_synth_plays_the_file_too_audibly_and_without_clipping(tmp_path: Path) -> None:
    pad = [(0.0, bytes((0xC0, 89))), *((0.1, note_on(0, pitch, 50)) for pitch in (50, 57, 62))]
    fade = [(1.0 + step / 10, control(0, 11, 100 - 5 * step)) for step in range(20)]
    write_mid(tmp_path / "a.mid", Piece([*pad, *fade, (4.0, control(0, 123, 0))], [(0.0, 56.0)]))
    wav = tmp_path / "a.wav"
    call = ["fluidsynth", "-ni", "-q", "-F", str(wav), "-r", "48000", str(soundfont()), str(tmp_path / "a.mid")]
    subprocess.run(call, check=True, capture_output=True, timeout=60)
    with wave.open(str(wav)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768.0
        assert file.getnframes() / file.getframerate() > 3.5
    assert np.sqrt(np.mean(sound**2)) > 0.001
    assert np.abs(sound).max() < 0.99
