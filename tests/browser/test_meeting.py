"""A whole meeting in four browsers at once: prepared, held, disturbed, decided, closed and corrected."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT, wait_for
from tests.browser.keyboard import Keyboard
from tests.conftest import DemoWorld

DOMAIN = "demo.lvv.example"
SECRET = f"Zwijgwoord-{uuid4().hex[:8]}"
LONGEST_LOSS = 10_000  # ms: what was typed longer ago is at the server


class Server:
    """The product on an address of its own, to be killed and started again."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "lvv.wsgi", "--bind", f"127.0.0.1:{self.port}", "--threads", "4"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.env, stderr=subprocess.DEVNULL, start_new_session=True
        )
        wait_for(f"{self.url}/health/live")

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@pytest.fixture
def server(demo_world: DemoWorld) -> Iterator[Server]:
    running = Server(demo_world.environment)
    yield running
    running.kill()


@pytest.fixture
def table(browser: Browser, server: Server, browser_context_args: dict[str, object]) -> dict[str, Page]:
    """Chair, minute taker, IND and NGO of Amsterdam, each in a browser of their own."""
    pages = {}
    for who in ("voorzitter", "casusregisseur", "ind", "begeleider"):
        page = browser.new_context(**browser_context_args).new_page()  # type: ignore[arg-type]
        page.goto(f"{server.url}/inloggen/")
        page.locator(f'form:has(input[name="account"][value="{who}.amsterdam@{DOMAIN}"]) button').click()
        page.wait_for_url(f"{server.url}/")
        pages[who] = page
    return pages


def test_a_meeting_of_four_from_preparation_to_minutes(server: Server, table: dict[str, Page]) -> None:
    _prepare(table, server)
    chair = table["voorzitter"]
    meeting = _held_meeting(chair, server)
    chair.get_by_role("link", name=re.compile("^Bespreken")).first.click()
    room = chair.url
    typed = _write_through_trouble(table, server, room)
    _turn_letters_off(chair)
    _decide(chair)
    _close(chair, meeting)
    _read_and_correct(table, meeting, typed)


def _prepare(table: dict[str, Page], server: Server) -> None:
    """The NGO gives its position; nobody else reads it before the deadline."""
    ngo = table["begeleider"]
    planned = _coming_meeting(ngo, server)
    ngo.goto(f"{planned}voorbereiden/")
    ngo.get_by_role("link", name=re.compile("^Standpunt schrijven")).first.click()
    ngo.get_by_label("Voorbehoud").check()
    ngo.get_by_label("Toelichting").fill(SECRET)
    ngo.get_by_role("button", name="Standpunt geven").click()
    expect(ngo.get_by_text("Uw standpunt is gegeven.")).to_be_visible()
    for who in ("voorzitter", "casusregisseur", "ind"):
        table[who].goto(f"{planned}voorbereiden/")
        assert SECRET not in table[who].content()
        expect(table[who].get_by_text("Gegeven, nog gesloten").first).to_be_visible()


def _coming_meeting(page: Page, server: Server) -> str:
    page.goto(f"{server.url}/overleggen/")
    return server.url + str(page.locator("section[aria-labelledby=komend] a").first.get_attribute("href"))


def _held_meeting(page: Page, server: Server) -> str:
    page.goto(f"{server.url}/overleggen/")
    row = page.get_by_role("row").filter(has_text="Gehouden, nog niet afgesloten").first
    page.goto(server.url + str(row.get_by_role("link").get_attribute("href")))
    return page.url


def _write_through_trouble(table: dict[str, Page], server: Server, room: str) -> str:
    """Text survives a lost connection, a killed server and a second editor."""
    chair, second = table["voorzitter"], table["casusregisseur"]
    second.goto(room)
    said = chair.locator("[data-state]").first
    box = chair.get_by_label("Besproken")
    chair.keyboard.press("v")
    expect(box).to_be_focused()
    chair.keyboard.type("Voor de storing. ")
    expect(said).to_have_text(re.compile("Bewaard om"), timeout=LONGEST_LOSS)

    chair.context.set_offline(True)
    chair.keyboard.type("Zonder verbinding. ")
    expect(said).to_have_text(re.compile("Geen verbinding"), timeout=LONGEST_LOSS)
    chair.context.set_offline(False)
    expect(said).to_have_text(re.compile("Bewaard om"), timeout=LONGEST_LOSS)

    chair.keyboard.type("Halverwege een w")
    server.kill()
    chair.keyboard.type("oord. ")
    expect(said).to_have_text(re.compile("Geen verbinding"), timeout=LONGEST_LOSS)
    server.start()
    expect(said).to_have_text(re.compile("Bewaard om"), timeout=LONGEST_LOSS)
    text = "Voor de storing. Zonder verbinding. Halverwege een woord."

    second.get_by_label("Besproken").fill("Tekst van de notulist")
    expect(second.get_by_text("heeft deze tekst intussen gewijzigd")).to_be_visible(timeout=LONGEST_LOSS)
    expect(second.locator('[data-theirs="discussion"]')).to_have_text(text)
    expect(second.get_by_label("Besproken")).to_have_value("Tekst van de notulist")
    second.get_by_role("button", name="De andere tekst overnemen").click()
    second.goto(room)
    expect(second.get_by_label("Besproken")).to_have_value(text)
    return text


def _turn_letters_off(chair: Page) -> None:
    """Single letters can be turned off, for who speaks to the computer (WCAG 2.1.4); the browser remembers it."""
    room, box = chair.url, chair.locator("[data-keys] input")
    for is_on in (False, True):
        chair.locator("summary").filter(has_text="Toetsen").click()
        box.set_checked(is_on)
        chair.reload()
        assert box.is_checked() is is_on
        chair.keyboard.press("v")
        assert chair.get_by_label("Besproken").evaluate("box => box === document.activeElement") is is_on
    assert chair.url == room


def _decide(chair: Page) -> None:
    """Without the mouse."""
    chair.keyboard.press("Escape")
    keys = Keyboard(chair)
    choice = chair.get_by_role("link", name="Geen besluit: aangehouden")
    keys.go_to(choice)
    chair.keyboard.press(str(choice.get_attribute("aria-keyshortcuts")))
    expect(chair.get_by_label("Reden van aanhouden")).to_be_focused()
    keys.fill("Reden van aanhouden", "Het dossier volgt")
    keys.button("Besluit vastleggen")
    expect(chair.get_by_text("Vastgelegd over zaak")).to_be_visible()


def _close(chair: Page, meeting: str) -> None:
    chair.goto(meeting)
    keys = Keyboard(chair)
    keys.link("Overleg afsluiten")
    keys.button("Overleg afsluiten")
    expect(chair.get_by_text("Het overleg is afgesloten.")).to_be_visible()


def _read_and_correct(table: dict[str, Page], meeting: str, typed: str) -> None:
    for who in ("ind", "begeleider"):
        table[who].goto(f"{meeting}verslag/")
        expect(table[who].get_by_text(typed)).to_be_visible()
    ind = table["ind"]
    ind.get_by_role("link", name="Correctie voorstellen").click()
    ind.get_by_label("Wat moet er anders staan?").fill("Het dossier volgt in januari")
    ind.get_by_role("button", name="Correctie voorstellen").click()
    expect(ind.get_by_text("Uw correctie is voorgesteld.")).to_be_visible()
    chair = table["voorzitter"]
    chair.goto(f"{meeting}verslag/")
    expect(chair.get_by_text("Het dossier volgt in januari")).to_be_visible()
