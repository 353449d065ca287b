"""The main job in a real browser, without touching the mouse: from registration to exit, and to the monitor."""

from datetime import date, timedelta
from itertools import takewhile
from uuid import uuid4

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LogIn, Site

CHAIR = "voorzitter.amsterdam@demo.lvv.example"
MOST_TABS = 150
NAME = f"Proef-{uuid4().hex[:8]}"


class Keyboard:
    """A visitor who has a keyboard only: goes to things with the tab key, and sees where they are."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, target: Locator) -> None:
        """Press tab until the target has the focus; it must be visible there."""
        target = target.first
        expect(target).to_be_visible()
        for _ in range(MOST_TABS):
            if target.evaluate("element => element === document.activeElement"):
                outline = target.evaluate(
                    "element => { const s = getComputedStyle(element); return s.outlineStyle + s.boxShadow }"
                )
                assert outline != "nonenone", "de focus is niet te zien"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"met de tabtoets niet te bereiken: {target}")

    def press(self, target: Locator) -> None:
        self.go_to(target)
        self.page.keyboard.press("Enter")

    def link(self, name: str) -> None:
        self.press(self.page.get_by_role("link", name=name))

    def button(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name=name))

    def fill(self, label: str, text: str) -> None:
        self.go_to(self.page.get_by_label(label))
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, label: str, option: str) -> None:
        """Choose in a select by typing the option's name."""
        field = self.page.get_by_label(label)
        self.go_to(field)
        # A letter with an accent is no key of its own here; what comes before it says enough.
        self.page.keyboard.type("".join(takewhile(str.isascii, option)))
        expect(field.locator("option:checked")).to_have_text(option)

    def tick(self, name: str) -> None:
        """Choose a radio: tab goes to the group, arrows go through it."""
        radio = self.page.get_by_role("radio", name=name, exact=True)
        group = self.page.locator(f"input[name='{radio.get_attribute('name')}']")
        for _ in range(MOST_TABS):
            if group.evaluate_all("radios => radios.includes(document.activeElement)"):
                break
            self.page.keyboard.press("Tab")
        for _ in range(group.count()):
            if radio.evaluate("radio => radio === document.activeElement"):
                break
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Space")
        expect(radio).to_be_checked()

    def day(self, label: str, day: date) -> None:
        self.go_to(self.page.get_by_label(label))
        # The order of the browser's own language, which is English here (see conftest).
        self.page.keyboard.type(f"{day:%m%d%Y}")
        expect(self.page.get_by_label(label)).to_have_value(day.isoformat())


def test_a_chair_brings_a_person_from_registration_to_departure_by_keyboard(site: Site, log_in: LogIn) -> None:
    page = log_in(CHAIR)
    keys = Keyboard(page)
    today = timezone.localdate()
    _register(keys, page)
    _admit(keys, page)
    _give_a_place(keys, page, today - timedelta(days=3))
    _leave(keys, page, today)
    expect(page.get_by_role("heading", name="Tijdlijn")).to_be_visible()
    expect(page.get_by_text("Deze zaak is gesloten op")).to_be_visible()
    keys.link("Monitor")
    expect(page.get_by_role("heading", name="Klopt de balans?")).to_be_visible()


def _register(keys: Keyboard, page: Page) -> None:
    keys.link("Zaken")
    keys.link("Persoon aanmelden")
    keys.fill("Naam", NAME)
    keys.button("Zoeken")
    expect(page.get_by_role("heading", name="Niemand gevonden: meld een nieuwe persoon aan")).to_be_visible()
    keys.fill("Achternaam", NAME)
    keys.choose("Geslacht", "Vrouw")
    keys.choose("Nationaliteit", "Armenië")
    keys.day("Aangemeld op", timezone.localdate() - timedelta(days=10))
    keys.button("Persoon aanmelden")
    expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()


def _admit(keys: Keyboard, page: Page) -> None:
    keys.link("Toelatingstoets invullen")
    expect(page.get_by_role("heading", name="Toelatingstoets invullen")).to_be_visible()
    for question in page.locator("select").all():
        keys.go_to(question)
        page.keyboard.type("Ja")
    keys.day("Getoetst op", timezone.localdate() - timedelta(days=5))
    keys.button("Toets vastleggen")
    keys.link("Besluit over toelating")
    keys.tick("Toegelaten")
    keys.tick("Ja, binnen het convenant")
    keys.day("Datum van het besluit", timezone.localdate() - timedelta(days=4))
    keys.button("Besluit vastleggen")


def _give_a_place(keys: Keyboard, page: Page, on: date) -> None:
    keys.link("Verblijf vastleggen")
    keys.tick("LVV-verblijf")
    keys.fill("Locatie", "Locatie Proef")
    keys.day("Eerste nacht", on)
    keys.button("Verblijf vastleggen")


def _leave(keys: Keyboard, page: Page, on: date) -> None:
    keys.link("Uitstroom vastleggen")
    keys.choose("Wijze van uitstroom", "Vertrek naar het land van herkomst")
    keys.day("Datum van vertrek", on)
    keys.choose("Land van bestemming", "Armenië")
    keys.fill("Bewijsstuk", "Vertrekmelding proef")
    keys.button("Uitstroom vastleggen")
