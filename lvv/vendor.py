"""Serves single files of the npm packages, because their folders hold thousands of files that no page needs."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage

_FONT = "source-sans-3-{}-normal.woff2"
# The name under which a page asks for it, and where it stands in node_modules.
VENDOR_FILES = {
    "vendor/voorbeeld-theme.css": "@nl-design-system-unstable/voorbeeld-design-tokens/dist/theme.css",
    "vendor/utrecht-button.css": "@utrecht/button-css/dist/index.css",
    "vendor/utrecht-textbox.css": "@utrecht/textbox-css/dist/index.css",
    "vendor/utrecht-select.css": "@utrecht/select-css/dist/index.css",
    **{
        f"vendor/{_FONT.format(cut)}": f"@fontsource/source-sans-3/files/{_FONT.format(cut)}"
        for cut in ("latin-400", "latin-600", "latin-ext-400", "latin-ext-600")
    },
}


class VendorStorage(FileSystemStorage):
    """Finds the file behind the name under which it is served."""

    def path(self, name: str) -> str:
        return super().path(VENDOR_FILES[name])


class VendorFinder(BaseFinder):
    storage = VendorStorage(location=settings.BASE_DIR / "node_modules")

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> str | list[str] | None:  # type: ignore[override]
        paths = [self.storage.path(path)] if path in VENDOR_FILES else []
        return paths if find_all else next(iter(paths), None)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, VendorStorage]]:
        for name in VENDOR_FILES:
            yield name, self.storage
