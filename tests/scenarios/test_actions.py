"""The acts on actions: agree, settle, review in the next meeting, carry over."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.acting import acting_as
from accounts.models import AuditEntry, Organisation, OrganisationKind, User
from accounts.permissions import Role
from cases.locking import Stale
from cases.models import Case
from scenarios.guidance import actions
from scenarios.meetings import decisions
from scenarios.meetings.decisions import Resolution
from scenarios.models import Action, ActionReview
from tests.conftest import CaseOf, Hire, as_owner
from tests.scenarios import lso
from tests.scenarios.agreed import agreed, brought_in, carried, closed, held, reviewed


def reasons(refused: pytest.ExceptionInfo[ValidationError]) -> str:
    return " ".join(refused.value.messages)


@pytest.fixture
def case(worker: User, ngo: Organisation, sheltered: CaseOf) -> Case:
    """A case in which the NGO takes part."""
    case = sheltered(worker)
    brought_in(worker, case, ngo)
    return case


@pytest.fixture
def monday(today: date) -> date:
    """The day on which the actions of a test are agreed."""
    return today - timedelta(days=14)


def test_an_agreed_action_is_recorded_and_its_text_stays_out_of_the_audit_trail(
    worker: User, ngo: Organisation, case: Case, monday: date
) -> None:
    action = agreed(worker, case, ngo, monday)
    assert (action.result, action.agreed_on, action.due_on) == ("open", monday, monday + timedelta(days=7))
    line = AuditEntry.objects.filter(verb="case.action_agreed").get()
    assert line.details["action"] == str(action.pk)
    assert "advocaat" not in str(line.details)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"text": "  "}, "Schrijf op wat er moet gebeuren."),
        ({"kind": "wandelen"}, "Kies bij welk spoor"),
        ({"due_on": date(2020, 1, 1)}, "Kies een uiterste datum"),
    ],
)
def test_an_invalid_action_is_refused_with_a_reason(
    worker: User, ngo: Organisation, case: Case, monday: date, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        agreed(worker, case, ngo, monday, **changed)
    assert reason in reasons(refused)


def test_only_a_party_of_an_open_case_gets_an_action(
    worker: User, ngo: Organisation, case: Case, amsterdam: Any, monday: date
) -> None:
    with as_owner():
        stranger = Organisation.objects.create(name="Elders", kind=OrganisationKind.NGO, municipality=amsterdam)
    with pytest.raises(ValidationError) as refused:
        agreed(worker, case, stranger, monday)
    assert "Elders is niet bij deze zaak betrokken" in reasons(refused)
    with acting_as(worker):
        assert stranger not in actions.owners(case)
        assert actions.owners(case)[0].kind == OrganisationKind.MUNICIPALITY
        Case.objects.filter(pk=case.pk).update(closed_on=monday)
    with pytest.raises(ValidationError) as refused:
        agreed(worker, case, ngo, monday)
    assert "gesloten" in reasons(refused)


def test_a_decision_of_another_case_is_refused(
    worker: User, chair: User, ngo: Organisation, case: Case, sheltered: CaseOf, today: date
) -> None:
    decision = lso.adopted(chair, sheltered(worker), today)
    with pytest.raises(ValidationError) as refused:
        agreed(worker, case, ngo, today, decision=decision)
    assert "hoort bij een andere zaak" in reasons(refused)


def settled(user: User, action: Action, on: date, at: datetime, **changed: Any) -> Action:
    with acting_as(user):
        return actions.settle(action, by=user, at=at, on=on, **{"result": "done", **changed})


def test_the_owner_settles_its_action_and_so_does_the_municipality(
    worker: User, counsellor: User, ngo: Organisation, case: Case, monday: date, today: date, now: datetime
) -> None:
    first, second = agreed(worker, case, ngo, monday), agreed(worker, case, ngo, monday)
    assert settled(counsellor, first, today, now).result == "done"
    settled(worker, second, today, now, result="impossible", text="De advocaat is gestopt")
    with acting_as(worker):
        found = Action.objects.get(pk=second.pk)
    assert (found.result, found.settled_on, found.settled_by_id) == ("impossible", today, worker.pk)
    assert (found.result_text, found.version) == ("De advocaat is gestopt", 2)


def test_another_party_at_the_table_settles_nothing(
    worker: User, hire: Hire, ngo: Organisation, case: Case, amsterdam: Any, monday: date, today: date, now: datetime
) -> None:
    with as_owner():
        other = Organisation.objects.create(name="Andere ngo", kind=OrganisationKind.NGO, municipality=amsterdam)
    rival = hire(Role.COUNSELLOR, "Andere ngo")
    brought_in(worker, case, other)
    action = agreed(worker, case, ngo, monday)
    with pytest.raises(ValidationError) as refused:
        settled(rival, action, today, now)
    assert "Alleen Stichting Voorbeeld en de gemeente" in reasons(refused)


def test_a_role_that_does_not_report_settles_nothing(
    worker: User, care_professional: User, ngo: Organisation, case: Case, monday: date, today: date, now: datetime
) -> None:
    action = agreed(worker, case, ngo, monday)
    with pytest.raises(ValidationError):
        settled(care_professional, action, today, now)


@pytest.mark.parametrize(
    ("changed", "days", "reason"),
    [
        ({"result": "impossible"}, 0, "Licht toe waarom"),
        ({"result": "open"}, 0, "Kies of de actie is gedaan"),
        ({}, -15, "is pas op"),
        ({}, 1, "in de toekomst"),
    ],
)
def test_an_invalid_report_is_refused_with_a_reason(
    worker: User, ngo: Organisation, case: Case, today: date, now: datetime, changed: dict[str, Any], days: int,
    reason: str,
) -> None:  # fmt: skip
    action = agreed(worker, case, ngo, today - timedelta(days=14))
    with pytest.raises(ValidationError) as refused:
        settled(worker, action, today + timedelta(days=days), now, **changed)
    assert reason in reasons(refused)


def test_a_settled_action_stays_settled_and_a_stale_form_is_refused(
    worker: User, ngo: Organisation, case: Case, monday: date, today: date, now: datetime
) -> None:
    action = agreed(worker, case, ngo, monday)
    with pytest.raises(Stale):
        settled(worker, action, today, now, version=action.version + 1)
    settled(worker, action, today, now, version=action.version)
    with pytest.raises(ValidationError) as refused:
        settled(worker, action, today, now)
    assert "al afgerond: gedaan" in reasons(refused)


def test_a_review_as_not_done_carries_the_action_over_and_keeps_its_old_day(
    worker: User, chair: User, ngo: Organisation, case: Case, monday: date, today: date
) -> None:
    action = agreed(worker, case, ngo, monday)
    carried(chair, action, today - timedelta(days=5), days=10)
    with acting_as(chair):
        found = Action.objects.with_carried().get(pk=action.pk)
        review = ActionReview.objects.get(action=action)
    assert (found.result, found.due_on) == ("open", today + timedelta(days=5))
    assert found.carried == 1  # type: ignore[attr-defined]
    assert review.was_due_on == monday + timedelta(days=7)


@pytest.mark.parametrize("result", ["done", "impossible"])
def test_a_review_as_done_or_impossible_settles_on_the_day_of_the_meeting(
    worker: User, chair: User, ngo: Organisation, case: Case, monday: date, today: date, result: str
) -> None:
    action = agreed(worker, case, ngo, monday)
    meeting = held(chair, case, today - timedelta(days=1))
    reviewed(chair, action, meeting, result=result, text="Zo is het")
    with acting_as(chair):
        found = Action.objects.get(pk=action.pk)
        assert actions.to_review(meeting, chair) == []
        assert [review.action for review in actions.reviewed(meeting, chair)] == [action]
    assert (found.result, found.settled_on, found.settled_by_id) == (result, meeting.held_on, chair.pk)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"result": "not_done"}, "Kies een nieuwe datum na"),
        ({"result": "not_done", "due_on": 0}, "Kies een nieuwe datum na"),
        ({"result": "impossible"}, "Licht toe waarom"),
        ({"result": "done", "due_on": 9}, "hoort alleen bij een actie die doorschuift"),
        ({"result": "vergeten"}, "Kies wat het overleg"),
    ],
)
def test_an_invalid_review_is_refused_with_a_reason(
    worker: User, chair: User, ngo: Organisation, case: Case, today: date, found: dict[str, Any], reason: str
) -> None:
    action = agreed(worker, case, ngo, today - timedelta(days=14))
    meeting = held(chair, case, today)
    if "due_on" in found:
        found = {**found, "due_on": today + timedelta(days=found["due_on"])}
    with pytest.raises(ValidationError) as refused:
        reviewed(chair, action, meeting, **found)
    assert reason in reasons(refused)


def test_a_meeting_reviews_once_only_earlier_actions_of_its_own_cases(
    worker: User, chair: User, ngo: Organisation, case: Case, sheltered: CaseOf, monday: date, today: date
) -> None:
    action = agreed(worker, case, ngo, monday)
    planned = lso.on_agenda(chair, case, today - timedelta(days=2)).meeting
    with pytest.raises(ValidationError) as refused:
        reviewed(chair, action, planned, result="done")
    assert "Leg eerst vast dat het overleg is gehouden" in reasons(refused)

    meeting = carried(chair, action, today - timedelta(days=1))
    with pytest.raises(ValidationError) as refused:
        reviewed(chair, action, meeting, result="done")
    assert "al nagelopen" in reasons(refused)

    same_day = agreed(worker, case, ngo, meeting.held_on)
    with pytest.raises(ValidationError) as refused:
        reviewed(chair, same_day, meeting, result="done")
    assert "niet vóór dit overleg afgesproken" in reasons(refused)

    elsewhere = held(chair, sheltered(worker), today)
    with pytest.raises(ValidationError) as refused:
        reviewed(chair, action, elsewhere, result="done")
    assert "stond niet op de agenda" in reasons(refused)


def test_a_closed_meeting_reviews_nothing_any_more(
    worker: User, chair: User, ngo: Organisation, case: Case, monday: date, today: date, now: datetime
) -> None:
    action = agreed(worker, case, ngo, monday)
    item = lso.tabled(chair, case, today)
    with acting_as(chair):
        decisions.decide(item, Resolution("postponed", "Later"), by=chair, at=now)
    closed(chair, item.meeting)
    with pytest.raises(ValidationError) as refused:
        reviewed(chair, action, item.meeting, result="done")
    assert "na het afsluiten verandert er niets meer" in reasons(refused)


def test_open_actions_come_with_owner_and_count_in_one_query_however_many_there_are(
    worker: User, chair: User, ngo: Organisation, case: Case, sheltered: CaseOf, monday: date, today: date
) -> None:
    first = agreed(worker, case, ngo, monday, due_on=today)
    cases = [case, *(sheltered(worker) for _ in range(2))]
    for number in (1, 3):
        if number == 3:
            for other in cases[1:]:
                brought_in(worker, other, ngo)
                agreed(worker, other, ngo, monday)
            earlier = agreed(worker, case, ngo, monday)
            carried(chair, first, today - timedelta(days=1), days=1)
        with acting_as(worker), CaptureQueriesContext(connection) as asked:
            found = actions.open_of(cases[:number], worker)
            assert [str(action.organisation) for action in found[case.pk]] == [ngo.name] * len(found[case.pk])
        assert sum("scenarios_action" in query["sql"] for query in asked) == 1
    assert found[case.pk] == [earlier, first]
    assert [action.carried for action in found[case.pk]] == [0, 1]  # type: ignore[attr-defined]


def test_no_action_of_another_municipality_is_seen(
    worker: User, outsider: User, chair: User, ngo: Organisation, case: Case, monday: date, today: date
) -> None:
    agreed(worker, case, ngo, monday)
    meeting = held(chair, case, today)
    with acting_as(outsider):
        assert actions.open_of([case], outsider) == {}
        assert actions.to_review(meeting, outsider) == []
        assert list(Action.objects.all()) == []
    with acting_as(chair):
        assert len(actions.to_review(meeting, chair)) == actions.unreviewed(meeting).count() == 1
