"""Somebody who was recorded twice: two persons of one municipality are merged. Taking that back is a correction.

Both cases stay as they are, each with its own file, and nobody sees more than before: it is only said that they are
about one person, who from then on counts once.
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
    """Cases that the user sees of others in this municipality, with the same V-number or the same name and birth year.

    The most alike on top. The case has its person and leading statement with it.
    """
    if case.person is None:
        return Case.objects.none()
    said, number = case.person.identity, case.person.v_number
    named = IdentityStatement.objects.filter(person=OuterRef("person"), family_name__unaccent__iexact=said.family_name)
    if said.birth_year:
        named = named.filter(Q(birth_year=said.birth_year) | Q(birth_year=None))
    numbered = Exists(Person.objects.filter(pk=OuterRef("person"), v_number=number).exclude(v_number=""))
    called = Exists(named.filter(given_names__unaccent__iexact=said.given_names))
    found = Case.objects.visible_to(user).filter(numbered | Exists(named), municipality=case.municipality_id)
    others = found.exclude(subject__in=Merge.pseudonyms(case.subject))
    return others.with_person().order_by(numbered.desc(), called.desc(), "number")


def merge_blockers(case: Case, other: Case) -> list[str]:
    """Why the persons of two cases can't be recorded as one."""
    if case.municipality_id != other.municipality_id:
        return [f"Zaak {other.number} is van {other.municipality}. Samenvoegen gaat over zaken van één gemeente."]
    for one in (case, other):
        if one.person_id is None:
            return [f"De persoonsgegevens van zaak {one.number} zijn vernietigd. Wie het was, is niet meer te zien."]
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
    """Record that the person of `case` is the one of `other`; the cases and their facts stay as they are.

    Placing, registering and importing in the municipality wait for it, since what they may do depends on who is whom.
    """
    # In one order, or two who merge the same pair, each from their side, wait for each other for ever.
    in_order = sorted((case, other), key=attrgetter("pk"))
    locked = {one.pk: lock(one, version=version if one == case else None) for one in in_order}
    case, other = locked[case.pk], locked[other.pk]
    intake.queue_for_numbers(case.municipality)
    stays.queue_for_places(case.municipality)
    if not grounds:
        raise ValidationError("Vul in waaruit blijkt dat dit dezelfde persoon is.")
    refuse(merge_blockers(case, other))
    fact = recording.record(
        Merge, case, by=by, at=at, valid_from=timezone.localdate(at), same_as=other.subject, grounds=grounds
    )
    for one, second in ((case, other), (other, case)):
        audit.record("case.merged", one, by=by, at=at, other=second.number, id=str(fact.pk), version=one.version)
    return fact
