"""The pages that join several rooms: the start page, and the file of one case. They compose what the rooms bring."""

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
    """What asks for attention, as far as each room knows. A template reads the fields of its own part's object."""
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
    """The file in one look."""
    look = casefile.look_at(case, request.user, request.allowed, timezone.localdate())
    return page(request, "lvv/case.html", casefile.gather(look), persons=[case.person_id])
