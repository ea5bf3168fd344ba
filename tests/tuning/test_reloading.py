"""A profile that is saved while it plays is heard; one with mistakes is told, and changes nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from engine.config import load
from engine.decision import Decision
from engine.inputs import Act, Command
from engine.midi import is_note_on
from engine.news import News
from engine.output.cues import Stop
from engine.output.rehearsal import RehearsedOutput
from engine.room import Room
from engine.session import Folded, Session, Setup
from engine.tuning.reloading import Reloader
from engine.tuning.watching import saved
from tests.stream_checker import StreamChecker
from tests.virtual_time import VirtualTimeLoop

OWN = 'extends = "default"\nconfig_version = 1\nname = "mine"\n'


@dataclass
class Bench:
    """A tuner's room on virtual time: a file, saves at their seconds, and what was said, decided and sent."""

    file: Path
    minutes: float
    saves: dict[float, str]
    said: list[str] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    async def changes(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        for at_s, text in self.saves.items():
            await asyncio.sleep(at_s - loop.time())
            self.file.write_text(text)
            yield

    def hear(self, news: News) -> None:
        if isinstance(news, Folded) and news.decision:
            self.decisions.append(news.decision)

    async def play(self) -> RehearsedOutput:
        loop = asyncio.get_running_loop()
        output, profile = RehearsedOutput(loop.time), load(self.file)
        reloader = Reloader(str(self.file), profile, self.changes, self.said.append)
        session = Session(Setup(profile, 1, hears_a_heart=False))
        room = Room(session, output, loop.time, attached=(reloader,), minutes=self.minutes)
        room.subscribe(self.hear)
        room.submit(Command(Act.PLAY_ON, "start"))
        await room.run()
        return output


@pytest.fixture
def tuned(tmp_path: Path) -> Callable[..., tuple[Bench, RehearsedOutput]]:
    def play(minutes: float, saves: dict[float, str]) -> tuple[Bench, RehearsedOutput]:
        bench = Bench(tmp_path / "mine.toml", minutes, saves)
        bench.file.write_text(OWN)
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            return bench, runner.run(bench.play())

    return play


Play = Callable[..., tuple[Bench, RehearsedOutput]]


def faster(bpm: float) -> str:
    values = {"minutes": 30, "tempo_bpm": bpm, "density": 0.5, "level_db": -11.0, "brightness": 50, "register_top": 76}
    lines = [f"{key} = {value}" for key, value in {**values, "tension": 0.2}.items()]
    return "\n".join([f'{OWN}[[arc.none]]\nname = "plateau"', *lines])


def test_a_saved_target_is_walked_to_and_said(tuned: Play) -> None:
    bench, output = tuned(4, {60.0: faster(50.0)})
    tempi = [each.intent.tempo_bpm for each in bench.decisions]
    assert tempi[50] > 55
    assert tempi[230] == pytest.approx(50.0)
    assert max(abs(b - a) for a, b in pairwise(tempi)) < 0.2
    assert "tempo_bpm" in bench.said[0]
    assert "walks there" in bench.said[0]
    assert not output.guard.counts.refused


@pytest.mark.parametrize("broken", ['name = "mine"\nroot = ', f"{OWN}[harmony]\nscael = 'lydian'\n"])
def test_a_file_with_mistakes_leaves_the_last_good_one_in_force(tuned: Play, broken: str) -> None:
    bench, _ = tuned(2, {40.0: broken, 60.0: OWN})
    assert len(bench.said) == 1
    assert "mine.toml:" in bench.said[0]
    assert "last good profile stays in force" in bench.said[0]
    assert all(each.playing == "playing" for each in bench.decisions[1:120])


def test_a_new_scale_is_composed_anew_from_silence(tuned: Play) -> None:
    lydian = f'{OWN}[harmony]\nroot = 5\nscale = "lydian"\n'
    bench, output = tuned(4, {90.0: lydian})
    before = {data[1] % 12 for at_s, data in output.wire if is_note_on(data) and at_s < 89}
    after = {data[1] % 12 for at_s, data in output.wire if is_note_on(data) and at_s > 92}
    assert before <= {(2 + step) % 12 for step in (0, 2, 3, 5, 7, 9, 10)}
    assert after <= {(5 + step) % 12 for step in (0, 2, 4, 6, 7, 9, 11)}
    assert {5, 11} & after
    assert "composed anew" in bench.said[0]
    asked_s = {cue.stop: at_s for at_s, cue in reversed(output.cues) if cue.stop}
    assert set(asked_s) == {Stop.SILENCE, Stop.END}
    checker, told = StreamChecker(), False
    for at_s, data in output.wire:
        if at_s >= asked_s[Stop.SILENCE] and not told:
            checker.stop("silence", asked_s[Stop.SILENCE])
            told = True
        if at_s < asked_s[Stop.END]:
            checker.feed(at_s, data)
    assert checker.violations == []


def test_a_save_that_changes_nothing_says_nothing(tuned: Play) -> None:
    bench, _ = tuned(1, {20.0: OWN + "# a thought\n"})
    assert bench.said == []


def test_output_settings_wait_for_the_next_start(tuned: Play) -> None:
    bench, _ = tuned(1, {20.0: f"{OWN}[output]\nlevel_cc = 7\n"})
    assert "waits for the next start" in bench.said[0]


@pytest.mark.asyncio
async def test_a_save_is_noticed_also_where_an_editor_puts_a_new_file_in_its_place(tmp_path: Path) -> None:
    file, beside = tmp_path / "mine.toml", tmp_path / "mine.toml.new"
    file.write_text(OWN)
    (tmp_path / "other.toml").write_text(OWN)

    async def save() -> None:
        await asyncio.sleep(0.3)
        (tmp_path / "other.toml").write_text("nobody asked")
        await asyncio.sleep(0.3)
        beside.write_text(faster(50.0))
        beside.replace(file)

    saving = asyncio.create_task(save())
    async with asyncio.timeout(20):
        async for _ in saved([file]):
            assert file.read_text() == faster(50.0)
            break
    await saving
