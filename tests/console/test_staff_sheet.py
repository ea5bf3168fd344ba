"""What docs/staff.md quotes is what staff read: each quoted sentence stands somewhere in the code."""

import re

import pytest

from tests.calls import ROOT

TABLE = (ROOT / "docs" / "staff.md").read_text().partition("## When")[2].partition("\n## ")[0]
SOURCES = [
    path for folder in ("engine", "sensors") for kind in ("*.py", "*.js") for path in (ROOT / folder).rglob(kind)
]
SAID = "\n".join(path.read_text() for path in SOURCES)


@pytest.mark.parametrize("quoted", re.findall(r'"([^"]+)"', TABLE))
def test_what_the_sheet_quotes_is_what_is_said(quoted: str) -> None:
    pieces = [piece.strip() for piece in re.split(r"\.\.\.|\d+(?::\d+)?", quoted)]
    assert all(piece in SAID for piece in pieces), quoted
