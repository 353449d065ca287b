"""The papers of the LSO: for each reader what that reader sees; every printing is logged."""

from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.text import slugify

from accounts.access import Visit, permitted
from accounts.papers import printed
from accounts.permissions import Permission
from scenarios import papers
from scenarios.models import Meeting


@permitted(Permission.SEE_MEETINGS, on=Meeting)
def agenda_pdf(request: Visit, meeting: Meeting) -> HttpResponse:
    data, persons = papers.agenda(meeting, request.user)
    return printed(request, "agenda.typ", data, persons=persons, filename=_filename("agenda", meeting))


def _filename(kind: str, meeting: Meeting) -> str:
    return slugify(f"{kind} {meeting} {date_format(meeting.held_on, 'j F Y')}") + ".pdf"
