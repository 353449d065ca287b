"""The pages of registration (search, new person, return), of a new statement about an identity, and of merging."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import Visit, directed, page, permitted
from accounts.models import User
from accounts.permissions import Permission
from cases import countries, intake, merging
from cases.forms.persons import MergeForm, MergePickForm, PersonSearchForm, RegisterForm, RestateForm, ReturnForm
from cases.models import Case, Person, Profile, Sex
from cases.views.base import act_page, bring_person, done, today

MOST_PERSONS = 20


@dataclass(frozen=True)
class Match:
    """A person whom the search found, with the cases of them that the visitor sees."""

    person: Person
    cases: list[Case]

    @property
    def running(self) -> list[Case]:
        return [case for case in self.cases if case.closed_on is None]


@permitted(Permission.REGISTER_PERSON, reads=True)
def person_search(request: Visit) -> HttpResponse:
    """Search whether a person is known already. Below the persons found stands a form for a new one, filled in."""
    form = PersonSearchForm(request.POST or None, prefix="zoek")
    context: dict[str, Any] = {"search": form, "back_url": reverse("cases:case_list")}
    persons: list[uuid.UUID] = []
    if form.is_valid():
        matches = _matches(request.user, form.cleaned_data)
        persons = [match.person.pk for match in matches[:MOST_PERSONS]]
        register = RegisterForm(
            municipalities=directed(request, Permission.REGISTER_PERSON),
            today=today(),
            initial=_typed(form.cleaned_data),
        )
        register.helper.form_action = reverse("cases:person_register")
        context |= {"matches": matches[:MOST_PERSONS], "has_more": len(matches) > MOST_PERSONS, "form": register}
    return page(request, "cases/person_search.html", context, persons=persons, status=400 if form.errors else 200)


@permitted(Permission.REGISTER_PERSON)
def person_register(request: Visit) -> HttpResponse:
    """Open a case for a new person. A search leads here."""
    if request.method != "POST":
        return redirect("cases:person_search")
    form = RegisterForm(request.POST, municipalities=directed(request, Permission.REGISTER_PERSON), today=today())
    opened: list[Case] = []
    if form.carried_out(lambda: opened.append(intake.register(by=request.user, at=timezone.now(), **form.values))):
        warning = intake.v_number_warning(form.cleaned_data["v_number"])
        return done(request, opened[0], f"De persoon is aangemeld. Dit is zaak {opened[0].number}.", warning)
    context = {"form": form, "back_url": reverse("cases:person_search")}
    return page(request, "cases/person_register.html", context, persons=(), status=form.status)


@permitted(Permission.REGISTER_PERSON, on=Case)
def person_return(request: Visit, case: Case) -> HttpResponse:
    """Open a new case for a person whose earlier case is closed."""
    form = ReturnForm(request.POST or None, today=today(), initial={"on": today()})
    opened: list[Case] = []
    if form.carried_out(lambda: opened.append(intake.reopen(case, by=request.user, at=timezone.now(), **form.values))):
        return done(request, opened[0], f"Er is een nieuwe zaak geopend: {opened[0].number}.")
    return act_page(request, case, form, step="person_return")


@permitted(Permission.CORRECT_PERSON, on=Case)
def identity_restate(request: Visit, case: Case) -> HttpResponse:
    """Add a statement about the person's identity, which leads from now on."""
    bring_person(case)
    form = RestateForm(request.POST or None, case=case, today=today(), initial=_known(case))
    if form.carried_out(lambda: intake.restate_identity(case, by=request.user, at=timezone.now(), **form.values)):
        warning = intake.v_number_warning(form.cleaned_data["v_number"])
        said = "De persoonsgegevens zijn aangevuld. De eerdere gegevens blijven bewaard."
        return done(request, case, said, warning)
    reasons = [] if case.person else ["De persoonsgegevens van deze zaak zijn vernietigd."]
    return act_page(request, case, form, reasons=reasons)


@permitted(Permission.CORRECT_PERSON, on=Case)
def person_merge(request: Visit, case: Case) -> HttpResponse:
    """Record that the persons of two cases are one.

    The page first asks which other case, and then shows both persons side by side with the form.
    """
    bring_person(case)
    pick = MergePickForm(request.GET if "number" in request.GET else None, case=case, user=request.user)
    other = pick.other
    form = MergeForm(request.POST or None, case=case, today=today())
    if other and form.carried_out(
        lambda: merging.merge(case, other, by=request.user, at=timezone.now(), **form.values)
    ):
        return done(
            request,
            case,
            f"Zaak {case.number} en zaak {other.number} zijn van één persoon, die één keer telt. "
            "Was dit een vergissing? Trek het dan in, bij “Tijdlijn”.",
        )
    if other is None and form.is_bound and form.is_valid():
        form.refuse(ValidationError("Kies eerst welke andere zaak van dezelfde persoon is."))
    alike = [] if other else list(merging.lookalikes(case, request.user)[:MOST_PERSONS])
    reasons = merging.merge_blockers(case, other) if other and not form.is_bound else None
    shown = [other] if other else alike
    context = {"pick": pick, "other": other, "alike": alike, "rows": _beside(case, other) if other else []}
    return act_page(
        request,
        case,
        form,
        step="" if reasons else "person_merge",
        reasons=reasons,
        persons=[shown_case.person_id for shown_case in shown],
        status=400 if pick.errors else None,
        **context,
    )


def _beside(case: Case, other: Case) -> list[tuple[str, str, str, bool]]:
    """Two persons line by line: the label, the value of each of them, and whether both are known and differ."""
    left, right = _known_of(case), _known_of(other)
    lines = [(label, left.get(label, ""), right.get(label, "")) for label in left | right]
    return [
        (label, first, second, bool(first and second and first.casefold() != second.casefold()))
        for label, first, second in lines
    ]


def _known_of(case: Case) -> dict[str, str]:
    """By label, what is known of the person of a case; empty when their data were destroyed."""
    if case.person is None:
        return {}
    identity, unknown = case.person.identity, (Sex.UNKNOWN, countries.UNKNOWN)
    return {
        "Naam": identity.full_name,
        "Geboren": identity.birth_date if identity.birth_year else "",
        "Geslacht": identity.get_sex_display() if identity.sex not in unknown else "",
        "Nationaliteit": countries.NATIONALITIES[identity.nationality] if identity.nationality not in unknown else "",
        "V-nummer": case.person.v_number,
    }


def _matches(user: User, wanted: dict[str, Any]) -> list[Match]:
    """The cases that the search finds, grouped by person."""
    by_person: dict[uuid.UUID, Match] = {}
    for case in intake.search(user, **wanted):
        if case.person is not None:
            by_person.setdefault(case.person.pk, Match(case.person, [])).cases.append(case)
    return list(by_person.values())


def _typed(searched: dict[str, Any]) -> dict[str, Any]:
    """The words of the search for the fields of a new person. The last word counts as the family name."""
    given_names, _, family_name = searched["name"].rpartition(" ")
    return {
        "given_names": given_names,
        "family_name": family_name,
        "v_number": searched["v_number"],
        "birth_year": searched["birth_year"],
    }


def _known(case: Case) -> dict[str, Any]:
    """The values of the leading statement, for the fields of the next one."""
    if case.person is None:
        return {}
    statement = case.person.identity
    profile = Profile.objects.standing().get(case=case)
    return {
        **{name: getattr(statement, name) for name in intake.Identity.__dataclass_fields__},
        "certainty": statement.status,
        "v_number": case.person.v_number,
        "departure_procedures": profile.departure_procedures,
    }
