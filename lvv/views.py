"""The two pages that are composed of parts from several rooms: the start page and the page of a case."""

import uuid
from dataclasses import fields
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.home import Column, parts
from accounts.permissions import Permission
from cases.models import Case
from lvv import casefile


@permitted(Permission.OPEN_HOME)
def home(request: Visit) -> HttpResponse:
    """The start page. Each room adds parts (`accounts/home.py`); a template reads the fields of its part's object."""
    context: dict[str, Any] = {
        "may": {permission.value for permission in request.allowed},
        "columns": {column.value: [] for column in Column},
    }
    shown: set[uuid.UUID | None] = set()
    for part in parts(request.allowed):
        content = part.content(request)
        context |= {field.name: getattr(content, field.name) for field in fields(content)}
        shown |= set(part.persons(content))
        for column, template in part.templates.items():
            context["columns"][column.value].append(template)
    return page(request, "lvv/home.html", context, persons=shown)


@permitted(Permission.SEE_CASES, on=Case)
def case_detail(request: Visit, case: Case) -> HttpResponse:
    """The page of a case, with everything in its file."""
    look = casefile.look_at(case, request.user, request.allowed, timezone.localdate())
    return page(request, "lvv/case.html", casefile.gather(look), persons=[case.person_id])
