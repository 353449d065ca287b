"""The papers of the LSO: each reader gets what that reader sees, and the printing is logged."""

from datetime import date, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Disclosure, User
from accounts.permissions import Role
from accounts.walls import acting_as
from cases import parties
from cases.models import Case
from tests.conftest import CaseOf, Hire, as_owner
from tests.paper import Paper
from tests.scenarios.browse import opened, queries_of, status_of
from tests.scenarios.lso import adopted, on_agenda, planned


def fetched(user: User, name: str, pk: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(reverse(name, args=[pk]))


def paper_for(user: User, name: str, pk: Any) -> Paper:
    response = fetched(user, name, pk)
    assert response.status_code == 200
    return Paper(response.content)


def seen_by_all_but(chair: User, left_out: User, case: Case) -> None:
    """The organisation of `left_out` is no longer a party to the case."""
    organisation = left_out.memberships.get().organisation
    with acting_as(chair):
        for party in case.parties.filter(organisation=organisation):
            parties.let_go(party, by=chair, at=timezone.now())


def test_the_agenda_stands_on_paper_with_what_was_decided_before(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    case = sheltered(worker, "Papierman")
    adopted(chair, case, today - timedelta(days=5), kind="hasa")
    meeting = on_agenda(chair, case, today, question="Wat is er #nodig?").meeting
    paper = paper_for(chair, "scenarios:agenda_pdf", meeting.pk)
    assert paper.is_accessible()
    assert paper.title == "Agenda LSO Amsterdam"
    for words in ("Papierman", case.number, "Scenario bepalen", "Wat is er #nodig?", "Stadhuis", "Gepland"):
        assert words in paper.text
    assert "Scenario: Verblijf na opvolgende asielaanvraag (verblijf), opnieuw bespreken op" in paper.text
    assert "Vorig besluit: Scenario vastgesteld, op" in paper.text
    assert all(f"Afgedrukt door {chair.full_name} op " in footer for footer in paper.footers())


def test_a_reader_gets_only_the_cases_that_the_reader_sees(
    chair: User, worker: User, counsellor: User, sheltered: CaseOf, today: date
) -> None:
    theirs, other = sheltered(worker, "Eenling"), sheltered(worker, "Anderman")
    meeting = planned(chair, today)
    on_agenda(chair, theirs, today, meeting, question="Vraag over een")
    on_agenda(chair, other, today, meeting, question="Vraag over ander")
    seen_by_all_but(chair, counsellor, other)
    paper = paper_for(counsellor, "scenarios:agenda_pdf", meeting.pk)
    assert "1. Eenling" in paper.text.replace("Testpersoon ", "")
    assert theirs.number in paper.text
    for secret in ("Anderman", other.number, "Vraag over ander"):
        assert secret not in paper.text
        assert secret in paper_for(chair, "scenarios:agenda_pdf", meeting.pk).text


def test_every_printing_is_logged_with_the_persons_on_the_paper(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    cases = [sheltered(worker) for _ in range(2)]
    meeting = planned(chair, today)
    for case in cases:
        on_agenda(chair, case, today, meeting)
    response = fetched(chair, "scenarios:agenda_pdf", meeting.pk)
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Disposition"].startswith('inline; filename="agenda-lso-amsterdam-')
    with as_owner():
        rows = Disclosure.objects.filter(page="scenarios:agenda_pdf")
        assert [(row.user_id, set(row.persons)) for row in rows] == [(chair.pk, {case.person_id for case in cases})]


def test_an_empty_agenda_says_so_and_shows_nobody(chair: User, today: date) -> None:
    paper = paper_for(chair, "scenarios:agenda_pdf", planned(chair, today).pk)
    assert "Er zijn geen zaken die u kunt zien." in paper.text
    with as_owner():
        assert not Disclosure.objects.filter(page="scenarios:agenda_pdf").exists()


def test_who_does_not_sit_at_the_table_gets_no_paper(chair: User, outsider: User, hire: Hire, today: date) -> None:
    meeting = planned(chair, today)
    assert status_of(outsider, "scenarios:agenda_pdf", meeting.pk) == 404
    assert status_of(hire(Role.PRIVACY_OFFICER, "Gemeente Amsterdam"), "scenarios:agenda_pdf", meeting.pk) == 403


def test_the_meeting_leads_to_its_papers(chair: User, today: date) -> None:
    meeting = planned(chair, today)
    assert (
        reverse("scenarios:agenda_pdf", args=[meeting.pk]) in opened(chair, "scenarios:meeting_detail", meeting.pk).text
    )


def test_a_long_agenda_asks_no_more_queries_than_a_short_one(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    meeting = planned(chair, today)
    on_agenda(chair, sheltered(worker), today, meeting)
    one = queries_of(chair, "scenarios:agenda_pdf", meeting.pk)
    for _ in range(2):
        on_agenda(chair, sheltered(worker), today, meeting)
    assert queries_of(chair, "scenarios:agenda_pdf", meeting.pk) == one
