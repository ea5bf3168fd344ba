"""The staff page in a real browser: what it shows, what it does, and that nothing leaves the room's own server."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from engine.console.address import EVERYWHERE, Address
from engine.console.viewers import Role
from engine.inputs import Act
from tests.console.pages import axe_finds_nothing, shot
from tests.console.rooms import ServedRoom, about_rehearsal, chromium, needs_chromium, served_room
from tests.session.sessions import a_setup

pytestmark = [pytest.mark.asyncio(loop_scope="module"), needs_chromium]

Opened = Callable[..., AbstractAsyncContextManager[tuple[ServedRoom, Page]]]

SHORT_MS = 8000
HEARD_MS = 15_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all of these; each page has a context of its own."""
    async with chromium() as launched:
        yield launched


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Opened:
    """Opens a room's page."""
    return partial(_opened, browser, tmp_path)


@asynccontextmanager
async def _opened(browser: Browser, folder: Path, *, quiet: bool = True) -> AsyncIterator[tuple[ServedRoom, Page]]:
    """A room's page in a browser; a script's error, a request that leaves or (``quiet``) a complaint fails the test."""
    strayed: list[str] = []
    async with served_room(folder) as served, new_page(browser) as page:
        page.set_default_timeout(SHORT_MS)
        page.on("pageerror", lambda error: strayed.append(str(error)))
        if quiet:
            page.on("console", lambda said: strayed.append(said.text) if said.type in {"error", "warning"} else None)
        page.on(
            "request", lambda asked: None if asked.url.startswith(served.console.url) else strayed.append(asked.url)
        )
        await page.goto(served.console.url)
        await page.wait_for_selector("#main:not([hidden])")
        yield served, page
    assert strayed == []


@asynccontextmanager
async def new_page(browser: Browser) -> AsyncIterator[Page]:
    """A page in a context of its own, as of another machine."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    page.set_default_timeout(SHORT_MS)
    try:
        yield page
    finally:
        await context.close()


async def usable_after_ms(page: Page) -> float:
    """From the navigation's start until the room's controls can be pressed, once more."""
    await page.reload()
    await page.wait_for_selector("[data-act=silence]:enabled")
    return float(await page.evaluate("performance.getEntriesByName('usable')[0].startTime"))


async def pressed(page: Page, act: str) -> None:
    """Press a control and wait until the room has done and recorded it."""
    await page.click(f".controls [data-act={act}]:visible, .bottom [data-act={act}]")
    await page.wait_for_selector(f"[data-act={act}][data-state='done, recorded']")


async def test_it_is_usable_within_a_second_and_shows_the_heart(opened: Opened) -> None:
    async with opened() as (_, page):
        usable_ms = [await usable_after_ms(page) for _ in range(3)]
        assert sorted(usable_ms)[1] <= 1000, usable_ms
        await expect(page.locator("#hr")).to_have_text(re.compile(r"^\d{2,3}$"), timeout=HEARD_MS)
        assert "ago" in await page.inner_text("#hr-age")
        assert await page.inner_text("#phase") == "arrival"
        assert "Music aid. Not a monitor; no alarms." in await page.inner_text(".bottom")


async def test_a_command_is_sent_then_done_within_a_tenth_of_a_second_then_recorded(opened: Opened) -> None:
    async with opened() as (served, page):
        await pressed(page, "ease")
        taken_ms = [await page.evaluate(PRESS_EASE_MS) for _ in range(9)]
        assert sorted(taken_ms)[4] <= 100
        assert served.acts().count(Act.EASE) == 10


PRESS_EASE_MS = """() => new Promise((done) => {
  const button = document.querySelector("[data-act=ease]");
  const began = performance.now();
  const watch = new MutationObserver(() => {
    if (!button.dataset.state.startsWith("done")) return;
    watch.disconnect();
    done(performance.now() - began);
  });
  button.click();
  watch.observe(button, { attributes: true });
})"""


async def test_silence_is_one_press_and_the_page_says_that_it_stays(opened: Opened) -> None:
    async with opened() as (served, page):
        await asyncio.sleep(1)
        await pressed(page, "silence")
        await expect(page.locator("#banner")).to_have_text(re.compile("^Silent"))
        assert served.acts()[-1] is Act.SILENCE
        assert served.output.cues[-1][1].stop == "silence"


async def test_what_was_marked_can_be_undone_for_ten_seconds(opened: Opened) -> None:
    async with opened() as (served, page):
        await pressed(page, "next_phase")
        await expect(page.locator("#phase")).not_to_have_text("arrival")
        await page.wait_for_selector("#undo:enabled")
        assert "Undo next phase" in await page.inner_text("#undo")
        await page.click("#undo")
        await expect(page.locator("#phase")).to_have_text("arrival")
        assert served.acts()[-2:] == [Act.NEXT_PHASE, Act.UNDO]
        await page.wait_for_selector("#undo:disabled")


ONE_BY_ONE = (
    *(Act.PAUSE, Act.PLAY_ON, Act.EASE, Act.LIGHTER, Act.STAY, Act.MOVE_ON, Act.NEXT_PHASE, Act.EXTEND),
    *(Act.DOSE, Act.CUFF, Act.TALK, Act.POSTURE, Act.DISTRESSED, Act.NOT_DISTRESSED),
    *(Act.NAUSEA, Act.TOILET, Act.TEARS, Act.MUSIC_TOO_MUCH, Act.OTHER, Act.SILENCE),
)


async def test_a_whole_session_with_every_control_pressed_and_acknowledged(opened: Opened) -> None:
    async with opened() as (served, page):
        for act in ONE_BY_ONE:
            await pressed(page, act)
        await page.click("[data-act=ceiling][data-step='-0.25']")
        await expect(page.locator("#staff")).to_contain_text("ceiling 75 %")
        await page.click("[data-act=ceiling][data-step='0.25']")
        await expect(page.locator("#staff")).to_contain_text("ceiling 100 %")
        await page.select_option("#story", "panic")
        await page.click("#tell")
        await page.wait_for_selector("#tell[data-state='done']")
        assert "panic" in served.listener.story.name
        await page.click("[data-act=end]")
        assert Act.END not in served.acts()
        await page.click("[data-act=end]", delay=800)
        await page.wait_for_selector("[data-act=end][data-state='done, recorded']")
        await expect(page.locator("#banner")).to_have_text(re.compile("^The session has ended"), timeout=15_000)
        pressed_in_order = [act for act in served.acts()[1:] if act not in {Act.CEILING}]
        assert pressed_in_order == [*ONE_BY_ONE, Act.END]


async def test_everything_can_be_done_with_the_keyboard_alone(opened: Opened) -> None:
    async with opened() as (served, page):
        keys = await page.eval_on_selector_all(".do[data-key]", "all => all.map(e => [e.dataset.key, e.dataset.act])")
        for key, act in keys:
            if act and act != "end":
                await page.keyboard.press("Space" if key == " " else key)
        await page.keyboard.press("u")
        await page.keyboard.press("q", delay=800)
        await page.wait_for_selector("[data-act=end][data-state='done, recorded']")
        wanted = {Act(act) for _, act in keys if act}
        assert wanted <= set(served.acts())
        assert served.acts().count(Act.END) == 1


async def test_keys_can_be_switched_off_and_tab_and_enter_reach_the_controls(opened: Opened) -> None:
    async with opened() as (served, page):
        await page.keyboard.press("?")
        await page.click("#keys-on")
        await page.keyboard.press("e")
        await page.focus("[data-act=pause]")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("[data-act=ease][data-state='done, recorded']")
        assert served.acts() == [Act.PLAY_ON, Act.EASE]


async def test_stale_data_is_greyed_with_its_age(opened: Opened) -> None:
    async with opened() as (served, page):
        await expect(page.locator("#hr")).to_have_text(re.compile(r"^\d{2,3}$"), timeout=HEARD_MS)
        assert await page.locator("#heart.stale").count() == 0
        served.listener.tell("stall")
        await page.wait_for_selector("#heart.stale", timeout=12_000)
        assert re.search(r"\d:\d\d old", await page.inner_text("#hr-age"))


async def test_the_page_comes_back_by_itself_when_the_server_does(opened: Opened) -> None:
    async with opened(quiet=False) as (served, page):
        await pressed(page, "cuff")
        assert served.console.server is not None
        served.console.server.should_exit = True
        await expect(page.locator("#banner")).to_contain_text("The music goes on")
        await page.click("[data-act=ease]", force=True)
        await expect(page.locator("#said")).to_contain_text("not sent")
        await page.wait_for_selector("body[data-connected=true]", timeout=15_000)
        await pressed(page, "ease")
        assert "cuff" in await page.inner_text("#session-text")
        assert served.acts().count(Act.EASE) == 1


async def test_looking_only_moves_nothing(browser: Browser, tmp_path: Path) -> None:
    async with (
        served_room(tmp_path, address=Address(EVERYWHERE, 0, may_move=False)) as served,
        new_page(browser) as page,
    ):
        served.console.is_own_screen = lambda _: False
        await page.goto(served.console.url)
        await page.fill("#code", "WRONG1")
        await page.click("#pair-form button")
        await expect(page.locator("#pair-said")).to_have_text("That is not this room's code.")
        await axe_finds_nothing(page)
        await shot(page, "pair")
        await page.goto(f"{served.console.url}#{served.console.pairing.codes[Role.VIEW]}")
        await page.reload()
        await page.wait_for_selector("#main:not([hidden])")
        assert await page.locator("button[data-act]:enabled").count() == 0
        assert "looking only" in await page.inner_text("#plan")
        assert page.url.endswith("/")
        assert served.acts() == [Act.PLAY_ON]


async def test_a_tablet_pairs_with_the_code_of_the_rooms_own_screen_and_controls(
    browser: Browser, tmp_path: Path
) -> None:
    async with (
        served_room(tmp_path, address=Address(EVERYWHERE, 0, may_move=False)) as served,
        new_page(browser) as own,
        new_page(browser) as tablet,
    ):
        await own.goto(served.console.url)
        await own.wait_for_selector("#tablets:not([hidden])")
        code = await own.inner_text("#code-control")
        assert await own.evaluate("document.getElementById('qr-control').decode().then(() => true)")
        await own.locator("#tablets").scroll_into_view_if_needed()
        await axe_finds_nothing(own)
        await shot(own, "own-screen")
        served.console.is_own_screen = lambda _: False
        await tablet.goto(served.console.url)
        await tablet.fill("#code", code.lower())
        await tablet.click("#pair-form button")
        await tablet.wait_for_selector("#main:not([hidden])")
        await pressed(tablet, "ease")
        await expect(tablet.locator("#last")).to_contain_text("ease, by tablet")
        assert await tablet.locator("#tablets:visible").count() == 0


@pytest.mark.parametrize("theme", ["dim", "night"])
async def test_from_320_to_1920_pixels_nothing_overflows_and_axe_finds_nothing(opened: Opened, theme: str) -> None:
    async with opened() as (_, page):
        if theme == "night":
            await page.click("#night")
        await page.click("#help")
        await pressed(page, "cuff")
        for width, height in ((320, 640), (768, 1024), (1280, 800), (1920, 1080)):
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            small = await page.eval_on_selector_all(".do", TOO_SMALL)
            assert small == []
            await axe_finds_nothing(page)
            await shot(page, f"room-{theme}-{width}")


TOO_SMALL = """all => all.filter(each => each.offsetParent && each.getBoundingClientRect().height < 64)
  .map(each => each.textContent)"""


async def test_the_music_waits_for_start_until_strap_synth_level_and_record_are_looked_at(
    browser: Browser, tmp_path: Path
) -> None:
    loudness = "Loudness: 58 dB(A) at the pillow, measured 2026-11-25"
    about = replace(about_rehearsal(a_setup()), waits=True, sound="the built-in synth", loudness=loudness)
    async with served_room(tmp_path, about=about, plays=False) as served, new_page(browser) as page:
        await page.goto(served.console.url)
        for check in ("strap", "synth", "level", "disk"):
            await page.wait_for_selector(f"#check-{check}[data-ok=true]")
        await axe_finds_nothing(page)
        await shot(page, "preflight")
        assert await page.locator("#start:enabled").count() == 0
        await page.check("#checked")
        await page.click("#start")
        await page.wait_for_selector("#preflight", state="hidden")
        assert served.acts() == [Act.PLAY_ON]
