"""Composes the page of a case from the sections that the rooms register (`cases/page.py`)."""

from dataclasses import fields
from datetime import date
from typing import Any

from accounts.models import User
from accounts.permissions import Permission
from cases import page, steps, worklist
from cases.models import Case
from cases.page import Column, Look


def look_at(case: Case, user: User, allowed: frozenset[Permission], today: date) -> Look:
    """Load a case with everything that the sections of its page may use."""
    with_person = Case.objects.with_person().select_related("worker", "imported")
    annotated: Case = worklist.with_course(with_person, today).get(pk=case.pk)
    return Look(annotated, user, allowed, today)


def gather(look: Look) -> dict[str, Any]:
    """The context of the page. The number of queries does not depend on how much happened in the case.

    `sections` holds the templates of each column. A template reads the fields of the object of its own section.
    """
    context: dict[str, Any] = {
        "case": look.case,
        "standing": worklist.standing(look.case),
        "actions": steps.of_the_page(look),
        "sections": {column.value: [] for column in Column},
    }
    for section in page.sections():
        content = section.content(look)
        if content is not None:
            context["sections"][section.column.value].append(section.template)
            context |= {field.name: getattr(content, field.name) for field in fields(content)}
    return context
