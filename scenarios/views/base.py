"""What the pages of the LSO have in common."""

from typing import Any

from django.urls import reverse

from cases import timeline
from cases.forms import CaseForm
from scenarios.models import Meeting


def changes(form: CaseForm) -> list[timeline.Change]:
    """What others did to the case since a stale form was opened."""
    return timeline.changes_since(form.case, form.opened_on_version) if form.is_stale else []


def about(meeting: Meeting) -> dict[str, Any]:
    return {"meeting": meeting, "back_url": reverse("scenarios:meeting_detail", args=[meeting.pk])}
