"""The main job in a real browser, without touching the mouse: from registration to exit, and to the monitor."""

from datetime import date, timedelta
from uuid import uuid4

from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import LogIn, Site
from tests.browser.keyboard import Keyboard

CHAIR = "voorzitter.amsterdam@demo.lvv.example"
NAME = f"Proef-{uuid4().hex[:8]}"


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
