"""A word that no line can hold breaks: no page that shows one scrolls sideways."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from accounts.acting import acting_as
from accounts.models import User
from cases import admission, intake, notes, procedures, stays
from cases.models import Case
from scenarios.guidance import actions, questions
from scenarios.meetings import backlog, passages, planning, positions
from tests.browser import subjects
from tests.browser.conftest import LogIn, Site
from tests.browser.test_pages import NARROW, WIDE, path_of
from tests.conftest import met
from tests.lvv.addresses import GUARDED

LONG = ("Hottentottententententoonstelling" * 4)[:120]
CHAIR = "voorzitter.amsterdam@demo.lvv.example"
# A table that scrolls inside its region would hide a part of the word.
FITS = "[...document.querySelectorAll('.lvv-table')].every((one) => one.offsetWidth <= one.parentElement.offsetWidth)"
# Pages without a subject that show what is made here.
LISTS = ("/", "/zaken/", "/overleggen/", "/overleggen/acties/", "/overleggen/vragen/", "/overleggen/voorgedragen/")


@pytest.fixture(scope="module")
def long_words(in_demo_world: None) -> dict[str, str]:
    """A case of which all that somebody typed is one long word: ids by the name of the model."""
    chair = User.objects.get(email=CHAIR)
    now, today = timezone.now(), timezone.localdate()
    with acting_as(chair):
        ours = chair.memberships.get().organisation
        assert ours.municipality is not None
        identity = intake.Identity(family_name=LONG, given_names=LONG)
        case = intake.register(ours.municipality, identity=identity, by=chair, on=today - timedelta(days=20), at=now)
        readings = met(case, today)
        admission.test(case, readings=readings, by=chair, on=today - timedelta(days=9), at=now)
        admission.decide(case, outcome="admitted", inside_covenant=True, by=chair, on=today - timedelta(days=9), at=now)
        stay = stays.place(case, location=LONG, by=chair, on=today - timedelta(days=8), at=now)
        procedure = procedures.file(case, kind="appeal", by=chair, on=today, at=now)
        notes.write(case, organisation=ours, compartment="shared", text=f"{LONG} {LONG}", by=chair, at=now)
        action = actions.agree(
            case, organisation=ours, text=LONG, due_on=today, by=chair, on=today - timedelta(days=1), at=now
        )
        on_an_agenda = _on_an_agenda(case, chair)
        nomination = backlog.nominate(case, organisation=ours, purpose="review", question=LONG, by=chair, at=now)
        ind = case.parties.get(organisation__kind="ind", organisation__municipality=case.municipality).organisation
        question = questions.ask(
            case, asker=ours, organisation=ind, kind="file", text=LONG, due_on=today, by=chair, on=today, at=now
        )
        return {
            "Case": str(case.pk),
            "Action": str(action.pk),
            "Nomination": str(nomination.pk),
            "Question": str(question.pk),
            "stay": str(stay.pk),
            "procedure": str(procedure.pk),
            **on_an_agenda,
        }


def _on_an_agenda(case: Case, chair: User) -> dict[str, str]:
    """Of a meeting that is far off, so that it comes after those of the demo world; with a position and its file."""
    now, today = timezone.now(), timezone.localdate()
    ours = chair.memberships.get().organisation
    coming = planning.plan(case.municipality, held_on=today + timedelta(days=300), place=LONG, by=chair, at=now)
    item = planning.put_on_agenda(coming, case, purpose="review", question=LONG, by=chair, at=now)
    asked = positions.ask(item, due_at=now + timedelta(days=9), by=chair, at=now)
    request = asked.requests.get(organisation=ours)
    positions.save_draft(request, stance="agree", text=LONG, version=0, by=chair, at=now)
    attached = positions.attach(request, name=f"{LONG[:110]}.png", content=b"\x89PNG\r\n\x1a\n", by=chair, at=now)
    passage = passages.write(item, organisation=ours, text=LONG, readers=[], by=chair, at=now)
    return {
        "Meeting": str(coming.pk),
        "AgendaItem": str(item.pk),
        "PositionRequest": str(request.pk),
        "PositionFile": str(attached.pk),
        "Passage": str(passage.pk),
    }


def _shows(page: Page, address: str) -> bool:
    """Whether the page shows a long word; it must not scroll sideways, whatever it shows."""
    # Asked first: the browser can't go to what it downloads.
    answer = page.request.get(address)
    if answer.status != 200 or "html" not in answer.headers["content-type"]:
        return False
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{page.url}: {width} bij {size['width']}"
        assert page.evaluate(FITS), f"{page.url}: een tabel is breder dan haar vak bij {size['width']}"
    return LONG[:110] in page.content()


def test_no_list_scrolls_sideways(site: Site, open_as: LogIn, long_words: dict[str, str]) -> None:
    page = open_as(CHAIR)
    assert {path for path in LISTS if not _shows(page, site.url + path)} == set()


def test_no_page_about_it_scrolls_sideways(site: Site, open_as: LogIn, long_words: dict[str, str]) -> None:
    page = open_as(CHAIR)
    found = {**subjects.find(site.database, CHAIR), **long_words}
    about = [address for address in GUARDED if address.on is not None and address.on.__name__ in long_words]
    shown = {address.name for address in about if _shows(page, site.url + path_of(address, found))}
    assert shown >= {
        "case",
        "cases:note_write",
        "cases:stay_end",
        "scenarios:action_settle",
        "scenarios:meeting_detail",
        "scenarios:nomination_withdraw",
        "scenarios:passage_write",
        "scenarios:position_file_remove",
        "scenarios:position_write",
        "scenarios:preparation",
        "scenarios:question_withdraw",
    }
