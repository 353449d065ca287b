"""Questions between the parties of a case, and their terms."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Organisation, User
from cases.models import Case
from scenarios.guidance import questions
from scenarios.models import Question
from tests.conftest import CaseOf
from tests.scenarios.browse import errors_of, opened, queries_of, status_of
from tests.scenarios.lso import on_agenda

SOON = timedelta(days=14)


@pytest.fixture
def case(chair: User, worker: User, ind_member: User, sheltered: CaseOf, today: date) -> Case:
    """A case on an agenda, so that the partners at the table see it."""
    return on_agenda(chair, sheltered(worker), today + SOON).case


def ours(user: User) -> Organisation:
    return user.memberships.get().organisation


def ask_question(worker: User, case: Case, of: User, today: date, *, due_on: date | None = None) -> Question:
    with acting_as(worker):
        return questions.ask(
            case,
            asker=ours(worker),
            organisation=ours(of),
            kind="file",
            text="Graag het dossier",
            due_on=due_on or today + SOON,
            by=worker,
            on=today,
            at=timezone.now(),
        )


def test_a_file_is_asked_answered_and_then_closed(worker: User, ind_member: User, case: Case, today: date) -> None:
    form = opened(worker, "scenarios:question_ask", case.pk)
    sent = {"kind": "file", "organisation": ours(ind_member).pk, "asker": ours(worker).pk, "text": "Graag het dossier"}
    assert form.send(**sent, due_on=(today + SOON).isoformat()).status_code == 302
    with acting_as(ind_member):
        question = Question.objects.get()
    assert (question.asked_on, question.due_on) == (today, today + SOON)
    assert "Graag het dossier" in opened(ind_member, "scenarios:question_list").text
    assert "Vraag beantwoorden" in opened(ind_member, "home").text
    answer = opened(ind_member, "scenarios:question_answer", question.pk)
    assert answer.send(on=today.isoformat(), text="Staat klaar").status_code == 302
    assert "Staat klaar" in opened(worker, "case", case.pk).text
    assert "Graag het dossier" not in opened(ind_member, "scenarios:question_list").text


def test_only_the_asked_answers_and_only_the_asker_withdraws(
    worker: User, ind_member: User, outsider: User, case: Case, today: date
) -> None:
    question = ask_question(worker, case, ind_member, today)
    assert status_of(worker, "scenarios:question_answer", question.pk) == 403
    assert status_of(ind_member, "scenarios:question_withdraw", question.pk) == 403
    assert status_of(outsider, "scenarios:question_answer", question.pk) == 404
    assert opened(worker, "scenarios:question_withdraw", question.pk).send().status_code == 302
    late = opened(ind_member, "scenarios:question_answer", question.pk)
    assert "ingetrokken" in late.text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kind": "research", "organisation": "own"}, "Kies een van de mogelijkheden"),
        ({"organisation": "own"}, "Kies een van de mogelijkheden"),
        ({"due_on": "2020-01-01"}, "ligt niet vóór vandaag"),
        ({"text": ""}, "Vul “Vraag” in"),
    ],
)
def test_a_question_with_a_mistake_changes_nothing(
    worker: User, ind_member: User, case: Case, today: date, changed: dict[str, str], words: str
) -> None:
    good = {"kind": "file", "organisation": ours(ind_member).pk, "asker": ours(worker).pk, "text": "Dossier"}
    typed = {**good, "due_on": (today + SOON).isoformat(), **changed}
    typed["organisation"] = ours(worker).pk if typed["organisation"] == "own" else typed["organisation"]
    answer = opened(worker, "scenarios:question_ask", case.pk).send(**typed)
    assert answer.status_code == 400
    assert words in errors_of(answer)
    with acting_as(worker):
        assert not Question.objects.exists()


def test_a_file_is_asked_of_ind_or_dtv(worker: User, counsellor: User, case: Case, today: date) -> None:
    reasons = questions.asking_blockers(
        case, asker=ours(worker), organisation=ours(counsellor), kind="file", text="Dossier", on=today, due_on=today
    )
    assert any("IND of bij DT&V" in reason for reason in reasons)


def test_a_question_is_answered_once(worker: User, ind_member: User, case: Case, today: date) -> None:
    question = ask_question(worker, case, ind_member, today)
    with acting_as(ind_member):
        questions.answer(question, text="Ja", by=ind_member, on=today, at=timezone.now())
        with pytest.raises(ValidationError, match="al beantwoord"):
            questions.answer(question, text="Nee", by=ind_member, on=today, at=timezone.now())
        assert Question.objects.get().answer == "Ja"


def test_the_list_asks_a_fixed_number_of_queries(
    worker: User, ind_member: User, chair: User, sheltered: CaseOf, case: Case, today: date
) -> None:
    ask_question(worker, case, ind_member, today)
    one = queries_of(ind_member, "scenarios:question_list")
    item = case.agenda_items.select_related("meeting").get()
    for _ in range(2):
        ask_question(worker, on_agenda(chair, sheltered(worker), today, item.meeting).case, ind_member, today)
    assert queries_of(ind_member, "scenarios:question_list") == one
