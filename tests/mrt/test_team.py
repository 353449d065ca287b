"""Who can take a seat in the MRT: one member of the municipality, one of the NGO, two of IND and one of DT&V."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Membership, Organisation, User
from accounts.permissions import Role
from cases.models import Case
from mrt import team as seats
from mrt.models import Escalation, Seat
from tests.conftest import Hire, as_owner
from tests.mrt.review import Seating, advised, seated
from tests.scenarios.browse import opened


def organisation_of(user: User) -> Organisation:
    return user.memberships.order_by("pk")[0].organisation


def refused(coordinator: User, escalation: Escalation, role: str, user: User, **changes: Any) -> str:
    """The reasons why the user gets no seat."""
    values = {"organisation": organisation_of(user), "declared_uninvolved": True, **changes}
    with pytest.raises(ValidationError) as refusal, acting_as(coordinator):
        seats.seat(escalation, role=role, user=user, **values, by=coordinator, at=timezone.now())
    with acting_as(coordinator):
        assert not Seat.objects.filter(escalation=escalation, user=user, until=None).exists()
    return " ".join(refusal.value.messages)


def test_a_seat_shows_the_case_to_its_holder_alone(
    requested: Escalation, stuck: Case, coordinator: User, ind_specialist: User, hire: Hire
) -> None:
    colleague = hire(Role.MRT_MEMBER, "IND, specialisten MRT", "collega@mrt.example")
    seated(coordinator, requested, "ind", ind_specialist)
    for user, expected in ((ind_specialist, True), (colleague, False)):
        with acting_as(user):
            assert Case.objects.filter(pk=stuck.pk).exists() is expected


def test_the_ind_of_the_lso_itself_was_involved(requested: Escalation, coordinator: User, ind_member: User) -> None:
    """The refusal does not depend on what the coordinator sees: the parties of the case are hidden from them."""
    assert "neemt deel aan het LSO" in refused(coordinator, requested, "ind", ind_member)


def test_who_sat_at_the_table_was_involved_whatever_their_organisation_is_now(
    requested: Escalation, coordinator: User, ind_specialist: User, today: date
) -> None:
    at_the_table = Organisation.objects.get(name="IND, LSO Amsterdam")
    with as_owner():
        Membership.objects.create(
            user=ind_specialist,
            organisation=at_the_table,
            role=Role.IND_MEMBER,
            since=today - timedelta(days=100),
            until=today - timedelta(days=1),
        )
    national = Organisation.objects.get(name="IND, specialisten MRT")
    assert "zat aan tafel" in refused(coordinator, requested, "ind", ind_specialist, organisation=national)


def test_who_left_the_table_before_the_case_was_registered_was_not_involved(
    requested: Escalation, coordinator: User, ind_specialist: User, today: date
) -> None:
    with as_owner():
        Membership.objects.create(
            user=ind_specialist,
            organisation=Organisation.objects.get(name="IND, LSO Amsterdam"),
            role=Role.IND_MEMBER,
            since=today - timedelta(days=400),
            until=today - timedelta(days=300),
        )
    with acting_as(coordinator):
        seats.seat(
            requested,
            role="ind",
            user=ind_specialist,
            organisation=Organisation.objects.get(name="IND, specialisten MRT"),
            declared_uninvolved=True,
            by=coordinator,
            at=timezone.now(),
        )


def test_members_of_ind_and_dtv_declare_not_to_have_been_involved(
    requested: Escalation, coordinator: User, ind_specialist: User
) -> None:
    reasons = refused(coordinator, requested, "ind", ind_specialist, declared_uninvolved=False)
    assert "verklaart niet eerder" in reasons


def test_the_database_refuses_a_national_member_without_the_declaration(
    requested: Escalation, stuck: Case, coordinator: User, ind_specialist: User
) -> None:
    with pytest.raises(IntegrityError, match="declare_to_be_uninvolved"), acting_as(coordinator):
        Seat.objects.create(
            escalation=requested,
            case=stuck,
            role="ind",
            user=ind_specialist,
            organisation=organisation_of(ind_specialist),
            since=timezone.now(),
        )


@pytest.mark.parametrize("role", ["municipality", "ngo"])
def test_the_municipality_and_the_ngo_are_those_of_the_case(
    requested: Escalation, coordinator: User, outsider: User, hire: Hire, role: str
) -> None:
    """If members of another city could have a seat, that city would see the case."""
    if role == "ngo":
        utrecht = organisation_of(outsider).municipality
        with as_owner():
            elsewhere = Organisation.objects.create(name="Stichting Elders", kind="ngo", municipality=utrecht)
        outsider = hire(Role.COUNSELLOR, elsewhere.name)
    assert "past niet bij de zetel" in refused(coordinator, requested, role, outsider)


def test_a_seat_fits_its_organisation(requested: Escalation, coordinator: User, ind_specialist: User) -> None:
    for role in ("municipality", "ngo", "dtv"):
        assert "past niet bij de zetel" in refused(coordinator, requested, role, ind_specialist)


def test_a_role_has_no_more_seats_than_the_composition_says(
    complete: Escalation, coordinator: User, hire: Hire
) -> None:
    third = hire(Role.MRT_MEMBER, "IND, specialisten MRT", "ind-3@mrt.example")
    assert "al bezet" in refused(coordinator, complete, "ind", third)


def test_a_member_has_one_seat(requested: Escalation, coordinator: User, ind_specialist: User) -> None:
    seated(coordinator, requested, "ind", ind_specialist)
    with pytest.raises(ValidationError, match="heeft al een zetel"), acting_as(coordinator):
        seated(coordinator, requested, "ind", ind_specialist)


def test_who_can_not_open_the_page_of_the_mrt_gets_no_seat(
    requested: Escalation, coordinator: User, care_professional: User, ind_specialist: User, today: date
) -> None:
    assert "kan bij" in refused(coordinator, requested, "ngo", care_professional)
    with as_owner():
        ind_specialist.memberships.update(until=today)
    assert "kan bij" in refused(coordinator, requested, "ind", ind_specialist)


def test_a_released_seat_ends_sight_and_can_be_given_again(
    complete: Escalation, stuck: Case, coordinator: User, ind_specialist: User, hire: Hire
) -> None:
    with acting_as(coordinator):
        taken = Seat.objects.get(user=ind_specialist)
        seats.release(taken, by=coordinator, at=timezone.now())
        assert seats.missing_seats(complete) == ["IND: nog 1"]
    with acting_as(ind_specialist):
        assert not Case.objects.visible_to(ind_specialist).filter(pk=stuck.pk).exists()
    with pytest.raises(ValidationError, match="niet meer"), acting_as(coordinator):
        seats.release(taken, by=coordinator, at=timezone.now())
    seated(coordinator, complete, "ind", hire(Role.MRT_MEMBER, "IND, specialisten MRT", "ind-3@mrt.example"))


def test_after_the_advice_the_team_does_not_change(concluded: Escalation, coordinator: User, hire: Hire) -> None:
    late = hire(Role.MRT_MEMBER, "IND, specialisten MRT", "ind-3@mrt.example")
    assert "al een advies" in refused(coordinator, concluded, "ind", late)


def test_the_candidates_are_those_who_can_take_an_empty_seat(
    requested: Escalation,
    coordinator: User,
    team: list[Seating],
    ind_member: User,
    dtv_member: User,
    outsider: User,
    care_professional: User,
    chair: User,
    today: date,
) -> None:
    def offered() -> set[User]:
        with acting_as(coordinator):
            return {candidate.membership.user for candidate in seats.candidates(requested, today)}

    assert offered() == {chair} | {user for _, user in team}
    for role, user in team[:3]:
        seated(coordinator, requested, role, user)
    assert offered() == {user for _, user in team[3:]}


def test_in_an_open_tab_access_ends_on_the_next_request(
    complete: Escalation, stuck: Case, coordinator: User, ind_specialist: User
) -> None:
    tab = opened(ind_specialist, "mrt:escalation_detail", complete.pk)
    pages = [reverse(f"mrt:{name}", args=[complete.pk]) for name in ("escalation_detail", "request_sheet")]
    pages.append(reverse("case", args=[stuck.pk]))
    assert {tab.client.get(page).status_code for page in pages} == {200}
    with acting_as(coordinator):
        seats.release(Seat.objects.get(user=ind_specialist), by=coordinator, at=timezone.now())
    assert {tab.client.get(page).status_code for page in pages} == {404}
    signing = reverse("mrt:advice_sign", args=[complete.pk])
    assert tab.client.post(signing, {"submission": str(uuid.uuid4())}).status_code == 404


def test_after_the_advice_an_open_tab_of_a_member_is_shut(
    talked_over: Escalation, coordinator: User, ind_specialist: User
) -> None:
    tab = opened(ind_specialist, "mrt:escalation_detail", talked_over.pk)
    advised(coordinator, talked_over, timezone.localdate())
    assert tab.client.get(tab.address).status_code == 404


def test_who_left_a_seat_can_take_it_again(requested: Escalation, coordinator: User, ind_specialist: User) -> None:
    """What a member did in this escalation, or read for it, is no earlier involvement."""
    seated(coordinator, requested, "ind", ind_specialist)
    opened(ind_specialist, "mrt:escalation_detail", requested.pk)
    with acting_as(coordinator):
        seats.release(Seat.objects.get(), by=coordinator, at=timezone.now())
    seated(coordinator, requested, "ind", ind_specialist)
