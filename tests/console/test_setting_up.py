"""Setting a room up: what is chosen is tried, only what was offered can be chosen, and the room remembers it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
import pytest
from playwright.async_api import expect

from engine.affect.estimate import Flag, Route
from engine.commands.options import with_level_cc
from engine.console.about import About
from engine.console.messages import SetUp
from engine.console.server import Console
from engine.console.setting_up import LOUDEST_DBA, Choices, SettingUp, Tools
from engine.console.viewers import Role, Viewer
from engine.live_excerpt import Excerpt, play_excerpt
from engine.midi import is_note_on
from engine.output import trial
from engine.output.ports import read_recording
from engine.remembered import RoomMemory, memory_path, recall, remember
from sensors.strap import FoundStrap
from tests.console.pages import axe_finds_nothing, shot
from tests.console.rooms import chromium, free_address, needs_chromium
from tests.session.sessions import a_setup

pytestmark = pytest.mark.asyncio

STRAP = FoundStrap("Polar H10 1A2B", "AA:BB:CC:DD:EE:01", -60, 80, 71, sends_rr=True, sends_contact=True)


@pytest.fixture(autouse=True)
def _own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda _: str(tmp_path / "config"))


@dataclass(slots=True)
class Bench:
    """Stands in for the machine: one strap, one port, and a real guardian that plays into a file."""

    folder: Path
    played: list[tuple[str, int]] = field(default_factory=list)

    @property
    def wire(self) -> Path:
        return self.folder / "chord.wire"

    def tools(self) -> Tools:
        return Tools(
            self._scan,
            lambda: ["Prophet"],
            self._play,
            lambda: "2026-11-25",
            {"default": "", "dusk": "d"},
            {"calm": "c"},
        )

    async def _scan(self) -> Sequence[FoundStrap]:
        return [STRAP]

    async def _play(self, out: str, level_cc: int) -> None:
        self.played.append((out, level_cc))
        excerpt = Excerpt(trial.chord(0, level_cc), (), trial.SECONDS, 1.0, lambda _: None)
        await play_excerpt(excerpt, (f"record:{self.wire}",), level_cc)


def a_set_up(folder: Path) -> tuple[SettingUp, Bench]:
    bench = Bench(folder)
    return SettingUp("room-1", bench.tools(), asyncio.get_running_loop().create_future()), bench


async def asked(setting_up: SettingUp, step: str, choices: dict[str, object], role: Role = Role.CONTROL) -> str:
    viewer = Viewer(role, "page")
    await setting_up.take(viewer, SetUp(1, step, choices))
    return "".join(await viewer.next_messages())


BEGIN: dict[str, object] = {
    "heart": "none",
    "out": "synth",
    "profile": "dusk",
    "route": "iv",
    "flags": ["pacemaker"],
    "shadow": True,
}


async def test_what_was_chosen_is_what_runs_and_the_room_remembers_nothing_of_the_person(tmp_path: Path) -> None:
    setting_up, _ = a_set_up(tmp_path)
    assert '"done"' in await asked(setting_up, "begin", BEGIN)
    chosen = Choices("none", "synth", "dusk", Route.IV, (Flag.PACEMAKER,), shadow=True)
    assert await setting_up.chosen == chosen
    assert recall("room-1") == RoomMemory(profile="dusk", route="iv")
    assert "pacemaker" not in memory_path("room-1").read_text()


@pytest.mark.parametrize(
    "wrong",
    [
        {"heart": "replay:/etc/passwd"},
        {"heart": "ble:AA:BB:CC:DD:EE:99"},
        {"heart": "ble:"},
        {"heart": "sim:nonsense"},
        {"heart": "osc:0.0.0.0:9000"},
        {"out": "file:/tmp/x.mid"},
        {"out": "record:/tmp/x"},
        {"out": "midi:Other"},
        {"profile": "../../etc/passwd"},
        {"route": "oral; rm"},
        {"route": None},
    ],
)
async def test_only_what_was_offered_can_be_chosen(tmp_path: Path, wrong: dict[str, object]) -> None:
    setting_up, _ = a_set_up(tmp_path)
    assert '"refused"' in await asked(setting_up, "begin", {**BEGIN, **wrong})
    assert not setting_up.chosen.done()
    assert recall("room-1") == RoomMemory()


async def test_a_page_that_may_only_look_sets_nothing_up(tmp_path: Path) -> None:
    setting_up, _ = a_set_up(tmp_path)
    assert '"refused"' in await asked(setting_up, "begin", BEGIN, Role.VIEW)
    assert '"refused"' in await asked(setting_up, "shout", {})
    assert not setting_up.chosen.done()


async def test_a_strap_that_was_found_can_be_chosen(tmp_path: Path) -> None:
    setting_up, _ = a_set_up(tmp_path)
    assert STRAP.name in await asked(setting_up, "scan", {})
    assert '"done"' in await asked(setting_up, "begin", {**BEGIN, "heart": f"ble:{STRAP.id}"})


@pytest.mark.parametrize("dba", [LOUDEST_DBA + 0.1, 29, None, "60", True, float("nan"), float("inf")])
async def test_a_room_too_loud_is_not_kept(tmp_path: Path, dba: object) -> None:
    setting_up, _ = a_set_up(tmp_path)
    assert '"refused"' in await asked(setting_up, "loudness", {"dba": dba})
    assert recall("room-1").loudness_on is None


async def test_loudness_is_kept_with_its_date_and_the_level_controller_reaches_the_profile(tmp_path: Path) -> None:
    setting_up, _ = a_set_up(tmp_path)
    assert "58 dB(A) at the pillow, measured 2026-11-25" in await asked(setting_up, "loudness", {"dba": 58})
    await asked(setting_up, "obeys", {"level_cc": 7})
    assert '"refused"' in await asked(setting_up, "obeys", {"level_cc": 10})
    memory = recall("room-1")
    assert (memory.loudness_dba, memory.loudness_on, memory.level_cc) == (58, "2026-11-25", 7)
    assert with_level_cc(a_setup(), memory.level_cc).profile.output.level_cc == 7


async def test_a_memory_that_somebody_spoilt_is_read_as_far_as_it_goes() -> None:
    remember("room-1", strap="H10", level_cc=7)
    memory_path("room-1").write_text('{"strap": 5, "port": "P", "level_cc": "7", "more": 1}')
    assert recall("room-1") == RoomMemory(port="P")
    memory_path("room-1").write_text("[1]")
    assert recall("room-1") == RoomMemory()


@needs_chromium
async def test_a_room_is_set_up_in_a_browser_with_a_chord_that_is_heard_and_stopped(tmp_path: Path) -> None:
    setting_up, bench = a_set_up(tmp_path)
    console = Console(About("room-1", "set-up"), free_address())
    console.open()
    choosing = asyncio.create_task(console.set_up(setting_up))
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        await page.goto(console.url)
        await page.click("#scan")
        await page.click(f"text={STRAP.name}")
        await page.select_option("#out", "midi:Prophet")
        await page.click("#chord")
        await asyncio.sleep(2.5)
        await page.click("#chord-stop")
        await expect(page.locator("#chord-said")).to_have_text("Stopped.", timeout=8000)
        await page.click("#obeys-no")
        assert await page.input_value("#level-cc") == "7"
        await page.click("#obeys-yes")
        await expect(page.locator("#chord-said")).to_contain_text("kept for this room")
        await page.fill("#dba", "70")
        await page.click("#loudness-set")
        await expect(page.locator("#loudness-said")).to_contain_text("too loud")
        await page.fill("#dba", "60")
        await page.click("#loudness-set")
        await expect(page.locator("#loudness-said")).to_contain_text("measured 2026-11-25")
        for width in (320, 1280):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            await axe_finds_nothing(page)
            await shot(page, f"setup-{width}")
        await page.select_option("#profile", "dusk")
        await page.click("#begin")
        chosen = await asyncio.wait_for(choosing, 5)
    assert (chosen.heart, chosen.out, chosen.profile) == (f"ble:{STRAP.id}", "midi:Prophet", "dusk")
    assert bench.played == [("midi:Prophet", 11)]
    assert sum(is_note_on(data) for _, data in read_recording(bench.wire)) == 4
    assert (recall("room-1").port, recall("room-1").level_cc) == ("Prophet", 7)
