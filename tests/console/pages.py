"""What every page must pass, and pictures of it for whoever wants to look."""

import os
from pathlib import Path

from playwright.async_api import Page

AXE = Path(__file__).parent / "vendor" / "axe.min.js"


async def axe_finds_nothing(page: Page) -> None:
    """No violation of WCAG 2.0 A to 2.2 AA that axe can see; its script comes from the driver, not from the page."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']})")
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


async def shot(page: Page, name: str) -> None:
    """Keep a picture where somebody asked to look at it."""
    folder = os.environ.get("CALANDO_SCREENSHOTS")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
