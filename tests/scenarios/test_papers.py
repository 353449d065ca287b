"""The papers of the LSO: each reader gets only what they see, and every print is logged."""

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.acting import acting_as
from accounts.models import Disclosure, Organisation, User
from accounts.permissions import Role
from cases import parties
from cases.models import Case
from scenarios.guidance import actions
from scenarios.guidance.actions import Undertaking
from scenarios.meetings import attendance, closing, decisions, minutes, planning
from scenarios.meetings.attendance import Seat
from scenarios.meetings.minutes import Text
from scenarios.models import AgendaItem, Correction, Meeting, Topic
from tests.accounts.sql import run
from tests.conftest import CaseOf, Hire, as_owner
from tests.paper import Paper
from tests.scenarios.agreed import agreed
from tests.scenarios.agreements import agree, ours
from tests.scenarios.asked import ask_positions, give, pass_the_deadline
from tests.scenarios.browse import opened, queries_of, status_of
from tests.scenarios.lso import adopted, on_agenda, planned, tabled


def fetched(user: User, name: str, pk: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(reverse(name, args=[pk]))


def paper_for(user: User, name: str, pk: Any) -> Paper:
    response = fetched(user, name, pk)
    assert response.status_code == 200
    return Paper(response.content)


def seen_by_all_but(chair: User, left_out: User, case: Case) -> None:
    """End the party row of the organisation of `left_out`, which then does not see the case."""
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


def test_a_user_outside_the_table_gets_no_paper(chair: User, outsider: User, hire: Hire, today: date) -> None:
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
        planning.hold(meeting, present=[us], by=chair, at=timezone.now())
        for item, name in ((seen, "Alfa"), (hidden, "Beta")):
            text = Text(f"#heading[{name}] besproken *niet* $vet$", f"Conclusie {name}")
            minutes.write(item, text, version=0, by=chair, at=timezone.now())
            step = Undertaking(us, f"Actie {name}", today)
            resolution = decisions.Resolution("step_set", f"Besluit {name}", steps=(step,))
            decisions.decide(item, resolution, by=chair, at=timezone.now())
        closing.close(meeting, by=chair, at=timezone.now())
    return seen, hidden


def test_printed_minutes_hold_for_each_reader_the_cases_that_they_see(
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
        later = planning.plan(item.case.municipality, held_on=tomorrow, place="S", by=chair, at=timezone.now())
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


def test_the_minutes_say_who_was_there_and_what_was_said_thought_and_found(
    chair: User, worker: User, ind_member: User, ngo: Organisation, sheltered: CaseOf, today: date
) -> None:
    agree(chair, seats=[], may=[])
    case = sheltered(worker, "Đặng-Nuñez <b>")
    us, ind = ours(chair), ours(ind_member)
    with acting_as(worker):
        parties.bring_in_partners(case, [us, ind, ngo], by=worker, at=timezone.now())
    old = agreed(worker, case, us, today - timedelta(days=9), text="Oude actie & <i>")
    item = on_agenda(chair, case, today + timedelta(days=30), question="Wie @ waar?")
    give(ind_member, ask_positions(chair, item), stance="disagree", text="Wij zien dit anders")
    pass_the_deadline(chair)
    as_if_on(chair, item.meeting, today)
    at = timezone.now()
    with acting_as(chair):
        meeting = planning.hold(item.meeting, present=[us, ind], by=chair, at=at)
        seats = [
            Seat(us, is_present=True, delegate="B. Iep", replaces="N. Iep"),
            Seat(ngo, is_present=False, absence="apology"),
        ]
        attendance.record(meeting, seats, by=chair, at=at)
        attendance.leave(item, {ind}, by=chair, at=at)
        topic = Topic.objects.get(meeting=meeting, title="Mededelingen")
        minutes.write_topic(topic, "Nieuwe locatie", version=topic.version, by=chair, at=at)
        actions.review(old, meeting, result="impossible", text="Geen toestemming", by=chair, at=at)
        resolution = decisions.Resolution("no_agreement", "Wij komen er niet uit", disagreements=("facts", "law"))
        decisions.decide(AgendaItem.objects.get(pk=item.pk), resolution, by=chair, at=at)
    agreed(worker, case, us, today, text="Bellen na afloop")
    paper = paper_for(chair, "scenarios:minutes_pdf", meeting.pk)
    for words in (
        "Gemeente Amsterdam B. Iep, vervangt N. Iep Aanwezig",
        f"{ngo} Afgemeld",
        "Mededelingen Nieuwe locatie",
        "Đặng-Nuñez <b>",
        "Vraag: Wie @ waar?",
        f"Niet aan tafel bij deze zaak: {ind}",
        f"Standpunt {ind}: Niet akkoord. Wij zien dit anders",
        "Geen standpunt gegeven: ",
        "Oude actie & <i> Gemeente Amsterdam Niet meer mogelijk: Geen toestemming",
        "Besluit: Geen overeenstemming",
        "Verschil over: Feiten, Recht",
        "Toelichting: Wij komen er niet uit",
        "Bellen na afloop (afgesproken op deze dag, buiten het besluit om)",
    ):
        assert words in paper.text
    assert paper.title == "Verslag LSO Amsterdam (concept)"


def as_if_on(chair: User, meeting: Meeting, day: date) -> None:
    """Change the day of the meeting, as if it was planned for that day."""
    with acting_as(chair), as_owner():
        run("update scenarios_meeting set held_on = %s where id = %s", day, meeting.pk)
    meeting.held_on = day


def test_the_minutes_keep_saying_what_was_decided_then(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    case = sheltered(worker)
    days = [today - timedelta(days=ago) for ago in (9, 6, 3)]
    reviews = [today + timedelta(days=ahead) for ahead in (30, 60, 90)]
    adopted(chair, case, days[0], review_on=reviews[0])
    kept, revised = (tabled(chair, case, day) for day in days[1:])
    with acting_as(chair):
        step = Undertaking(ours(chair), "Stap", today)
        keep = decisions.Resolution("kept", "Wij gaan door", review_on=reviews[1], steps=(step,))
        decisions.decide(kept, keep, by=chair, at=timezone.now())
    with acting_as(chair):
        revise = decisions.Resolution("revised", "Anders", kind="medical", review_on=reviews[2])
        decisions.decide(revised, revise, by=chair, at=timezone.now())
        first = AgendaItem.objects.get(case=case, meeting__held_on=days[0])
    said = [paper_for(chair, "scenarios:excerpt_pdf", item.pk).text for item in (first, kept, revised)]
    kinds = ["Terugkeer (vertrek)", "Terugkeer (vertrek)", "Verblijf op medische gronden (verblijf)"]
    for text, kind, review_on in zip(said, kinds, reviews, strict=True):
        assert f"Scenario: {kind}, opnieuw bespreken op {date_format(review_on, 'j F Y')}" in text


@pytest.mark.parametrize("name", ["scenarios:minutes_pdf", "scenarios:excerpt_pdf"])
def test_there_are_no_minutes_of_a_meeting_that_did_not_take_place(
    chair: User, worker: User, sheltered: CaseOf, today: date, name: str
) -> None:
    item = on_agenda(chair, sheltered(worker), today)
    assert status_of(chair, name, item.meeting_id if name.endswith("minutes_pdf") else item.pk) == 404


def test_long_minutes_ask_no_more_queries_than_short_ones(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    numbers = [minutes_of(chair, [sheltered(worker) for _ in range(cases)], today, n) for n, cases in enumerate((1, 3))]
    assert numbers[0] == numbers[1]


def minutes_of(chair: User, cases: list[Case], today: date, ago: int) -> int:
    """The number of queries of the minutes of a meeting on these cases."""
    day = today - timedelta(days=ago)
    meeting = planned(chair, day)
    items = [on_agenda(chair, case, day, meeting) for case in cases]
    with acting_as(chair):
        planning.hold(meeting, present=[ours(chair)], by=chair, at=timezone.now())
        for item in items:
            minutes.write(item, Text("Besproken"), version=0, by=chair, at=timezone.now())
            step = Undertaking(ours(chair), "Stap", day)
            resolution = decisions.Resolution("step_set", "Verder", steps=(step,))
            decisions.decide(AgendaItem.objects.get(pk=item.pk), resolution, by=chair, at=timezone.now())
    return queries_of(chair, "scenarios:minutes_pdf", meeting.pk)
