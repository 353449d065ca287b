"""Merges two persons of one municipality who turn out to be one person, recorded twice.

A merge moves nothing. Both cases keep their person, file and facts, and nobody sees more than before. A `Merge` fact
only says that the pseudonym of one case (`subject`) and that of the other (`same_as`) belong to one person. Whatever
counts persons, or forbids a person two of something, asks `Merge.pseudonyms` for all pseudonyms of the person; merges
reach on, so that two merges make one person of three. A merge is undone by withdrawing the fact, and then everything is
as it was (`cases/corrections.py`).

Two things must hold when the merge is recorded, because they hold for every single person: at most one case is open,
and no two stays overlap. Registration and placement check the same. So that neither slips in between the check and the
merge, `merge` takes the locks that registration (`queue_for_numbers`) and placement (`queue_for_places`) take.
"""

from datetime import datetime
from itertools import pairwise
from operator import attrgetter

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import User
from cases import intake, recording, stays
from cases.locking import lock, refuse
from cases.models import Case, IdentityStatement, Merge, Person, Stay


def lookalikes(case: Case, user: User) -> QuerySet[Case]:
    """Cases of other persons in this municipality that may be of the same person, as far as the user sees them.

    They have the same V-number, or the same family name and no other birth year. The most alike come first: those with
    the same V-number, then those with the same given names. The person and leading statement of `case` are loaded.
    """
    if case.person is None:
        return Case.objects.none()
    identity, number = case.person.identity, case.person.v_number
    statements = IdentityStatement.objects.filter(person=OuterRef("person"))
    named = statements.filter(family_name__unaccent__iexact=identity.family_name)
    if identity.birth_year:
        named = named.filter(Q(birth_year=identity.birth_year) | Q(birth_year=None))
    numbered = Exists(Person.objects.filter(pk=OuterRef("person"), v_number=number).exclude(v_number=""))
    has_given_names = Exists(named.filter(given_names__unaccent__iexact=identity.given_names))
    alike = Case.objects.visible_to(user).filter(numbered | Exists(named), municipality=case.municipality_id)
    others = alike.exclude(subject__in=Merge.pseudonyms(case.subject))
    return others.with_person().order_by(numbered.desc(), has_given_names.desc(), "number")


def merge_blockers(case: Case, other: Case) -> list[str]:
    """Why the persons of two cases can't be recorded as one."""
    if case.municipality_id != other.municipality_id:
        return [f"Zaak {other.number} is van {other.municipality}. Samenvoegen gaat over zaken van één gemeente."]
    for either in (case, other):
        if either.person_id is None:
            return [f"De persoonsgegevens van zaak {either.number} zijn vernietigd. Wie het was, is niet meer te zien."]
    own = Merge.pseudonyms(case.subject)
    if other.subject in own:
        return [f"Zaak {case.number} en zaak {other.number} zijn al van dezelfde persoon."]
    subjects = own | Merge.pseudonyms(other.subject)
    cases = Case.objects.filter(municipality=case.municipality_id, subject__in=subjects)
    running = cases.open().order_by("number").values_list("number", flat=True)
    if len(running) > 1:
        return [
            f"Zaak {running[0]} en zaak {running[1]} lopen allebei, en een persoon heeft één lopende zaak. "
            "Sluit eerst de zaak die dubbel is. Staat daar een verblijf in? Trek dat eerst in."
        ]
    nights = Stay.objects.standing().filter(municipality=case.municipality_id, subject__in=subjects)
    for before, after in pairwise(nights.select_related("case").order_by("valid_from")):
        if before.valid_until is None or before.valid_until > after.valid_from:
            return [
                f"In zaak {before.case} en zaak {after.case} is vanaf {after.valid_from:%d-%m-%Y} allebei een verblijf "
                "vastgelegd. Trek eerst het verblijf in dat dubbel is."
            ]
    return []


@transaction.atomic
def merge(case: Case, other: Case, *, grounds: str, by: User, at: datetime, version: int | None = None) -> Merge:
    """Record that the persons of two cases are one. `version` is that of `case`.

    Registering, placing and importing in the municipality wait until this transaction ends.
    """
    # Always in the same order: two users who merge the same pair from both sides would wait for each other for ever.
    in_order = sorted((case, other), key=attrgetter("pk"))
    locked = {either.pk: lock(either, version=version if either == case else None) for either in in_order}
    case, other = locked[case.pk], locked[other.pk]
    intake.queue_for_numbers(case.municipality)
    stays.queue_for_places(case.municipality)
    if not grounds:
        raise ValidationError("Vul in waaruit blijkt dat dit dezelfde persoon is.")
    refuse(merge_blockers(case, other))
    fact = recording.record(
        Merge, case, by=by, at=at, valid_from=timezone.localdate(at), same_as=other.subject, grounds=grounds
    )
    for either, second in ((case, other), (other, case)):
        audit.record("case.merged", either, by=by, at=at, other=second.number, id=str(fact.pk), version=either.version)
    return fact
