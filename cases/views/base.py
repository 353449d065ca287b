"""The base of the pages that carry out one act on a case: a form, the act, and back to the case."""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import page
from cases import steps, timeline
from cases.forms import CaseForm
from cases.models import Case, IdentityStatement
from core.forms import ActForm


def today() -> date:
    return timezone.localdate()


def bring_person(case: Case) -> Case:
    """Load the municipality, person and leading statement of a case, as `with_person()` does for a queryset."""
    leading = Prefetch("person__statements", IdentityStatement.objects.leading(), to_attr="leading")
    prefetch_related_objects([case], "municipality", leading)
    return case


def act_page(
    request: HttpRequest,
    case: Case,
    form: ActForm,
    *,
    step: str = "",
    reasons: list[str] | None = None,
    persons: Iterable[uuid.UUID | None] = (),
    status: int | None = None,
    **context: Any,
) -> HttpResponse:
    """The page of an act, under the template of its own name; after a conflict it says what others changed.

    Where the `step` can't be taken at all, the reasons stand in the place of the form. `persons` are those it shows
    beside the one of the case; `status` is that of the form, unless something else on the page is wrong.
    """
    match = request.resolver_match
    assert match is not None
    if step and not form.is_bound:
        reasons = steps.blockers(case, step, today())
    context |= {
        "case": bring_person(case),
        "form": form,
        "back_url": reverse("case", args=[case.pk]),
        "reasons": reasons,
        "changes": changes(form),
    }
    shown = [case.person_id, *persons]
    return page(request, f"cases/{match.url_name}.html", context, persons=shown, status=status or form.status)


def changes(form: ActForm) -> list[timeline.Change]:
    """What others changed since a stale form was opened."""
    if not form.is_stale or not isinstance(form, CaseForm):
        return []
    return timeline.changes_since(form.case, form.opened_on_version)


def done(request: HttpRequest, case: Case, message: str, warning: str = "") -> HttpResponse:
    """Go back to the case, with a message that says what was done, and a warning if there is one."""
    if warning:
        messages.warning(request, warning)
    messages.success(request, message)
    return redirect("case", case.pk)
