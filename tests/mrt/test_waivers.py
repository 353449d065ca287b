"""A user who was involved before gets a seat only with a waiver that the LSO granted."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Disclosure, User
from accounts.permissions import Role
from cases.models import Case
from mrt import team
from mrt.models import Escalation, Seat, Waiver
from tests.conftest import Hire
from tests.mrt.review import seated
from tests.scenarios.browse import LONG, errors_of, opened, status_of

READ = "bekeek gegevens van deze persoon"


@pytest.fixture
def involved(requested: Escalation, stuck: Case, ind_specialist: User) -> User:
    """A specialist who looked at the file once, before they had a seat."""
    with acting_as(ind_specialist):
        Disclosure.objects.create(
            at=timezone.now() - timedelta(days=9),
            user_id=ind_specialist.pk,
            page="case",
            permission="",
            persons=[stuck.person_id],
        )
    return ind_specialist


@pytest.fixture
def waiver(requested: Escalation, involved: User, coordinator: User) -> Waiver:
    form = opened(coordinator, "mrt:waiver_ask", requested.pk)
    form.send(member=str(involved.memberships.get().pk), reason="Spreekt als enige de taal.")
    with acting_as(coordinator):
        return Waiver.objects.get()


def test_the_page_of_the_seats_explains_what_was_found(
    requested: Escalation, involved: User, coordinator: User
) -> None:
    page = opened(coordinator, "mrt:seat_assign", requested.pk)
    assert READ in page.text
    assert str(involved.memberships.get().pk) not in page.page.context["form"].members
    with pytest.raises(ValidationError, match=READ):
        seated(coordinator, requested, "ind", involved)


def test_the_database_refuses_who_was_involved_whatever_the_program_says(
    requested: Escalation, involved: User, coordinator: User
) -> None:
    with pytest.raises(IntegrityError, match="eerder betrokken"):
        sit_anyway(requested, involved, coordinator, declared_uninvolved=True)


def sit_anyway(escalation: Escalation, user: User, coordinator: User, **values: Any) -> None:
    """Make a seat past the rules of the program, as a bug could."""
    with acting_as(coordinator):
        Seat.objects.create(
            escalation=escalation,
            case=escalation.case,
            role="ind",
            user=user,
            organisation=user.memberships.get().organisation,
            since=timezone.now(),
            **values,
        )


def test_the_chair_reads_what_was_found_and_allows_it(
    waiver: Waiver, requested: Escalation, involved: User, coordinator: User, chair: User, worker: User
) -> None:
    for user, expected in ((chair, 200), (worker, 403), (coordinator, 403)):
        assert status_of(user, "mrt:waiver_judge", waiver.pk) == expected
    page = opened(chair, "mrt:waiver_judge", waiver.pk)
    assert READ in page.text
    assert "Spreekt als enige de taal." in page.text
    page.send(is_granted="ja", judgement="Akkoord, dit keer.")
    form = opened(coordinator, "mrt:seat_assign", requested.pk)
    assert form.send(member=str(involved.memberships.get().pk)).status_code == 302
    with acting_as(coordinator):
        taken = Seat.objects.get()
    assert (taken.waiver_id, taken.declared_uninvolved) == (waiver.pk, False)
    assert "Akkoord, dit keer." in opened(coordinator, "mrt:escalation_detail", requested.pk).text


def test_a_refused_exception_keeps_the_seat_shut_and_can_be_asked_again(
    waiver: Waiver, requested: Escalation, involved: User, coordinator: User, chair: User
) -> None:
    opened(chair, "mrt:waiver_judge", waiver.pk).send(is_granted="nee", judgement="Kies een ander.")
    with pytest.raises(ValidationError, match=READ):
        seated(coordinator, requested, "ind", involved)
    assert "Kies een ander." in opened(coordinator, "mrt:escalation_detail", requested.pk).text
    with pytest.raises(ValidationError, match="al beslist"), acting_as(chair):
        team.judge(waiver, is_granted=True, judgement="Toch.", by=chair, at=timezone.now())
    form = opened(coordinator, "mrt:waiver_ask", requested.pk)
    assert form.send(member=str(involved.memberships.get().pk), reason="Echt nodig.").status_code == 302
    with acting_as(coordinator):
        assert Waiver.objects.count() == 2


def test_an_exception_is_asked_once_and_only_where_it_is_needed(
    waiver: Waiver, requested: Escalation, involved: User, coordinator: User, dtv_member: User, chair: User, hire: Hire
) -> None:
    assert "niemand voor wie nu" in opened(coordinator, "mrt:waiver_ask", requested.pk).text
    clean = hire(Role.MRT_MEMBER, "DT&V, specialisten MRT", "schoon@mrt.example")
    for user, words in (
        (involved, "al een uitzondering gevraagd"),
        (clean, "niet nodig"),
        (dtv_member, "alleen mogelijk"),
    ):
        assert words in _refused(coordinator, requested, user)


def _refused(coordinator: User, escalation: Escalation, user: User) -> str:
    with pytest.raises(ValidationError) as refusal, acting_as(coordinator):
        team.ask_waiver(
            escalation,
            user=user,
            organisation=user.memberships.get().organisation,
            reason="Nodig.",
            by=coordinator,
            at=timezone.now(),
        )
    return " ".join(refusal.value.messages)


def test_whoever_asks_for_a_waiver_does_not_judge_it(waiver: Waiver, coordinator: User, chair: User) -> None:
    with acting_as(coordinator):
        assert Waiver.objects.filter(pk=waiver.pk).update(is_granted=True) == 0
    with pytest.raises(ValidationError, match="beslist er niet over"), acting_as(chair):
        team.judge(waiver, is_granted=True, judgement="Ja.", by=coordinator, at=timezone.now())


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"is_granted": None}, "Maak een keuze"),
        ({"is_granted": "misschien"}, "Kies een van de mogelijkheden"),
        ({"judgement": ""}, "Vul “Waarom?” in"),
        ({"judgement": LONG}, "1000"),
    ],
)
def test_a_judgement_with_a_mistake_is_not_recorded(
    waiver: Waiver, chair: User, typed: dict[str, str | None], words: str
) -> None:
    whole = {"is_granted": "ja", "judgement": "Ja."}
    answer = opened(chair, "mrt:waiver_judge", waiver.pk).send(**{**whole, **typed})
    assert answer.status_code == 400
    assert words in errors_of(answer)
    with acting_as(chair):
        assert Waiver.objects.get().is_granted is None


def test_a_seat_with_a_waiver_that_nobody_judged_is_refused_by_the_database(
    waiver: Waiver, requested: Escalation, involved: User, coordinator: User
) -> None:
    with pytest.raises(IntegrityError, match="niet toegestaan"):
        sit_anyway(requested, involved, coordinator, waiver=waiver)
