"""Before the MRT meets: the request is elaborated, each party prepares, help is asked, the meeting is set."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Organisation, OrganisationKind, User
from cases.models import Case
from mrt import escalation as mrt
from mrt import preparation
from mrt.models import Escalation, Preparation
from mrt.stages import PREPARATION_TERM
from mrt.terms import last_day
from tests.mrt.review import BEFORE, QUESTION, escalated
from tests.scenarios.asked import ask_positions, give, pass_the_deadline
from tests.scenarios.browse import LONG, NUL, errors_of, opened, queries_of, status_of
from tests.scenarios.lso import on_agenda


@pytest.fixture
def with_ngo(counsellor: User, coordinator: User, stuck: Case, chair: User, today: date) -> Escalation:
    """An escalation of a case in which an NGO takes part, of ten days ago."""
    return escalated(chair, stuck, today - BEFORE)


def lines_of(user: User, escalation: Escalation) -> list[Preparation]:
    with acting_as(user):
        return list(preparation.lines(escalation))


def own_line(user: User, escalation: Escalation) -> Preparation:
    us = user.memberships.get().organisation
    return next(line for line in lines_of(user, escalation) if line.organisation == us)


def test_each_party_of_the_case_gets_its_line(
    with_ngo: Escalation, stuck: Case, chair: User, coordinator: User, today: date
) -> None:
    found = lines_of(coordinator, with_ngo)
    kinds = [line.organisation.kind for line in found]
    assert sorted(kinds) == sorted(preparation.LINES)
    assert {line.text for line in found} == set(preparation.LINES.values())
    assert {line.due_on for line in found} == {last_day(today - BEFORE, PREPARATION_TERM)}
    with acting_as(chair):
        assert {line.organisation_id for line in found} < set(stuck.parties.values_list("organisation", flat=True))


def test_only_the_party_of_a_line_reports_it_as_ready(
    requested: Escalation, ind_member: User, chair: User, coordinator: User, outsider: User
) -> None:
    line = own_line(ind_member, requested)
    for user, expected in ((ind_member, 200), (chair, 403), (coordinator, 403), (outsider, 404)):
        assert status_of(user, "mrt:preparation_finish", line.pk) == expected
    with acting_as(chair):
        assert Preparation.objects.filter(pk=line.pk).update(note="Van een ander") == 0
    opened(ind_member, "mrt:preparation_finish", line.pk).send(note="Zie de stukken van 3 maart.")
    page = opened(coordinator, "mrt:escalation_detail", requested.pk)
    assert "Zie de stukken van 3 maart." in page.text
    done = own_line(ind_member, requested)
    assert (done.done_on, done.done_by) == (timezone.localdate(), ind_member)
    with pytest.raises(ValidationError, match="al klaar"), acting_as(ind_member):
        preparation.finish(done, note="Nog eens", by=ind_member, on=timezone.localdate(), at=timezone.now())


def test_who_is_late_is_visible(stuck: Case, chair: User, coordinator: User, today: date) -> None:
    late = escalated(chair, stuck, today - timedelta(days=28))
    lines = opened(coordinator, "mrt:escalation_detail", late.pk).page.context["lines"]
    assert {line.status[0] for line in lines} == {"error"}
    assert all("te laat" in line.status[1] for line in lines)


def test_help_is_asked_of_ind_and_dtv_and_becomes_a_line(
    requested: Escalation, chair: User, ind_member: User, today: date
) -> None:
    form = opened(chair, "mrt:help_ask", requested.pk)
    offered = {name for _, name in form.page.context["form"].fields["organisation"].choices[1:]}
    assert offered == {"IND, LSO Amsterdam", "DT&V, LSO Amsterdam"}
    us = ind_member.memberships.get().organisation
    form.send(organisation=str(us.pk), text="Is er jurisprudentie?", due_on=(today + timedelta(days=3)).isoformat())
    asked = [line for line in lines_of(ind_member, requested) if line.is_help]
    assert [(line.organisation, line.text) for line in asked] == [(us, "Is er jurisprudentie?")]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"organisation": ""}, "Maak een keuze"),
        ({"organisation": "1"}, "uit de lijst"),
        ({"text": ""}, "Vul “Wat vraagt u?” in"),
        ({"text": LONG}, "300"),
        ({"text": NUL}, "teken dat niet kan"),
        ({"due_on": "2019-01-01"}, "niet vóór vandaag"),
        ({"due_on": "31-02-2026"}, "bestaat niet"),
    ],
)
def test_help_with_a_mistake_is_not_asked(
    requested: Escalation, chair: User, ind_member: User, today: date, typed: dict[str, Any], words: str
) -> None:
    us = str(ind_member.memberships.get().organisation.pk)
    whole = {"organisation": us, "text": "Help?", "due_on": today.isoformat()}
    answer = opened(chair, "mrt:help_ask", requested.pk).send(**{**whole, **typed})
    assert answer.status_code == 400
    assert words in errors_of(answer)
    assert not [line for line in lines_of(chair, requested) if line.is_help]


def test_without_ind_and_dtv_there_is_nobody_to_ask(requested: Escalation, chair: User, today: date) -> None:
    with acting_as(chair):
        requested.case.parties.filter(organisation__kind__in=preparation.HELPERS).update(until=timezone.now())
        assert "geen partij" in preparation.help_blockers(requested)[0]
        ngo = Organisation.objects.filter(kind=OrganisationKind.AVIM)[0]
        with pytest.raises(ValidationError, match="geen partij"):
            preparation.ask_help(
                requested, organisation=ngo, text="Help?", due_on=today, by=chair, on=today, at=timezone.now()
            )


def test_the_request_is_worked_out_by_its_page(counsellor: User, with_ngo: Escalation, coordinator: User) -> None:
    assert [*opened(coordinator, "mrt:escalation_detail", with_ngo.pk).page.context["gaps"]] != []
    form = opened(counsellor, "mrt:request_elaborate", with_ngo.pk)
    form.send(agreed_facts="De naam staat vast.", point_documents="Er is geen paspoort.", tried="Twee presentaties.")
    page = opened(coordinator, "mrt:request_sheet", with_ngo.pk)
    for words in (QUESTION, "De naam staat vast.", "Er is geen paspoort.", "Twee presentaties."):
        assert words in page.text
    assert page.page.context["gaps"] == []


def test_two_editors_of_a_request_lose_no_text(counsellor: User, with_ngo: Escalation, chair: User) -> None:
    first, second = (opened(user, "mrt:request_elaborate", with_ngo.pk) for user in (counsellor, chair))
    assert first.send(agreed_facts="Eerst").status_code == 302
    answer = second.send(agreed_facts="Daarna")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Eerst" in page
    assert "Daarna" in page
    with acting_as(chair):
        assert Escalation.objects.get().agreed_facts == "Eerst"


def test_only_what_is_in_dispute_is_worked_out(requested: Escalation, chair: User) -> None:
    with pytest.raises(ValidationError, match="alleen de punten"), acting_as(chair):
        mrt.elaborate(requested, agreed_facts="", points={"law": "Nee."}, tried="", by=chair, at=timezone.now())


def test_the_last_opened_position_of_each_party_stands_with_the_request(
    stuck: Case, chair: User, ind_member: User, coordinator: User, today: date
) -> None:
    item = on_agenda(chair, stuck, today + timedelta(days=6))
    give(ind_member, ask_positions(chair, item), text="Eerder standpunt")
    pass_the_deadline(chair)
    give(ind_member, ask_positions(chair, item, reason="Nieuw paspoort"), text="Later standpunt")
    escalation = escalated(chair, stuck, today - BEFORE)
    page = opened(coordinator, "mrt:request_sheet", escalation.pk).text
    assert "Eerder standpunt" in page
    assert "Later standpunt" not in page  # not open yet


def test_the_meeting_is_set_and_moved(requested: Escalation, coordinator: User, today: date) -> None:
    for days, place in ((3, "Utrecht"), (9, "Online")):
        on = today + timedelta(days=days)
        form = opened(coordinator, "mrt:review_convene", requested.pk)
        assert form.send(on=on.isoformat(), at_time="13:30", place=place).status_code == 302
        with acting_as(coordinator):
            found = Escalation.objects.get()
        assert found.meets_at is not None
        moment = timezone.localtime(found.meets_at)
        assert (moment.date(), f"{moment:%H:%M}", found.place) == (on, "13:30", place)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"on": "2019-01-01"}, "al voorbij"),
        ({"on": ""}, "Vul “Datum” in"),
        ({"at_time": "03:07"}, "uit de lijst"),
        ({"place": ""}, "Vul “Plaats” in"),
        ({"place": LONG}, "200"),
    ],
)
def test_a_meeting_with_a_mistake_is_not_set(
    requested: Escalation, coordinator: User, today: date, typed: dict[str, Any], words: str
) -> None:
    whole = {"on": (today + timedelta(days=3)).isoformat(), "at_time": "10:00", "place": "Utrecht"}
    answer = opened(coordinator, "mrt:review_convene", requested.pk).send(**{**whole, **typed})
    assert answer.status_code == 400
    assert words in errors_of(answer)
    with acting_as(coordinator):
        assert Escalation.objects.get().meets_at is None


def test_after_the_discussion_nothing_is_prepared_any_more(talked_over: Escalation, chair: User) -> None:
    line = own_line(chair, talked_over)
    with acting_as(chair):
        line = Preparation.objects.select_related("escalation__case").get(pk=line.pk)
        assert preparation.finishing_blockers(line) == ["Er is nog geen advies."]
    page = opened(chair, "mrt:escalation_detail", talked_over.pk)
    assert {line.status for line in page.page.context["lines"]} == {("neutral", "Niet klaar gemeld")}
    assert "Klaar melden" not in page.text


@pytest.mark.parametrize("name", ["escalation_detail", "request_sheet"])
def test_the_pages_ask_as_many_queries_for_many_lines_as_for_few(
    requested: Escalation, chair: User, ind_member: User, today: date, name: str
) -> None:
    few = queries_of(chair, f"mrt:{name}", requested.pk)
    us = ind_member.memberships.get().organisation
    with acting_as(chair):
        for number in range(2):
            preparation.ask_help(
                requested,
                organisation=us,
                text=f"Vraag {number}",
                due_on=today,
                by=chair,
                on=today,
                at=timezone.now(),
            )
    assert queries_of(chair, f"mrt:{name}", requested.pk) == few
