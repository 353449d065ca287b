"""One person's way through the LVV, by the acts, under the web's own rights."""

from datetime import date, datetime

from accounts.acting import acting_as
from accounts.models import User
from cases import exits
from cases.models import Case, Exit, Stay
from tests.conftest import CaseOf


def test_a_person_is_registered_admitted_sheltered_and_leaves(
    sheltered: CaseOf, worker: User, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        exits.record_exit(
            case, category="return", destination="AM", evidence="Vertrekmelding", by=worker, on=today, at=now
        )
        assert Exit.objects.standing().get(case=case).category == "return"
        assert Stay.objects.standing().get(case=case).valid_until == today
        assert Case.objects.get(pk=case.pk).closed_on == today


def test_a_case_of_another_municipality_is_out_of_sight_of_application_and_database(
    sheltered: CaseOf, worker: User, outsider: User
) -> None:
    case = sheltered(worker)
    with acting_as(outsider):
        assert not Case.objects.visible_to(outsider).filter(pk=case.pk).exists()
        assert not Case.objects.filter(pk=case.pk).exists()
    with acting_as(worker):
        assert Case.objects.filter(pk=case.pk).exists()
