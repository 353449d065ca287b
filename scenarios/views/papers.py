"""Files of the LSO: papers as PDF, with only what the reader sees and logged, and the calendar file of a meeting."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify

from accounts.access import Visit, permitted, printed
from accounts.permissions import Permission
from scenarios.meetings import calendar, papers
from scenarios.models import TOOK_PLACE, AgendaItem, Meeting


@permitted(Permission.SEE_MEETINGS, on=Meeting)
def agenda_pdf(request: Visit, meeting: Meeting) -> HttpResponse:
    data, persons = papers.agenda(meeting, request.user)
    return printed(request, "agenda.typ", data, persons=persons, filename=_filename("agenda", meeting, "pdf"))


@permitted(Permission.SEE_MEETINGS, on=Meeting)
def minutes_pdf(request: Visit, meeting: Meeting) -> HttpResponse:
    _refuse_unheld(meeting)
    data, persons = papers.minutes(meeting, request.user)
    return printed(request, "minutes.typ", data, persons=persons, filename=_filename("verslag", meeting, "pdf"))


@permitted(Permission.SEE_MEETINGS, on=AgendaItem)
def excerpt_pdf(request: Visit, item: AgendaItem) -> HttpResponse:
    _refuse_unheld(item.meeting)
    data, persons = papers.excerpt(item, request.user)
    filename = _filename("uittreksel", item.meeting, "pdf")
    return printed(request, "excerpt.typ", data, persons=persons, filename=filename)


@permitted(Permission.SEE_MEETINGS, on=Meeting)
def meeting_ics(request: Visit, meeting: Meeting) -> HttpResponse:
    url = request.build_absolute_uri(reverse("scenarios:meeting_detail", args=[meeting.pk]))
    disposition = f'attachment; filename="{_filename("overleg", meeting, "ics")}"'
    return HttpResponse(
        calendar.ics_file(meeting, url=url, at=timezone.now()),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": disposition},
    )


def _refuse_unheld(meeting: Meeting) -> None:
    """Raise 404 for a meeting that did not take place: it has no minutes."""
    if meeting.status not in TOOK_PLACE:
        raise Http404


def _filename(kind: str, meeting: Meeting, ending: str) -> str:
    """The name of a file, with table and day, and without any person or case."""
    return slugify(f"{kind} {meeting} {date_format(meeting.held_on, 'j F Y')}") + f".{ending}"
