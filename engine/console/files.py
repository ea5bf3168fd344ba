"""The page's files, read once: what is not among them does not exist, so no path can lead outside."""

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file and its media type."""

    content: bytes
    media_type: str

    async def serve(self, _: Request) -> Response:
        """Send it."""
        return Response(self.content, headers={"content-type": self.media_type})


def load_files() -> dict[str, PageFile]:
    """Every file of the page by its path on the server; ``/`` is the page itself."""
    root = files("engine.console") / "static"
    found = {f"/{path}": file for folder in ("", "vendor/") for path, file in _in(root, folder)}
    return {"/": found.pop("/index.html"), **found}


def _in(root: Traversable, folder: str) -> list[tuple[str, PageFile]]:
    place = root / folder.rstrip("/") if folder else root
    named = [(each.name, "." + each.name.rpartition(".")[2], each) for each in place.iterdir() if each.is_file()]
    return [
        (f"{folder}{name}", PageFile(each.read_bytes(), TYPES[kind])) for name, kind, each in named if kind in TYPES
    ]
