"""A real browser, headless: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def running_browser() -> Iterator[Any]:
    """A browser; tests that ask for one are skipped with the reason where there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("needs Chromium (of Debian: apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """A page from disk, and what went wrong in it.

    Attributes:
        page: Playwright's.
        problems: errors of scripts and of the console, and every request that left the disk.
    """

    def __init__(self, browser: Any, width: int = 1280, height: int = 900) -> None:
        self._context = browser.new_context(viewport={"width": width, "height": height})
        self.page = self._context.new_page()
        self.page.set_default_timeout(5000)
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", self._asked)

    def open(self, path: Path, fragment: str = "") -> None:
        """Open a page anew, with a fragment of its address."""
        self.page.goto("about:blank")
        self.page.goto(path.resolve().as_uri() + fragment)

    def text(self, selector: str) -> str:
        """What stands there."""
        found: str = self.page.locator(selector).inner_text()
        return found

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        script = "document.documentElement.scrollWidth - window.innerWidth"
        found: int = self.page.evaluate(script)
        return found

    def close(self) -> None:
        self._context.close()

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "about:")):
            self.problems.append(f"request to {request.url}")
