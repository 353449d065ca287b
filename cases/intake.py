"""Registration: a person comes into view of a municipality. Search first, so that no double is made."""

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
    """Who somebody says to be. Parts of the birth date may be missing, from the day up."""

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
    """A V-number has ten digits; another length is a warning, never a refusal (domain 6.1)."""
    return f"{NOT_TEN_DIGITS}; het is wel opgeslagen." if looks_mistyped(v_number) else ""


def looks_mistyped(v_number: str) -> bool:
    """Whether a V-number that is known has another length than ten digits."""
    return v_number != "" and re.fullmatch(r"[0-9]{10}", v_number) is None


def plain_v_number(written: str) -> str:
    """A V-number as people write it, with dots or spaces, without them."""
    return re.sub(r"[\s.\-]", "", written)


def has_been(year: int, month: int | None, day: int | None, today: date) -> bool:
    """Whether a (partial) date exists and is not in the future."""
    try:
        return date(year, month or 1, day or 1) <= today
    except ValueError:
        return False


def search(
    user: User, *, name: str = "", v_number: str = "", birth_year: int | None = None, number: str = ""
) -> QuerySet[Case]:
    """Cases that the user sees: with this number, or of persons with this V-number or such a name.

    A name is looked for in every statement, accents aside.
    """
    found = Q(number__iexact=number) if number else Q()
    if v_number:
        found |= Q(person__v_number=v_number)
    if name:
        by_name = Q()
        for word in name.split():
            by_name &= Q(person__statements__family_name__unaccent__icontains=word) | Q(
                person__statements__given_names__unaccent__icontains=word
            )
        if birth_year:
            by_name &= Q(person__statements__birth_year=birth_year) | Q(person__statements__birth_year=None)
        found |= by_name
    if not found:
        return Case.objects.none()
    return Case.objects.visible_to(user).filter(found).with_person().order_by("-registered_on", "number").distinct()


def registration_blockers(municipality: Municipality, person: Person | None, on: date) -> list[str]:
    """Why a (known) person can't be registered in a municipality on this day."""
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
    """Open a case for a new person (`identity`) or for one who comes back (`person`, with statements)."""
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
    """Somebody comes back: a new case of the same person, in the same municipality."""
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
    """Add a statement and let it lead; the earlier ones stay as aliases. The profile follows, as a correction.

    `v_number` None and `departure_procedures` "same" leave these as they are.
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
    _follow(case, statement, departure_procedures, by=by, at=at)
    audit.record("case.identity_restated", case, by=by, at=at, version=case.version)
    return statement


@transaction.atomic
def close(case: Case, *, by: User, on: date, at: datetime) -> Case:
    """Close a case; the partners lose sight of it. Closed twice is closed once."""
    case = lock(case)
    if case.closed_on is None:
        close_locked(case, by=by, on=on, at=at)
    return case


def close_locked(case: Case, *, by: User, on: date, at: datetime) -> None:
    """Close an open case that the act has under lock."""
    case.closed_on = on
    case.save(update_fields=["closed_on"])
    parties.let_partners_go(case, by=by, at=at)
    audit.record("case.closed", case, by=by, at=at, on=on.isoformat(), version=case.version)


def _follow(
    case: Case,
    statement: IdentityStatement,
    departure_procedures: int | Literal["same"] | None,
    *,
    by: User,
    at: datetime,
) -> None:
    """Let the profile follow a statement, as a correction."""
    profile = Profile.objects.standing().get(case=case)
    if departure_procedures == "same":
        departure_procedures = profile.departure_procedures
    changes = characteristics(statement, departure_procedures)
    if any(getattr(profile, name) != value for name, value in changes.items()):
        recording.replace(profile, by=by, at=at, reason="Identiteit aangevuld of verbeterd", **changes)


def characteristics(statement: IdentityStatement, departure_procedures: int | None) -> dict[str, object]:
    """What the monitor may know of somebody with this statement."""
    return {
        "sex": statement.sex,
        "birth_year": statement.birth_year,
        "nationality": statement.nationality,
        "from_safe_country": countries.is_safe(statement.nationality),
        "departure_procedures": departure_procedures,
    }


def next_numbers(municipality: Municipality, count: int) -> list[str]:
    """`AMS-00001` and on, as many as asked, for who has queued for them."""
    last = Case.objects.filter(municipality=municipality).order_by("-number").values_list("number", flat=True).first()
    given = int(last.rpartition("-")[2]) if last else 0
    return [f"{municipality.prefix}-{given + place:05d}" for place in range(1, count + 1)]


def queue_for_numbers(municipality: Municipality) -> None:
    """Whoever registers in a municipality at this moment waits for the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(1, %s)", [municipality.pk])
