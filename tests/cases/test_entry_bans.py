"""A severe entry ban stands in the way of admission, except in Groningen by agreement (domain 2.2 and 2.3)."""

from datetime import date, datetime

import pytest
from django.core.exceptions import ValidationError

from accounts.acting import acting_as
from accounts.models import Municipality, User
from accounts.permissions import Role
from cases import admission
from cases.admission import Reading
from cases.models import Admission, AdmissionAnswer, Answer, Case, Covenant
from tests.cases.conftest import Send, shown
from tests.cases.listed import WHOLE, imported
from tests.cases.test_pages import ANSWERS
from tests.conftest import CaseOf, Hire, met

BAN = "no_severe_entry_ban"
QUESTION = "Is er geen zwaar inreisverbod van tien jaar of langer?"
AGREEMENT = "Driehoek van 3 oktober: toelating om de openbare orde"


@pytest.fixture
def groninger(hire: Hire) -> User:
    return hire(Role.CASE_WORKER, "Gemeente Groningen")


def record_test(case: Case, by: User, today: date, now: datetime, **readings: Reading) -> None:
    admission.test(case, readings={**met(case, today), **readings}, by=by, on=today, at=now)


def admitted(case: Case, by: User, today: date, now: datetime) -> Admission:
    return admission.decide(case, outcome="admitted", by=by, on=today, at=now)


def test_an_agreement_makes_up_for_the_ban(case_of: CaseOf, groninger: User, today: date, now: datetime) -> None:
    case = case_of(groninger)
    with acting_as(groninger):
        record_test(case, groninger, today, now, **{BAN: Reading("agreed", evidence=AGREEMENT)})
        decision = admitted(case, groninger, today, now)
        assert (decision.outcome, decision.inside_covenant) == ("admitted", True)


def test_no_exception_is_made_when_all_criteria_are_met_or_agreed(
    case_of: CaseOf, groninger: User, today: date, now: datetime
) -> None:
    case = case_of(groninger)
    with acting_as(groninger):
        record_test(case, groninger, today, now, **{BAN: Reading("agreed", evidence=AGREEMENT)})
        with pytest.raises(ValidationError, match="kies voor gewone toelating"):
            admission.decide(
                case, outcome="exception", exception_ground="public_order", reason="x", by=groninger, on=today, at=now
            )


def test_without_an_agreement_the_ban_keeps_somebody_out(
    case_of: CaseOf, groninger: User, today: date, now: datetime
) -> None:
    case = case_of(groninger)
    with acting_as(groninger):
        record_test(case, groninger, today, now, **{BAN: Reading("no")})
        with pytest.raises(ValidationError, match=f"Niet voldaan: {QUESTION[:-1]}"):
            admitted(case, groninger, today, now)


def test_an_agreement_makes_up_for_nothing_else(case_of: CaseOf, groninger: User, today: date, now: datetime) -> None:
    case = case_of(groninger)
    with acting_as(groninger):
        record_test(
            case, groninger, today, now, **{BAN: Reading("agreed", evidence=AGREEMENT), "not_dublin": Reading("no")}
        )
        with pytest.raises(ValidationError) as refusal:
            admitted(case, groninger, today, now)
    assert refusal.value.messages == ["Niet voldaan: Is de persoon geen Dublinclaimant?"]


def test_an_agreement_says_what_with_whom_and_when(
    case_of: CaseOf, groninger: User, today: date, now: datetime
) -> None:
    with acting_as(groninger), pytest.raises(ValidationError, match="wat is afgesproken, met wie en wanneer"):
        record_test(case_of(groninger), groninger, today, now, **{BAN: Reading("agreed")})


@pytest.mark.parametrize("code", [BAN, "not_dublin"])
def test_where_the_covenant_does_not_allow_it_there_is_no_agreement(
    case_of: CaseOf, worker: User, groninger: User, today: date, now: datetime, code: str
) -> None:
    for user in [worker] if code == BAN else [worker, groninger]:
        with acting_as(user), pytest.raises(ValidationError, match="kent hier geen toelating in overleg"):
            record_test(case_of(user), user, today, now, **{code: Reading("agreed", evidence=AGREEMENT)})


def test_the_form_offers_an_agreement_in_groningen_about_the_ban_alone(
    look: Send, case_of: CaseOf, worker: User, groninger: User
) -> None:
    def offering(user: User) -> set[str]:
        form = look(user, "cases:admission_test", case_of(user)).context["form"]
        choices = {name: getattr(field, "choices", []) for name, field in form.fields.items()}
        return {name for name, found in choices.items() if Answer.AGREED in dict(found)}

    assert offering(groninger) == {BAN}
    assert offering(worker) == set()


def test_the_pages_say_that_admission_was_agreed(send: Send, look: Send, case_of: CaseOf, groninger: User) -> None:
    case = case_of(groninger)
    answers = {code: answer for code, answer in ANSWERS.items() if code not in {"willingness"}}
    on = case.registered_on
    sent = send(
        groninger,
        "cases:admission_test",
        case,
        **{**answers, BAN: "agreed", f"{BAN}_evidence": AGREEMENT, "on": on},
    )
    assert sent.status_code == 302
    decide = look(groninger, "cases:admission_decide", case)
    assert "Aan alle criteria voldaan" in shown(decide)
    assert QUESTION in shown(decide)
    assert decide.context["form"].initial["inside_covenant"] == "ja"
    page = look(groninger, "case", case)
    assert f"Toelating in overleg afgesproken: {QUESTION}" in shown(page)
    assert page.context["met_count"] == len(answers)
    assert AGREEMENT not in shown(page)


def test_a_list_does_not_say_that_there_is_no_ban_where_one_may_be_agreed(
    groninger: User, worker: User, amsterdam: Municipality, now: datetime, today: date
) -> None:
    groningen = Municipality.objects.get(name="Groningen")
    assert Covenant.objects.in_force(groningen, today).admits_entry_ban_by_agreement  # type: ignore[union-attr]
    for municipality, user, evidence in (
        (groningen, groninger, "De lijst zegt niet of hieraan is voldaan, of dat toelating in overleg is afgesproken."),
        (amsterdam, worker, ""),
    ):
        assert imported(municipality, user, now, today, {**WHOLE, "kenmerk": "K-1"}).state == "done"
        with acting_as(user):
            found = AdmissionAnswer.objects.get(criterion=BAN)
            assert (found.answer, found.evidence) == ("yes", evidence)
            assert AdmissionAnswer.objects.exclude(criterion=BAN).exclude(evidence="").count() == 0
