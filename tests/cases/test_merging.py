"""A person who was recorded twice: two persons of one municipality are merged, and separated again."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import AuditEntry, Disclosure, Membership, Organisation, User
from accounts.permissions import Role
from cases import corrections, countries, exits, intake, merging, parties, recording, stays
from cases.models import Case, Merge, Stay
from tests.cases.conftest import Send, shown
from tests.conftest import CaseOf, as_owner

GROUNDS = "Dezelfde pasfoto en dezelfde broer."


@pytest.fixture
def closed(case_of: CaseOf, worker: User, today: date, now: datetime) -> Case:
    """A case of a person who came and left."""
    case = case_of(worker, "Tweeling")
    with acting_as(worker):
        return exits.close_without_stay(case, by=worker, on=today - timedelta(days=25), at=now)


def merged(case: Case, other: Case, user: User, now: datetime) -> Merge:
    with acting_as(user):
        return merging.merge(case, other, grounds=GROUNDS, by=user, at=now)


def refused(case: Case, other: Case, user: User, now: datetime) -> str:
    with pytest.raises(ValidationError) as refusal:
        merged(case, other, user, now)
    return " ".join(refusal.value.messages)


def test_both_cases_stay_as_they_are_and_name_each_other(
    sheltered: CaseOf, closed: Case, worker: User, now: datetime, look: Send
) -> None:
    case = sheltered(worker, "Tweeling")
    before = [_kept(kept_case, worker) for kept_case in (case, closed)]
    merged(case, closed, worker, now)
    assert [_kept(one, worker) for one in (case, closed)] == before
    for one, other in ((case, closed), (closed, case)):
        page = shown(look(worker, "case", one))
        assert f"Dezelfde persoon als in zaak {other.number}" in page
        assert f'Andere zaken van deze persoon</dt><dd><a href="/zaken/{other.pk}/">{other.number}</a>' in page
        assert GROUNDS in page
        assert AuditEntry.objects.filter(verb="case.merged", subject_id=str(one.pk)).count() == 1
    assert shown(look(worker, "case", case)).count(f"/zaken/{case.pk}/feit/merge/") == 1
    assert "/feit/merge/" not in shown(look(worker, "case", closed))


def _kept(case: Case, user: User) -> dict[str, Any]:
    with acting_as(user):
        return {k: v for k, v in Case.objects.filter(pk=case.pk).values().get().items() if k != "version"}


def test_withdrawing_a_merge_separates_the_persons_again(
    sheltered: CaseOf, closed: Case, worker: User, now: datetime, send: Send, look: Send
) -> None:
    case = sheltered(worker)
    merge = merged(case, closed, worker, now)
    path = {"kind": "merge", "fact": merge.pk}
    assert GROUNDS in shown(look(worker, "cases:fact_withdraw", case, path=path))
    assert send(worker, "cases:fact_withdraw", case, path=path, reason="Een neef.").status_code == 302
    with acting_as(worker):
        assert Merge.pseudonyms(case.subject) == {case.subject}
    page = shown(look(worker, "case", case))
    assert "Ingetrokken: Een neef." in page
    assert "Andere zaken van deze persoon" not in page
    merged(case, closed, worker, now)  # and it may be said again


def test_two_running_cases_are_not_of_one_person(case_of: CaseOf, worker: User, today: date, now: datetime) -> None:
    case, other = case_of(worker), case_of(worker)
    assert "lopen allebei" in refused(case, other, worker, now)
    with acting_as(worker):
        exits.close_without_stay(other, by=worker, on=today, at=now)
    merged(case, other, worker, now)


def test_nobody_sleeps_in_two_places(sheltered: CaseOf, worker: User, today: date, now: datetime) -> None:
    """A person who left on the day on which the other came may be the same."""
    case, other = sheltered(worker), sheltered(worker)
    with acting_as(worker):
        exits.record_exit(other, category="other", by=worker, on=today - timedelta(days=2), at=now)
    assert "allebei een verblijf vastgelegd" in refused(case, other, worker, now)
    with acting_as(worker):
        corrections.withdraw(Stay.objects.running().get(case=case), reason="Dubbel.", by=worker, at=now)
        stays.place(case, location="Oost", by=worker, on=today - timedelta(days=2), at=now)
    merged(case, other, worker, now)


def test_persons_who_are_one_already_are_not_merged_again(
    case_of: CaseOf, closed: Case, worker: User, today: date, now: datetime
) -> None:
    case, third = case_of(worker), case_of(worker)
    with acting_as(worker):
        third = exits.close_without_stay(third, by=worker, on=today, at=now)
    assert "zijn al van dezelfde persoon" in refused(case, case, worker, now)
    merged(case, closed, worker, now)
    merged(third, closed, worker, now)
    for one, other in ((closed, case), (case, third), (third, case)):
        assert "zijn al van dezelfde persoon" in refused(one, other, worker, now)
    with acting_as(worker):
        assert Merge.pseudonyms(third.subject) == {case.subject, closed.subject, third.subject}


def test_the_database_holds_a_pair_once_in_whatever_order(
    case_of: CaseOf, closed: Case, worker: User, today: date, now: datetime
) -> None:
    case = case_of(worker)
    merged(case, closed, worker, now)
    with acting_as(worker), pytest.raises(IntegrityError, match="two_persons_merged_once"), transaction.atomic():
        values = {"same_as": case.subject, "grounds": GROUNDS}
        recording.record(Merge, closed, by=worker, at=now, valid_from=today, **values)


def test_a_case_whose_person_was_destroyed_is_not_merged(
    case_of: CaseOf, closed: Case, worker: User, now: datetime
) -> None:
    case = case_of(worker)
    with as_owner(), acting_as(worker):
        Case.objects.filter(pk=closed.pk).update(person=None)
    for one, other in ((case, closed), (closed, case)):
        assert f"De persoonsgegevens van zaak {closed.number} zijn vernietigd." in refused(one, other, worker, now)


@pytest.fixture
def in_two_cities(worker: User, outsider: User) -> User:
    """A user who works for Amsterdam and for Utrecht."""
    with as_owner():
        organisation = outsider.memberships.get().organisation
        Membership.objects.create(user=worker, organisation=organisation, role=Role.CASE_WORKER, since=date(2019, 1, 1))
    return worker


def test_a_merge_is_about_one_municipality(
    case_of: CaseOf, closed: Case, outsider: User, in_two_cities: User, now: datetime, look: Send
) -> None:
    elsewhere = case_of(outsider)
    assert "Samenvoegen gaat over zaken van één gemeente." in refused(closed, elsewhere, in_two_cities, now)
    page = shown(look(in_two_cities, "cases:person_merge", closed, number=elsewhere.number))
    assert f"Zaak {elsewhere.number} is van Utrecht." in page
    with acting_as(in_two_cities), pytest.raises(IntegrityError, match="twee personen"), transaction.atomic():
        merge = {"same_as": elsewhere.subject, "grounds": GROUNDS}
        recording.record(Merge, closed, by=in_two_cities, at=now, valid_from=closed.registered_on, **merge)


# What holds of one person, whoever they are called


def test_a_merged_person_has_one_running_case(
    case_of: CaseOf, closed: Case, worker: User, today: date, now: datetime
) -> None:
    case = case_of(worker)
    merged(closed, case, worker, now)
    with acting_as(worker), pytest.raises(ValidationError, match=f"al een lopende zaak in Amsterdam: {case.number}"):
        intake.reopen(closed, by=worker, on=today, at=now)
    with acting_as(worker):
        corrections.withdraw(Merge.objects.get(), reason="Een neef.", by=worker, at=now)
        intake.reopen(closed, by=worker, on=today, at=now)


def test_a_merged_person_has_one_stay_at_a_time(sheltered: CaseOf, worker: User, today: date, now: datetime) -> None:
    """Withdrawing the exit of the first case does not open it while the second case is open."""
    first, second = sheltered(worker), sheltered(worker)
    with acting_as(worker):
        left = exits.record_exit(first, category="other", by=worker, on=today - timedelta(days=5), at=now)
        corrections.withdraw(Stay.objects.running().get(case=second), reason="Dubbel.", by=worker, at=now)
    merged(second, first, worker, now)
    with acting_as(worker):
        with pytest.raises(ValidationError, match="Op of na deze dag is al een verblijf vastgelegd"):
            stays.place(second, location="Oost", by=worker, on=today - timedelta(days=6), at=now)
        stays.place(second, location="Oost", by=worker, on=today - timedelta(days=5), at=now)
        corrections.withdraw(left, reason="Verkeerde dag.", by=worker, at=now)
        assert Case.objects.get(pk=first.pk).closed_on is not None


# The page


def test_lookalikes_are_offered_and_others_are_not(
    case_of: CaseOf, worker: User, outsider: User, now: datetime, look: Send
) -> None:
    case = case_of(worker, "Dubbel", birth_year=1980)
    alike = [case_of(worker, "dúbbel"), case_of(worker, "Dubbel", birth_year=1980), case_of(worker, "Anders")]
    with acting_as(worker):
        intake.restate_identity(
            alike[2], identity=intake.Identity("Anders"), v_number="2712345678", by=worker, on=now.date(), at=now
        )
        intake.restate_identity(
            case,
            identity=intake.Identity("Dubbel", birth_year=1980),
            v_number="2712345678",
            by=worker,
            on=now.date(),
            at=now,
        )
    others = [case_of(worker, "Dubbel", birth_year=1981), case_of(worker, "Dubbelman"), case_of(outsider, "Dubbel")]
    response = look(worker, "cases:person_merge", case)
    by_likeness = [alike[2], *alike[:2]]
    assert [one.number for one in response.context["alike"]] == [one.number for one in by_likeness]
    assert set(Disclosure.objects.latest("at").persons) == {one.person_id for one in (case, *alike)}
    assert not any(one.number in shown(response) for one in others)


PICK_QUERIES = 15


@pytest.mark.parametrize("rows", [1, 3])
def test_the_number_of_queries_does_not_depend_on_how_many_look_alike(
    case_of: CaseOf, worker: User, client: Client, django_assert_num_queries: Any, rows: int
) -> None:
    case, *_ = (case_of(worker, "Dubbel") for _ in range(rows + 1))
    client.force_login(worker)
    address = reverse("cases:person_merge", args=[case.pk])
    client.get(address)
    with django_assert_num_queries(PICK_QUERIES):
        assert len(client.get(address).context["alike"]) == rows


def test_without_a_birth_year_everybody_of_that_name_looks_alike(case_of: CaseOf, worker: User, look: Send) -> None:
    case, *others = (
        case_of(worker, "Dubbel", given_names="An"),
        case_of(worker, "Dubbel", given_names="Bea", birth_year=1980),
        case_of(worker, "Dubbel", given_names="Án", birth_year=1990),
    )
    found = look(worker, "cases:person_merge", case).context["alike"]
    assert [one.number for one in found] == [others[1].number, others[0].number]


def test_both_persons_are_shown_side_by_side_before_the_merge(
    case_of: CaseOf, closed: Case, worker: User, look: Send, client: Client
) -> None:
    case = case_of(worker, "Hier", nationality="MA")
    page = look(worker, "cases:person_merge", case, number=closed.number.lower())
    for words in ("Hier", "Tweeling", countries.NATIONALITIES["MA"], "Is dit dezelfde persoon?", 'name="grounds"'):
        assert words in shown(page)
    assert Disclosure.objects.latest("at").persons == sorted(filter(None, [case.person_id, closed.person_id]))
    address = f"{reverse('cases:person_merge', args=[case.pk])}?number={closed.number}"
    with acting_as(worker):
        version = Case.objects.get(pk=case.pk).version
    typed = {"grounds": GROUNDS, "version": version, "submission": uuid.uuid4()}
    assert client.post(address, typed).status_code == 302
    assert client.post(address, typed).status_code == 302  # sent twice, done once
    with acting_as(worker):
        merge = Merge.objects.get()
        assert (merge.case, merge.same_as, merge.grounds) == (case, closed.subject, GROUNDS)
        assert merge.valid_from == timezone.localdate()


@pytest.mark.parametrize(
    ("number", "words"),
    {
        "": "Vul het zaaknummer van de andere zaak in.",
        "AMS-00001": "Dit is deze zaak zelf.",
        "AMS-99999": "Deze zaak is niet gevonden.",
        "UTR-00001": "Deze zaak is niet gevonden.",  # there it is, but not in sight
        "a\x00b": "Deze tekst bevat een teken dat niet kan.",
        "a" * 500: "Gebruik hoogstens 20 tekens.",
    }.items(),
)
def test_a_wrong_case_number_is_refused_and_stays_filled_in(
    case_of: CaseOf, worker: User, outsider: User, look: Send, client: Client, number: str, words: str
) -> None:
    case, _ = case_of(worker), case_of(outsider)
    response = look(worker, "cases:person_merge", case, number=number)
    assert (response.status_code, words in shown(response)) == (400, True)
    sent = {"grounds": GROUNDS, "version": case.version, "submission": uuid.uuid4()}
    response = client.post(f"{reverse('cases:person_merge', args=[case.pk])}?{urlencode({'number': number})}", sent)
    assert response.status_code == 400
    assert GROUNDS in shown(response)
    assert "Kies eerst welke andere zaak" in shown(response)
    with acting_as(worker):
        assert not Merge.objects.exists()


def test_the_page_says_why_a_merge_is_impossible(case_of: CaseOf, worker: User, look: Send) -> None:
    case, other = case_of(worker), case_of(worker)
    page = shown(look(worker, "cases:person_merge", case, number=other.number))
    assert "lopen allebei" in page
    assert 'name="grounds"' not in page


def test_a_partner_reads_that_it_was_merged_and_nothing_of_the_other_case(
    sheltered: CaseOf, closed: Case, worker: User, counsellor: User, ngo: Organisation, now: datetime, look: Send
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        parties.bring_in(case, ngo, by=worker, at=now)
    merged(case, closed, worker, now)
    page = shown(look(counsellor, "case", case))
    assert "Dezelfde persoon als in een andere zaak van de gemeente." in page
    assert closed.number not in page
    assert look(counsellor, "cases:person_merge", case).status_code == 403


def test_a_party_of_the_first_case_does_not_learn_of_the_second(
    sheltered: CaseOf, closed: Case, worker: User, counsellor: User, ngo: Organisation, now: datetime, look: Send
) -> None:
    """The merge is written in the other case: of it, who sees this one alone hears nothing."""
    case = sheltered(worker)
    with acting_as(worker):
        parties.bring_in(case, ngo, by=worker, at=now)
    merged(closed, case, worker, now)
    assert "Samengevoegd" not in shown(look(counsellor, "case", case))
    assert "Samengevoegd" in shown(look(worker, "case", case))
