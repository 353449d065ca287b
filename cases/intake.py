"""Registration of a person in a municipality, and the search before it, so that nobody is recorded twice."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.models import Municipality, User
from cases import countries, parties, recording
from cases.locking import lock, refuse
from cases.models import (
    Case,
    IdentitySource,
    IdentityStatement,
    IdentityStatus,
    Merge,
    PartyBasis,
    Person,
    Profile,
)

NOT_TEN_DIGITS = "Een V-nummer heeft tien cijfers. Controleer het nummer"


@dataclass(frozen=True)
class Identity:
    """The identity that a person states. Of the birth date the day, the day and month, or all of it may be missing."""

    family_name: str
    given_names: str = ""
    birth_year: int | None = None
    birth_month: int | None = None
    birth_day: int | None = None
    sex: str = "unknown"
    nationality: str = countries.UNKNOWN
    source: str = IdentitySource.OWN_STATEMENT
    status: str = IdentityStatus.CLAIMED


def v_number_warning(v_number: str) -> str:
    """The warning for a V-number that has not ten digits. It is never refused for that (domain 6.1)."""
    return f"{NOT_TEN_DIGITS}; het is wel opgeslagen." if looks_mistyped(v_number) else ""


def looks_mistyped(v_number: str) -> bool:
    """Whether a V-number has not ten digits. An empty one counts as not known, and not as mistyped."""
    return v_number != "" and re.fullmatch(r"[0-9]{10}", v_number) is None


def plain_v_number(written: str) -> str:
    """A V-number without the dots, spaces and hyphens that people write in it."""
    return re.sub(r"[\s.\-]", "", written)


def has_been(year: int, month: int | None, day: int | None, today: date) -> bool:
    """Whether a date exists and is not in the future. Its month and day may be unknown."""
    try:
        return date(year, month or 1, day or 1) <= today
    except ValueError:
        return False


def search(
    user: User, *, name: str = "", v_number: str = "", birth_year: int | None = None, number: str = ""
) -> QuerySet[Case]:
    """The cases that the user sees with this number, or of persons with this V-number or such a name.

    A name is searched in all statements about a person, also the earlier ones, and accents make no difference. The
    birth year narrows the search by name.
    """
    condition = Q(number__iexact=number) if number else Q()
    if v_number:
        condition |= Q(person__v_number=v_number)
    if name:
        by_name = Q()
        for word in name.split():
            by_name &= Q(person__statements__family_name__unaccent__icontains=word) | Q(
                person__statements__given_names__unaccent__icontains=word
            )
        if birth_year:
            by_name &= Q(person__statements__birth_year=birth_year) | Q(person__statements__birth_year=None)
        condition |= by_name
    if not condition:
        return Case.objects.none()
    return Case.objects.visible_to(user).filter(condition).with_person().order_by("-registered_on", "number").distinct()


def registration_blockers(municipality: Municipality, person: Person | None, on: date) -> list[str]:
    """Why a person can't be registered in a municipality on this day. Nothing stands in the way of a new person."""
    if person is None:
        return []
    earlier = Case.objects.filter(municipality=municipality, subject__in=Merge.pseudonyms(person.subject))
    if running := earlier.filter(closed_on=None).first():
        return [f"Deze persoon heeft al een lopende zaak in {municipality}: {running.number}."]
    if last := earlier.filter(closed_on__gt=on).first():
        return [f"Zaak {last.number} sloot pas op {last.closed_on:%d-%m-%Y}. Vul die dag of een latere in."]
    return []


@transaction.atomic
def register(
    municipality: Municipality,
    *,
    identity: Identity | None = None,
    person: Person | None = None,
    v_number: str = "",
    departure_procedures: int | None = None,
    by: User,
    on: date,
    at: datetime,
) -> Case:
    """Open a case for a new person, with `identity`, or for a `person` who comes back and has statements already."""
    queue_for_numbers(municipality)
    refuse(registration_blockers(municipality, person, on))
    is_new = person is None
    person = person or Person.objects.create(v_number=v_number)
    case = Case.objects.create(
        number=next_numbers(municipality, 1)[0],
        municipality=municipality,
        person=person,
        subject=person.subject,
        registered_on=on,
        worker=by,
    )
    parties.bring_in(case, parties.directing_organisation(case), by=by, at=at, basis=PartyBasis.DIRECTS)
    if is_new:
        assert identity is not None
        statement = IdentityStatement.objects.create(person=person, stated_on=on, is_leading=True, **vars(identity))
    else:
        statement = person.statements.get(is_leading=True)
    recording.record(Profile, case, by=by, at=at, valid_from=on, **characteristics(statement, departure_procedures))
    audit.record("case.registered", case, by=by, at=at, on=on.isoformat())
    return case


@transaction.atomic
def reopen(case: Case, *, by: User, on: date, at: datetime, departure_procedures: int | None = None) -> Case:
    """Open a new case for a person who comes back to the same municipality."""
    person = case.person
    refuse([] if person else ["De persoonsgegevens van deze zaak zijn vernietigd. Meld de persoon opnieuw aan."])
    refuse([] if case.closed_on else ["Deze zaak loopt nog."])
    return register(case.municipality, person=person, departure_procedures=departure_procedures, by=by, on=on, at=at)


@transaction.atomic
def restate_identity(
    case: Case,
    *,
    identity: Identity,
    by: User,
    on: date,
    at: datetime,
    v_number: str | None = None,
    departure_procedures: int | Literal["same"] | None = "same",
    version: int | None = None,
) -> IdentityStatement:
    """Add a statement about the person's identity and make it the leading one. The earlier ones stay as aliases.

    The profile is corrected to fit the statement. `v_number` None and `departure_procedures` "same" mean no change.
    """
    case = lock(case, version=version)
    person = case.person
    refuse([] if person else ["De persoonsgegevens van deze zaak zijn vernietigd."])
    assert person is not None
    person.statements.filter(is_leading=True).update(is_leading=False)
    statement = IdentityStatement.objects.create(person=person, stated_on=on, is_leading=True, **vars(identity))
    if v_number is not None:
        person.v_number = v_number
        person.save(update_fields=["v_number"])
    _correct_profile(case, statement, departure_procedures, by=by, at=at)
    audit.record("case.identity_restated", case, by=by, at=at, version=case.version)
    return statement


@transaction.atomic
def close(case: Case, *, by: User, on: date, at: datetime) -> Case:
    """Close a case, so that the partners no longer see it. A case that is closed already stays as it is."""
    case = lock(case)
    if case.closed_on is None:
        close_locked(case, by=by, on=on, at=at)
    return case


def close_locked(case: Case, *, by: User, on: date, at: datetime) -> None:
    """Close an open case that the calling act has locked."""
    case.closed_on = on
    case.save(update_fields=["closed_on"])
    parties.let_partners_go(case, by=by, at=at)
    audit.record("case.closed", case, by=by, at=at, on=on.isoformat(), version=case.version)


def _correct_profile(
    case: Case,
    statement: IdentityStatement,
    departure_procedures: int | Literal["same"] | None,
    *,
    by: User,
    at: datetime,
) -> None:
    """Correct the profile so that it fits the statement."""
    profile = Profile.objects.standing().get(case=case)
    if departure_procedures == "same":
        departure_procedures = profile.departure_procedures
    changes = characteristics(statement, departure_procedures)
    if any(getattr(profile, name) != value for name, value in changes.items()):
        recording.replace(profile, by=by, at=at, reason="Identiteit aangevuld of verbeterd", **changes)


def characteristics(statement: IdentityStatement, departure_procedures: int | None) -> dict[str, object]:
    """The values of a `Profile`: what the monitor may know of a person with this statement."""
    return {
        "sex": statement.sex,
        "birth_year": statement.birth_year,
        "nationality": statement.nationality,
        "from_safe_country": countries.is_safe(statement.nationality),
        "departure_procedures": departure_procedures,
    }


def next_numbers(municipality: Municipality, count: int) -> list[str]:
    """The next case numbers, such as `AMS-00001`. The caller has called `queue_for_numbers` in this transaction."""
    last = Case.objects.filter(municipality=municipality).order_by("-number").values_list("number", flat=True).first()
    last_number = int(last.rpartition("-")[2]) if last else 0
    return [f"{municipality.prefix}-{last_number + place:05d}" for place in range(1, count + 1)]


def queue_for_numbers(municipality: Municipality) -> None:
    """Let nobody else register in this municipality until this transaction ends, so that each number is given once."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(1, %s)", [municipality.pk])
