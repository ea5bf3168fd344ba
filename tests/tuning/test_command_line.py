"""What ``calando tune`` tells a tuner: which file to save, what sounds, and that nothing is kept."""

import signal
import subprocess
from pathlib import Path

from engine.commands.tune import _what_to_save
from engine.config import files_of
from tests.calls import ROOT, command, home


def test_a_shipped_profile_is_never_to_be_saved_but_laid_under_one_s_own(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    assert 'extends = "dusk", and tune that.' in _what_to_save(files_of("dusk"))
    mine.write_text('extends = "dusk"\nconfig_version = 1\nname = "mine"\n')
    assert len(files_of(mine)) > 1
    assert _what_to_save(files_of(mine)) == f"Save to hear: {mine}."


def test_ctrl_c_ends_it_as_it_ends_a_session(tmp_path: Path) -> None:
    words = command("tune", "--out", "none")
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=home(tmp_path)) as tuning:
        assert tuning.stdout is not None
        said = [tuning.stdout.readline() for _ in range(4)]
        tuning.send_signal(signal.SIGINT)
        tuning.send_signal(signal.SIGINT)
        tuning.communicate(timeout=30)
    assert tuning.returncode == 130
    assert "no record is kept" in said[0]
    assert any(line == "Output: nothing sounds, as asked.\n" for line in said)
