"""The list of cases, filtered by its address, and the search, which is sent by POST."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse

from accounts.access import Visit, page, permitted, running_memberships
from accounts.models import Municipality, User
from accounts.permissions import Permission
from cases import intake, longest_stay, worklist
from cases.forms.file import DEFAULT_SORT, SORTS, CaseFilterForm, CaseSearchForm
from cases.models import Case
from cases.views.base import today

PAGE_SIZE = 50


@dataclass(frozen=True)
class Row:
    """A case as a line of the list."""

    case: Case
    standing: worklist.Standing
    ends_on: date | None
    ends_in: str
    is_late: bool


@permitted(Permission.SEE_CASES)
def case_list(request: Visit) -> HttpResponse:
    """The cases that the visitor sees, filtered and sorted, fifty on a page."""
    form = CaseFilterForm(request.GET, municipalities=_municipalities(request.user))
    is_right = form.is_valid()
    cases = _filtered(request.user, form.cleaned_data) if is_right else Case.objects.none()
    shown = Paginator(cases, PAGE_SIZE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "filter": form,
        "search": CaseSearchForm(),
        "page": shown,
        "rows": rows(list(shown.object_list), today()),
        "caption": f"Zaken {shown.start_index()} tot en met {shown.end_index()}",
        "note": SORTS[form.cleaned_data["sort"] or DEFAULT_SORT] if is_right else "",
        "query": query.urlencode(),
        "is_filtered": bool(query),
        "may_register": Permission.REGISTER_PERSON in request.allowed,
        "may_import": Permission.IMPORT_LISTS in request.allowed,
    }
    return _list_page(request, "cases/case_list.html", context, status=200 if is_right else 400)


@permitted(Permission.SEE_CASES, reads=True)
def case_search(request: Visit) -> HttpResponse:
    """Find a case by name, V-number or case number. It is sent by POST, so that none of these stand in an address."""
    form = CaseSearchForm(request.POST or None)
    cases: list[Case] = []
    if form.is_valid():
        words = form.cleaned_data["q"]
        v_number = words.replace(" ", "").replace(".", "")
        matches = intake.search(request.user, name=words, v_number=v_number, number=words)
        cases = list(worklist.with_course(matches, today()).select_related("worker")[: PAGE_SIZE + 1])
    context = {
        "search": form,
        "rows": rows(cases[:PAGE_SIZE], today()),
        "is_searched": form.is_bound and form.is_valid(),
        "has_more": len(cases) > PAGE_SIZE,
    }
    return _list_page(request, "cases/case_search.html", context, status=400 if form.errors else 200)


def rows(cases: list[Case], day: date) -> list[Row]:
    """The lines of annotated cases, with the end of their term in words."""
    ends = longest_stay.ends(cases, day)
    lines = []
    for case in cases:
        ends_on = ends.get(case.pk)
        lines.append(
            Row(
                case,
                worklist.standing(case),
                ends_on,
                worklist.in_days(ends_on, day) if ends_on else "",
                longest_stay.is_past(ends_on, day),
            )
        )
    return lines


def _filtered(user: User, chosen: dict[str, Any]) -> Any:
    cases = Case.objects.visible_to(user).with_person().select_related("worker")
    annotated = worklist.with_course(cases, today())
    status = chosen["status"] or ("all" if chosen["situation"] in {"refused"} else "open")
    if status != "all":
        annotated = annotated.filter(closed_on__isnull=status == "open")
    if chosen["situation"]:
        annotated = worklist.in_situation(annotated, chosen["situation"])
    if chosen["worker"]:
        annotated = annotated.filter(worker=user)
    if chosen.get("municipality"):
        annotated = annotated.filter(municipality=chosen["municipality"])
    return annotated.order_by(*_order(chosen["sort"]), "pk")


def _order(sort: str) -> tuple[Any, ...]:
    if sort == "admitted_since":
        return (F("admitted_since").asc(nulls_last=True),)
    return (sort or DEFAULT_SORT, "-number")


def _municipalities(user: User) -> list[Municipality]:
    """The municipalities in whose LSO the visitor takes part; all of them for a national organisation."""
    organisations = [membership.organisation for membership in running_memberships(user)]
    if any(organisation.municipality is None for organisation in organisations):
        return list(Municipality.objects.all())
    return list({o.municipality_id: o.municipality for o in organisations}.values())  # type: ignore[arg-type]


def _list_page(request: Visit, template: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    persons = [row.case.person_id for row in context["rows"]]
    return page(request, template, context, persons=persons, status=status)
