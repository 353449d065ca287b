"""The advice: who reads the draft, who signs, what lapses, and remarks of a minority."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from accounts.permissions import Role
from cases.locking import Stale
from cases.models import Case
from mrt import advising, progress, team
from mrt.advising import Conclusion
from mrt.models import Advice, Draft, Escalation, Presence, Remark, Seat, Stage
from tests.conftest import Hire
from tests.mrt.review import Seating, drafted, seated, signed
from tests.scenarios.browse import LONG, NUL, errors_of, opened


@pytest.fixture
def in_draft(talked_over: Escalation, coordinator: User) -> Escalation:
    return drafted(coordinator, talked_over, obstacles=("documents",), conditions="Werk mee.")


def version_of(user: User, escalation: Escalation) -> int:
    with acting_as(user):
        return Escalation.objects.get(pk=escalation.pk).version


def test_until_it_is_signed_only_the_team_and_its_coordinator_read_the_draft(
    in_draft: Escalation, coordinator: User, chair: User, worker: User, ind_specialist: User, counsellor: User
) -> None:
    for user, reads in ((coordinator, True), (worker, True), (counsellor, True), (ind_specialist, True)):
        assert ("Werk mee." in opened(user, "mrt:escalation_detail", in_draft.pk).text) is reads, user
    page = opened(chair, "mrt:escalation_detail", in_draft.pk)
    assert "Werk mee." not in page.text
    assert page.page.context["row"].standing.stage == Stage.DISCUSSED
    with acting_as(chair):
        assert not Draft.objects.exists()
    signed(coordinator, in_draft)
    assert "Werk mee." in opened(chair, "mrt:escalation_detail", in_draft.pk).text


def test_the_advice_is_what_was_signed_by_two(in_draft: Escalation, coordinator: User, today: date) -> None:
    advice = signed(coordinator, in_draft)
    assert (advice.text, advice.conditions, advice.obstacles) == ("Ga door.", "Werk mee.", ["documents"])
    assert advice.drafted_by == coordinator
    assert advice.recorded_by != coordinator
    assert advice.valid_from == today


def test_the_drafter_cannot_sign_second(in_draft: Escalation, coordinator: User, team: list[Seating]) -> None:
    with pytest.raises(ValidationError, match="zelf opgesteld"), acting_as(coordinator):
        advising.sign(in_draft, by=coordinator, at=timezone.now())


def test_only_a_seated_member_signs(in_draft: Escalation, chair: User, worker: User, coordinator: User) -> None:
    with acting_as(worker):
        assert advising.signing_blockers(in_draft, worker) == []
        assert "Alleen wie een zetel" in advising.signing_blockers(in_draft, chair)[0]


def test_a_guest_joins_reads_and_does_not_sign(
    in_draft: Escalation, coordinator: User, hire: Hire, stuck: Case
) -> None:
    guest = hire(Role.MRT_MEMBER, "DT&V, specialisten MRT", "gast@mrt.example")
    form = opened(coordinator, "mrt:guest_invite", in_draft.pk)
    form.send(member=str(guest.memberships.get().pk))
    with acting_as(guest):
        assert "Alleen wie een zetel" in advising.signing_blockers(in_draft, guest)[0]
    assert "Werk mee." in opened(guest, "mrt:escalation_detail", in_draft.pk).text
    signed(coordinator, in_draft)
    with acting_as(guest):
        assert not Case.objects.filter(pk=stuck.pk).exists()


def test_a_signature_under_a_draft_that_changed_since_is_refused(
    in_draft: Escalation, coordinator: User, worker: User
) -> None:
    page = opened(worker, "mrt:advice_sign", in_draft.pk)
    assert "Ga door." in page.text
    drafted(coordinator, in_draft, "stay")
    answer = page.send()
    assert answer.status_code == 409
    assert "Iemand was u voor" in answer.content.decode()
    with acting_as(worker):
        assert not Advice.objects.exists()
    with pytest.raises(Stale), acting_as(worker):
        advising.sign(in_draft, by=worker, at=timezone.now(), version=version_of(worker, in_draft) - 1)


def test_an_advice_that_is_reopened_lapses_and_needs_a_new_signature(
    in_draft: Escalation, coordinator: User, chair: User, worker: User
) -> None:
    signed(coordinator, in_draft)
    form = opened(coordinator, "mrt:advice_revise", in_draft.pk)
    assert form.send(reason="").status_code == 400
    assert form.send(reason="Er kwam een paspoort.").status_code == 302
    with acting_as(coordinator):
        assert progress.standing_of(in_draft).stage == Stage.DRAFTED
        assert Advice.objects.get().withdrawal_reason == "Er kwam een paspoort."
        assert not Seat.objects.filter(until=None).exists()
    with acting_as(chair):
        assert not Draft.objects.exists()
    drafted(coordinator, in_draft, "stay")
    seated(coordinator, in_draft, "municipality", worker)
    advice = signed(coordinator, in_draft)
    with acting_as(chair):
        assert Advice.objects.standing().get() == advice
    assert advice.direction == "stay"


def test_a_minority_remark_stands_with_the_advice_under_its_name(
    in_draft: Escalation, coordinator: User, ind_specialist: User, chair: User
) -> None:
    form = opened(ind_specialist, "mrt:remark_write", in_draft.pk)
    form.send(text="Ik zie geen kans.")
    with acting_as(chair):
        assert not Remark.objects.exists()
    signed(coordinator, in_draft)
    page = opened(chair, "mrt:escalation_detail", in_draft.pk).text
    assert "Ik zie geen kans." in page
    assert f"Minderheidsopmerking van {ind_specialist}" in page


def test_a_remark_is_replaced_and_taken_back(in_draft: Escalation, ind_specialist: User) -> None:
    for text, kept in (("Eerst", ["Eerst"]), ("Daarna", ["Daarna"]), ("", [])):
        opened(ind_specialist, "mrt:remark_write", in_draft.pk).send(text=text)
        with acting_as(ind_specialist):
            assert [remark.text for remark in Remark.objects.all()] == kept


@pytest.mark.parametrize(("text", "words"), [(LONG, "2000"), (NUL, "teken dat niet kan")])
def test_a_remark_with_a_mistake_is_not_kept(in_draft: Escalation, ind_specialist: User, text: str, words: str) -> None:
    answer = opened(ind_specialist, "mrt:remark_write", in_draft.pk).send(text=text)
    assert answer.status_code == 400
    assert words in errors_of(answer)


def test_a_remark_is_made_by_a_member_and_only_in_the_draft(
    in_draft: Escalation, coordinator: User, chair: User, ind_specialist: User
) -> None:
    for user in (coordinator, chair):
        with pytest.raises(ValidationError), acting_as(user):
            advising.remark(in_draft, text="Nee.", by=user, at=timezone.now())
    signed(coordinator, in_draft)
    with acting_as(chair):
        assert advising.remark_blockers(in_draft, ind_specialist) == ["Er is al een advies."]


def test_attendance_is_kept_for_each_seat(complete: Escalation, coordinator: User, today: date) -> None:
    with acting_as(coordinator):
        absent, *present = team.taken_seats(complete)
        advising.discuss(complete, by=coordinator, on=today, at=timezone.now(), absent=[absent], text="Zo.")
        found = dict(Presence.objects.values_list("seat", "is_present"))
    assert found == {absent.pk: False, **{seat.pk: True for seat in present}}


def test_a_discussion_without_anybody_present_is_refused(complete: Escalation, coordinator: User, today: date) -> None:
    with acting_as(coordinator):
        everybody = team.taken_seats(complete)
    with pytest.raises(ValidationError, match="niemand van het team"), acting_as(coordinator):
        advising.discuss(complete, by=coordinator, on=today, at=timezone.now(), absent=everybody)


def test_an_empty_draft_is_refused(talked_over: Escalation, coordinator: User) -> None:
    with pytest.raises(ValidationError, match="Schrijf het advies op"), acting_as(coordinator):
        advising.draft(talked_over, Conclusion(text="", direction="stay"), by=coordinator, at=timezone.now())


def test_without_a_coordinator_nobody_can_end_the_team(
    in_draft: Escalation, coordinator: User, worker: User, today: date, owner: object
) -> None:
    with owner():  # type: ignore[operator]
        coordinator.memberships.update(until=today)
    with pytest.raises(ValidationError, match="geen coördinator"), acting_as(worker):
        advising.sign(in_draft, by=worker, at=timezone.now())
