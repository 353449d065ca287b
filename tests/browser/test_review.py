"""A stuck case in the browsers of all who work on it: to an adopted advice, and to the top of the ladder."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urljoin

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT, Site
from tests.conftest import DemoWorld

DOMAIN = "demo.lvv.example"
QUESTION = "Kan deze persoon dit jaar een reisdocument krijgen?"
PUT_ON_AGENDAS = "from mrt.tasks import put_on_agendas; put_on_agendas()"
Enter = Callable[[str], Page]


@pytest.fixture
def enter(browser: Browser, site: Site, browser_context_args: dict[str, object]) -> Enter:
    """A browser of their own for everybody: `enter("voorzitter.rotterdam")`."""

    def entered(who: str) -> Page:
        page = browser.new_context(**browser_context_args).new_page()  # type: ignore[arg-type]
        page.goto(f"{site.url}/inloggen/")
        page.locator(f'form:has(input[name="account"][value="{who}@{DOMAIN}"]) button').click()
        page.wait_for_url(f"{site.url}/")
        return page

    return entered


def pass_the_time(world: DemoWorld) -> None:
    """What the timetable does every ten minutes."""
    command = [sys.executable, "manage.py", "shell", "-c", PUT_ON_AGENDAS]
    done = subprocess.run(command, cwd=ROOT, env=world.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()


def test_from_deadlock_to_an_adopted_advice(enter: Enter, demo_world: DemoWorld, site: Site) -> None:
    chair, coordinator = enter("voorzitter.rotterdam"), enter("mrt")
    _get_stuck(chair, site)
    review = chair.url
    _prepare(enter, review)
    _compose(coordinator, review)
    _advise(coordinator, review)
    member = enter("mrt-ind-1")
    _think_otherwise(member, review)
    _sign(enter("casusregisseur.rotterdam"), review)
    gone = member.goto(review)
    assert gone is not None
    assert gone.status == 404
    _hold_a_meeting(chair, site, demo_world)
    chair.goto(review)
    follow(chair, "Advies beantwoorden")
    chair.get_by_label("Het advies overnemen").check()
    chair.get_by_label("Scenario dat hieruit volgt").select_option("return")
    chair.get_by_label("Opnieuw bespreken op").fill((timezone.localdate() + timedelta(days=60)).isoformat())
    press(chair, "Antwoord vastleggen")
    expect(chair.get_by_text("Het antwoord van het LSO is vastgelegd.")).to_be_visible()
    expect(chair.locator("h1 + p, .lvv-page-header__subtitle").get_by_text("Beantwoord").first).to_be_visible()
    expect(chair.get_by_text("Ik zie geen kans binnen een jaar.")).to_be_visible()


def _get_stuck(chair: Page, site: Site) -> None:
    """The LSO decides in the room that it can't agree, and asks the MRT one question."""
    chair.goto(f"{site.url}/overleggen/")
    row = chair.get_by_role("row").filter(has_text="Gehouden, nog niet afgesloten").first
    chair.goto(urljoin(site.url, str(row.get_by_role("link").get_attribute("href"))))
    chair.get_by_role("link", name=re.compile("^Bespreken")).first.click()
    chair.get_by_role("link", name=re.compile("^Naar het MRT")).first.click()
    chair.get_by_label("Toelichting").first.fill("Partijen lezen de stukken verschillend.")
    chair.get_by_label("Geen overeenstemming", exact=True).check()
    chair.get_by_label("Documenten").check()
    for wrong in ("Een reisdocument", "Kan het? En wanneer?"):
        chair.get_by_label("Centrale vraag").fill(wrong)
        press(chair, "Besluiten en voorleggen aan het MRT")
        expect(chair.get_by_text("Stel precies één centrale vraag").first).to_be_visible()
    chair.get_by_label("Centrale vraag").fill(QUESTION)
    press(chair, "Besluiten en voorleggen aan het MRT")
    chair.goto(f"{site.url}/mrt/")
    chair.get_by_role("row").filter(has_text=QUESTION).get_by_role("link").click()
    expect(chair.get_by_text(QUESTION)).to_be_visible()


def _prepare(enter: Enter, review: str) -> None:
    """The municipality works the request out, the NGO is ready, help is asked of the IND."""
    worker, ngo = enter("casusregisseur.rotterdam"), enter("begeleider.rotterdam")
    worker.goto(review)
    follow(worker, "Aanvraag uitwerken")
    worker.get_by_label("Waarover zijn partijen het eens?").fill("De naam staat vast.")
    worker.get_by_label("Waarover precies verschillen partijen: documenten?").fill("Of er een paspoort was.")
    worker.get_by_label("Wat is geprobeerd").fill("Twee presentaties.")
    press(worker, "Aanvraag bewaren")
    follow(worker, "Hulp vragen")
    worker.get_by_label("Aan wie?").select_option(label="IND, LSO Rotterdam")
    worker.get_by_label("Wat vraagt u?").fill("Is er jurisprudentie?")
    press(worker, "Hulp vragen")
    expect(worker.get_by_text("Gevraagd: Is er jurisprudentie?")).to_be_visible()
    ngo.goto(review)
    ngo.get_by_role("link", name=re.compile("^Klaar melden")).click()
    ngo.get_by_label("Toelichting").fill("Wil graag duidelijkheid.")
    press(ngo, "Klaar melden")
    expect(ngo.get_by_text("Wil graag duidelijkheid.")).to_be_visible()


def _compose(coordinator: Page, review: str) -> None:
    coordinator.goto(review)
    for member in ("Noor", "Samira", "Mira Meidoorn", "Otto Olm", "Vera Vlier"):
        follow(coordinator, "Zetel toewijzen")
        offered = coordinator.get_by_label("Lid", exact=True).locator("option").filter(has_text=member)
        coordinator.get_by_label("Lid", exact=True).select_option(str(offered.get_attribute("value")))
        coordinator.get_by_label("Dit lid verklaart").check()
        press(coordinator, "Zetel toewijzen")
        expect(coordinator.get_by_text("De zetel is toegewezen.")).to_be_visible()
    follow(coordinator, "Overleg plannen")
    coordinator.get_by_label("Datum").fill((timezone.localdate() + timedelta(days=3)).isoformat())
    coordinator.get_by_label("Plaats").fill("Utrecht")
    press(coordinator, "Overleg plannen")
    expect(coordinator.get_by_text("Het overleg is gepland.")).to_be_visible()


def _advise(coordinator: Page, review: str) -> None:
    follow(coordinator, "Bespreking vastleggen")
    coordinator.get_by_label("Wat is besproken?").fill("De route langs de ambassade.")
    press(coordinator, "Bespreking vastleggen")
    follow(coordinator, "Advies opstellen")
    coordinator.get_by_label("Inzetten op vertrek").check()
    coordinator.get_by_label("Documenten").check()
    coordinator.get_by_label("Advies", exact=True).fill("Vraag een vervangend reisdocument aan.")
    press(coordinator, "Concept ondertekenen")
    expect(coordinator.get_by_text("door u ondertekend")).to_be_visible()
    assert coordinator.url == review


def _think_otherwise(member: Page, review: str) -> None:
    member.goto(review)
    follow(member, "Minderheidsopmerking schrijven")
    member.get_by_label("Uw minderheidsopmerking").fill("Ik zie geen kans binnen een jaar.")
    press(member, "Opmerking bewaren")
    expect(member.get_by_text("Uw opmerking is bewaard.")).to_be_visible()


def _sign(member: Page, review: str) -> None:
    member.goto(review)
    follow(member, "Advies ondertekenen")
    expect(member.get_by_text("Vraag een vervangend reisdocument aan.")).to_be_visible()
    press(member, "Ondertekenen")
    expect(member.get_by_text("Het advies is gegeven.")).to_be_visible()


def _hold_a_meeting(chair: Page, site: Site, world: DemoWorld) -> None:
    """A meeting is planned for today; what waits for the LSO comes on its agenda by itself."""
    chair.goto(f"{site.url}/overleggen/plannen/")
    chair.get_by_label("Datum").fill(timezone.localdate().isoformat())
    chair.get_by_label("Plaats").fill("Stadhuis")
    press(chair, "Overleg plannen")
    meeting = chair.url
    pass_the_time(world)
    chair.goto(meeting)
    expect(chair.get_by_text("Advies van het MRT").first).to_be_visible()
    follow(chair, "Overleg is gehouden")
    press(chair, "Vastleggen dat het overleg is gehouden")


def test_to_the_top_of_the_ladder_and_back(enter: Enter, demo_world: DemoWorld, site: Site) -> None:
    chair, coordinator = enter("voorzitter.eindhoven"), enter("mrt")
    chair.goto(f"{site.url}/mrt/")
    chair.get_by_role("row").filter(has_text="Bij de stuurgroep").get_by_role("link").click()
    review = chair.url
    for page, stage in ((chair, "Bij de programmaraad"), (coordinator, "Bij het bestuurlijk overleg")):
        page.goto(review)
        follow(page, "Uitkomst vastleggen")
        page.get_by_label("Komt er niet uit: naar het volgende niveau").check()
        page.get_by_label("Toelichting").fill("Verdeeld.")
        press(page, "Uitkomst vastleggen")
        expect(page.get_by_text(stage).first).to_be_visible()
    coordinator.goto(review)
    follow(coordinator, "Uitkomst vastleggen")
    expect(coordinator.get_by_label("Komt er niet uit: naar het volgende niveau")).to_have_count(0)
    coordinator.get_by_label("Kiest een andere richting").check()
    coordinator.get_by_label("Toelichting").fill("Nieuwe feiten over de gezondheid.")
    press(coordinator, "Uitkomst vastleggen")
    expect(coordinator.get_by_text("Kies een richting").first).to_be_visible()
    coordinator.get_by_label("Richting", exact=True).select_option("stay")
    press(coordinator, "Uitkomst vastleggen")
    expect(coordinator.get_by_text("De uitkomst ligt nu bij het LSO.")).to_be_visible()
    _hold_a_meeting(chair, site, demo_world)
    chair.goto(review)
    follow(chair, "Advies beantwoorden")
    chair.get_by_label("Het advies overnemen").check()
    press(chair, "Antwoord vastleggen")
    expect(chair.get_by_text("Wijk van het advies af.").first).to_be_visible()
    chair.get_by_label("Van het advies afwijken").check()
    chair.get_by_label("Reden om af te wijken").fill("Het bestuurlijk overleg koos verblijf.")
    chair.get_by_label("Scenario dat hieruit volgt").select_option("medical")
    chair.get_by_label("Opnieuw bespreken op").fill((timezone.localdate() + timedelta(days=60)).isoformat())
    press(chair, "Antwoord vastleggen")
    expect(chair.get_by_text("Het antwoord van het LSO is vastgelegd.")).to_be_visible()
    expect(chair.get_by_text("Bestuurlijk overleg").first).to_be_visible()
