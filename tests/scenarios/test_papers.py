"""The papers of the LSO: each reader gets what that reader sees, and the printing is logged."""

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Disclosure, User
from accounts.permissions import Role
from accounts.walls import acting_as
from cases import parties
from cases.models import Case
from scenarios import closing, decisions, meetings, minutes
from scenarios.actions import Undertaking
from scenarios.minutes import Text
from scenarios.models import AgendaItem, Correction
from tests.accounts.sql import run
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


@pytest.fixture
def minuted(
    chair: User, worker: User, ind_member: User, sheltered: CaseOf, today: date
) -> tuple[AgendaItem, AgendaItem]:
    """Two cases of a meeting that was closed, each with minutes, a decision and an action; the IND sees the first."""
    meeting = planned(chair, today)
    seen, hidden = (on_agenda(chair, sheltered(worker), today, meeting, question=f"Vraag {n}?") for n in "AB")
    us = chair.memberships.get().organisation
    seen_by_all_but(chair, ind_member, hidden.case)
    with acting_as(chair):
        meetings.hold(meeting, present=[us], by=chair, at=timezone.now())
        for item, name in ((seen, "Alfa"), (hidden, "Beta")):
            text = Text(f"#heading[{name}] besproken *niet* $vet$", f"Conclusie {name}")
            minutes.write(item, text, version=0, by=chair, at=timezone.now())
            step = Undertaking(us, f"Actie {name}", today)
            resolution = decisions.Resolution("step_set", f"Besluit {name}", steps=(step,))
            decisions.decide(item, resolution, by=chair, at=timezone.now())
        closing.close(meeting, by=chair, at=timezone.now())
    return seen, hidden


def test_the_minutes_on_paper_hold_all_and_for_each_reader_only_theirs(
    chair: User, ind_member: User, minuted: tuple[AgendaItem, AgendaItem]
) -> None:
    meeting = minuted[0].meeting_id
    whole, part = (paper_for(user, "scenarios:minutes_pdf", meeting) for user in (chair, ind_member))
    for words in ("#heading[Alfa] besproken *niet* $vet$", "Conclusie Alfa", "Besluit Alfa", "Actie Alfa", "Concept"):
        assert words in whole.text
        assert words in part.text
    assert "Conclusie Beta" in whole.text
    assert "Beta" not in part.text
    assert whole.is_accessible()
    assert part.is_accessible()


def test_an_excerpt_holds_one_case(chair: User, minuted: tuple[AgendaItem, AgendaItem]) -> None:
    paper = paper_for(chair, "scenarios:excerpt_pdf", minuted[1].pk)
    assert "Conclusie Beta" in paper.text
    assert "Alfa" not in paper.text
    assert paper.is_accessible()
    assert paper.tags["H1"] >= 1


def test_adopted_minutes_say_where_and_hold_the_corrections_that_were_taken_over(
    chair: User, ind_member: User, minuted: tuple[AgendaItem, AgendaItem], today: date
) -> None:
    item = minuted[0]
    ind = ind_member.memberships.get().organisation
    with acting_as(ind_member):
        propose = partial(closing.propose_correction, item.meeting, item=item, organisation=ind, by=ind_member)
        propose(text="Dit klopt beter", at=timezone.now())
        propose(text="Dit klopt niet", at=timezone.now())
    with acting_as(chair):
        tomorrow = today + timedelta(days=1)
        later = meetings.plan(item.case.municipality, held_on=tomorrow, place="S", by=chair, at=timezone.now())
        run("set local role none")
        run("update scenarios_meeting set status = 'held' where id = %s", later.pk)
        run("set local role lvv_web")
        later.refresh_from_db()
        verdicts = {c: c.text == "Dit klopt beter" for c in Correction.objects.filter(meeting=item.meeting)}
        closing.adopt_with(item.meeting, later, verdicts=verdicts, by=chair, at=timezone.now())
    paper = paper_for(ind_member, "scenarios:minutes_pdf", item.meeting_id)
    assert "Dit klopt beter" in paper.text
    assert "Dit klopt niet" not in paper.text
    assert "In het overleg van" in paper.text


@pytest.mark.parametrize("name", ["scenarios:minutes_pdf", "scenarios:excerpt_pdf"])
def test_who_printed_what_when_stands_on_the_page_and_in_the_log(
    chair: User, minuted: tuple[AgendaItem, AgendaItem], name: str
) -> None:
    pk = minuted[0].meeting_id if name.endswith("minutes_pdf") else minuted[0].pk
    paper = paper_for(chair, name, pk)
    assert f"Afgedrukt door {chair.full_name}" in paper.text
    with as_owner():
        logged = Disclosure.objects.filter(page=name, user_id=chair.pk).get()
    assert minuted[0].case.person_id in logged.persons
