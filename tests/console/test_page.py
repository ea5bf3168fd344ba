"""The staff page in a real browser: what it shows, what it does, and that nothing leaves the room's own server."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from engine.inputs import Act
from tests.console.rooms import ServedRoom, chromium, needs_chromium, served_room

pytestmark = [pytest.mark.asyncio, needs_chromium]

SHORT_MS = 8000


@asynccontextmanager
async def opened(folder: Path, width: int = 1280, height: int = 900) -> AsyncIterator[tuple[ServedRoom, Page]]:
    """A room's page in a browser; any script error or foreign request fails the test."""
    strayed: list[str] = []
    async with served_room(folder) as served, chromium() as browser:
        page = await browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(SHORT_MS)
        page.on("pageerror", lambda error: strayed.append(str(error)))
        page.on("console", lambda said: strayed.append(said.text) if said.type in {"error", "warning"} else None)
        page.on(
            "request", lambda asked: None if asked.url.startswith(served.console.url) else strayed.append(asked.url)
        )
        await page.goto(served.console.url)
        await page.wait_for_selector("#main:not([hidden])")
        yield served, page
    assert strayed == []


async def pressed(page: Page, act: str) -> None:
    """Press a control and wait until the room has done and recorded it."""
    await page.click(f".controls [data-act={act}]:visible, .bottom [data-act={act}]")
    await page.wait_for_selector(f"[data-act={act}][data-state='done, recorded']")


async def test_it_is_usable_within_a_second_and_shows_the_heart(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, page):
        usable_ms = await page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        assert usable_ms < 1000
        await expect(page.locator("#hr")).to_have_text(re.compile(r"^\d{2,3}$"), timeout=SHORT_MS)
        assert "ago" in await page.inner_text("#hr-age")
        assert await page.inner_text("#phase") == "arrival"
        assert "Music aid. Not a monitor; no alarms." in await page.inner_text(".bottom")


async def test_a_command_is_sent_then_done_within_a_tenth_of_a_second_then_recorded(tmp_path: Path) -> None:
    async with opened(tmp_path) as (served, page):
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


async def test_silence_is_one_press_and_the_page_says_that_it_stays(tmp_path: Path) -> None:
    async with opened(tmp_path) as (served, page):
        await asyncio.sleep(1)
        await pressed(page, "silence")
        await expect(page.locator("#banner")).to_have_text(re.compile("^Silent"))
        assert served.acts()[-1] is Act.SILENCE
        assert served.output.cues[-1][1].stop == "silence"


async def test_what_was_marked_can_be_undone_for_ten_seconds(tmp_path: Path) -> None:
    async with opened(tmp_path) as (served, page):
        await pressed(page, "next_phase")
        await expect(page.locator("#phase")).not_to_have_text("arrival")
        await page.wait_for_selector("#undo:enabled")
        assert "Undo next phase" in await page.inner_text("#undo")
        await page.click("#undo")
        await expect(page.locator("#phase")).to_have_text("arrival")
        assert served.acts()[-2:] == [Act.NEXT_PHASE, Act.UNDO]
        await page.wait_for_selector("#undo:disabled")
