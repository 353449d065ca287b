"""What the pages of the LSO have in common."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from cases import admission, timeline
from cases.forms import CaseForm
from cases.models import Case
from scenarios.guidance import scenarios
from scenarios.models import Meeting, Purpose


def changes(form: CaseForm) -> list[timeline.Change]:
    """What others did to the case since a stale form was opened."""
    return timeline.changes_since(form.case, form.opened_on_version) if form.is_stale else []


def about(meeting: Meeting) -> dict[str, Any]:
    return {"meeting": meeting, "back_url": reverse("scenarios:meeting_detail", args=[meeting.pk])}


def likely_purpose(case: Case) -> str:
    """What the LSO will most likely have to decide: the order of its work (domain 1.2)."""
    if not admission.is_admitted(admission.in_force(case, timezone.localdate())):
        return Purpose.ADMISSION
    return Purpose.SCENARIO if scenarios.current(case) is None else Purpose.REVIEW
