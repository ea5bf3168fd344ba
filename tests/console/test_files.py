"""The page's files: what is served, what is vendored unchanged with its licence, and that the page fetches no other."""

import hashlib
import re
from pathlib import Path

import pytest

from engine.console.files import load_files

STATIC = Path(__file__).parents[2] / "engine" / "console" / "static"
VENDORS = (STATIC / "vendor", Path(__file__).parent / "vendor")


@pytest.mark.parametrize("folder", VENDORS, ids=lambda folder: folder.parent.name)
def test_vendored_files_are_unchanged_and_carry_their_licence(folder: Path) -> None:
    table = (folder / "VENDORED.md").read_text()
    sums = dict(re.findall(r"^\| (\S+) \|.*\b([0-9a-f]{64}) \|$", table, re.MULTILINE))
    licences = {path.name for path in folder.iterdir() if "LICENSE" in path.name}
    assert {path.name for path in folder.iterdir()} == {*sums, *licences, "VENDORED.md"}
    assert licences
    assert all(name in table for name in licences)
    for name, wanted in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == wanted


def test_every_file_that_the_page_names_is_served_and_none_is_elsewhere() -> None:
    served = load_files()
    page = served["/"].content.decode()
    scripts = [file.content.decode() for path, file in served.items() if path.endswith(".js") and "vendor" not in path]
    named = set(re.findall(r'(?:src|href)="([^"#]+)"', page))
    named |= {f"/{name}" for script in scripts for name in re.findall(r'from "\./([^"]+)"', script)}
    assert named <= set(served)
    assert not re.search(r"https?://(?!\$)", page.replace("http://www.w3.org/2000/svg", ""))
    assert not any(re.search(r'"(https?:)?//', script) for script in scripts)


def test_the_staffs_sheet_names_every_key_of_the_page() -> None:
    page, sheet = load_files()["/"].content.decode(), (STATIC.parents[2] / "docs" / "staff.md").read_text()
    for key in re.findall(r'data-key="([^"]+)"', page):
        assert f"`{'space' if key == ' ' else key}`" in sheet


def test_the_page_has_no_inline_script_or_style_that_its_policy_would_refuse() -> None:
    page = load_files()["/"].content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", page)


def test_the_licence_and_the_list_of_vendored_files_are_not_pages() -> None:
    assert not any(path.endswith((".md", ".LICENSE")) for path in load_files())
