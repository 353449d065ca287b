"""Makes the picture of the README from a running trial: `.venv/bin/python -m tests.browser.pictures http://127.0.0.1:8000`."""

import base64
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import CHROMIUM, FLAGS

PICTURE = Path(__file__).with_name("pictures.png")
CHAIR = "voorzitter.amsterdam@demo.lvv.example"
SIZE = {"width": 1280, "height": 860}
# What stands on the picture, and how to get there from the home page.
PAGES = ("Start", "Zaken", "Overleggen", "Monitor")


def main(address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=SIZE, locale="nl-NL")  # type: ignore[arg-type]
        page.goto(f"{address}/inloggen/")
        page.locator(f'form:has(input[name="account"][value="{CHAIR}"]) button').click()
        _join(browser, [_shot(page, address, title) for title in PAGES])


def _shot(page: Page, address: str, title: str) -> bytes:
    page.get_by_role("navigation").first.get_by_role("link", name=title).click()
    if title == "Monitor":
        page.goto(f"{address}/monitor/?on=2020-11-01")
    return page.screenshot()


def _join(browser: Browser, shots: list[bytes]) -> None:
    """Two by two on one sheet."""
    sheet = browser.new_page(viewport={"width": 1320, "height": 910})
    images = "".join(f'<img width="650" src="data:image/png;base64,{base64.b64encode(s).decode()}">' for s in shots)
    sheet.set_content(f'<body style="margin:4px;background:#888;display:grid;grid:auto/1fr 1fr;gap:6px">{images}')
    sheet.screenshot(path=PICTURE)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
