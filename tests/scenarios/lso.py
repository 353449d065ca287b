"""Helpers that bring a case to the LSO before a test begins, by the ordinary acts."""

from datetime import date, timedelta

from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases.models import Case
from scenarios.meetings import backlog, decisions, planning
from scenarios.meetings.decisions import Resolution
from scenarios.models import AgendaItem, Decision, Meeting, Nomination


def planned(chair: User, on: date) -> Meeting:
    """A planned meeting of the chair's municipality."""
    municipality = chair.memberships.get().organisation.municipality
    assert municipality is not None
    with acting_as(chair):
        return planning.plan(municipality, held_on=on, place="Stadhuis", by=chair, at=timezone.now())


def nominated(user: User, case: Case, question: str = "Wat nu?") -> Nomination:
    """The case, nominated for an agenda by the user's organisation."""
    us = user.memberships.get().organisation
    with acting_as(user):
        return backlog.nominate(case, organisation=us, purpose="review", question=question, by=user, at=timezone.now())


def on_agenda(chair: User, case: Case, on: date, meeting: Meeting | None = None, *, question: str = "") -> AgendaItem:
    """The case on the agenda of a planned meeting."""
    meeting = meeting or planned(chair, on)
    with acting_as(chair):
        item = planning.put_on_agenda(meeting, case, purpose="scenario", question=question, by=chair, at=timezone.now())
        return AgendaItem.objects.select_related("meeting", "case").get(pk=item.pk)


def tabled(chair: User, case: Case, on: date) -> AgendaItem:
    """The case on the agenda of a meeting that was held."""
    item = on_agenda(chair, case, on)
    with acting_as(chair):
        planning.hold(item.meeting, present=[], by=chair, at=timezone.now())
        return AgendaItem.objects.select_related("meeting", "case").get(pk=item.pk)


def postponed(chair: User, case: Case, on: date) -> AgendaItem:
    """The case on the agenda of a meeting that postponed its decision."""
    item = tabled(chair, case, on)
    with acting_as(chair):
        decisions.decide(item, Resolution("postponed", "Later"), by=chair, at=timezone.now())
    return item


def adopted(chair: User, case: Case, on: date, *, kind: str = "return", review_on: date | None = None) -> Decision:
    """A scenario, by a decision of a meeting on that day."""
    item = tabled(chair, case, on)
    review_on = review_on or on + timedelta(days=90)
    with acting_as(chair):
        return decisions.decide(
            item, Resolution(outcome="adopted", kind=kind, review_on=review_on), by=chair, at=timezone.now()
        )
