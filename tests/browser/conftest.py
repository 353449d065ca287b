"""The product as it runs, with its demo world, on a database of its own; a real Chromium in front of it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Error, Page

from tests.browser.chromium import CHROMIUM, FLAGS
from tests.conftest import DemoWorld

ROOT = Path(settings.BASE_DIR)
START_WITHIN = 60  # seconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    if CHROMIUM is None:
        if os.environ.get("E2E") == "require":
            pytest.fail("Chromium ontbreekt en E2E=require: installeer chromium.")
        pytest.skip("Chromium ontbreekt: de browsertests zijn overgeslagen.")
    return {"executable_path": CHROMIUM, "args": FLAGS, "env": {**os.environ, "LANGUAGE": "en_US"}}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, object]:
    return {"locale": "nl-NL", "timezone_id": "Europe/Amsterdam", "viewport": {"width": 1280, "height": 900}}


@dataclass(frozen=True)
class Site:
    """A running product with its demo world: its address, and the owner's address of its database."""

    url: str
    database: str


@pytest.fixture(scope="module")
def site(demo_world: DemoWorld) -> Iterator[Site]:
    with _served(demo_world.environment) as url:
        yield Site(url, demo_world.owner_url)


@contextmanager
def _served(env: dict[str, str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "lvv.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    server = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/health/live")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def wait_for(address: str) -> None:
    """Until the address answers, within a minute."""
    end = time.monotonic() + START_WITHIN
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{address} antwoordt niet")


LogIn = Callable[[str], Page]
FindViolations = Callable[..., list[str]]


def log_in_to(site: Site, page: Page, email: str) -> None:
    """Log in with one click."""
    page.goto(f"{site.url}/inloggen/")
    page.locator(f'form:has(input[name="account"][value="{email}"]) button').click()
    page.wait_for_url(f"{site.url}/")


@pytest.fixture
def log_in(page: Page, site: Site) -> LogIn:
    """Log in as a demo account: `log_in("voorzitter.amsterdam@demo.lvv.example")`."""

    def logged_in(email: str) -> Page:
        log_in_to(site, page, email)
        return page

    return logged_in


@pytest.fixture(scope="module")
def open_as(browser: Browser, browser_context_args: dict[str, Any], site: Site) -> Iterator[LogIn]:
    """The page of an account, which is logged in. The tests of a module share it: a new one takes twice as long."""
    pages: dict[str, Page] = {}

    def opened(email: str) -> Page:
        if email not in pages:
            pages[email] = browser.new_context(**browser_context_args).new_page()
            log_in_to(site, pages[email], email)
        return pages[email]

    yield opened
    for page in pages.values():
        page.context.close()


@contextmanager
def errors_of(page: Page) -> Iterator[list[str]]:
    """The errors that the page writes on its console or does not catch, as long as the block runs."""
    errors: list[str] = []

    def written(message: ConsoleMessage) -> None:
        errors.extend([message.text] if message.type == "error" else [])

    def not_caught(error: Error) -> None:
        errors.append(str(error))

    page.on("console", written)
    page.on("pageerror", not_caught)
    yield errors
    page.remove_listener("console", written)
    page.remove_listener("pageerror", not_caught)


@pytest.fixture(scope="session")
def find_violations() -> FindViolations:
    """What axe finds wrong on a page, one line each; without the rules that are named."""

    def found(page: Page, *without: str) -> list[str]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        options = {"resultTypes": ["violations"], "rules": {rule: {"enabled": False} for rule in without}}
        result = page.evaluate("options => axe.run(options)", options)
        return [
            f"{page.url}: {violation['id']}: {node['html'][:120]}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]

    return found
