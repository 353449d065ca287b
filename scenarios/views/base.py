"""What the pages of the LSO share."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from cases import admission, timeline
from cases.forms import CaseForm
from cases.models import Case
from scenarios.guidance import scenarios
from scenarios.models import Meeting, Purpose


def changes(form: CaseForm) -> list[timeline.Change]:
    """The changes that others made to the case since a stale form was opened."""
    return timeline.changes_since(form.case, form.opened_on_version) if form.is_stale else []


def about(meeting: Meeting) -> dict[str, Any]:
    return {"meeting": meeting, "back_url": reverse("scenarios:meeting_detail", args=[meeting.pk])}


def likely_purpose(case: Case) -> str:
    """The most likely purpose of an item on this case, by the order of the LSO's work (domain 1.2)."""
    if not admission.is_admitted(admission.in_force(case, timezone.localdate())):
        return Purpose.ADMISSION
    return Purpose.SCENARIO if scenarios.current(case) is None else Purpose.REVIEW
