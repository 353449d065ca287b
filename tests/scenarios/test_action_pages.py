"""The pages of actions: agree, report, review, start a track; an organisation reports only on its own actions."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.acting import acting_as
from accounts.models import Organisation, User
from cases.models import Case
from scenarios.guidance import tracks
from scenarios.models import Action, ActionReview
from tests.conftest import CaseOf
from tests.scenarios.agreed import agreed, brought_in, held
from tests.scenarios.agreements import ours
from tests.scenarios.browse import errors_of, opened, queries_of, status_of
from tests.scenarios.lso import adopted, on_agenda

SOON = timedelta(days=30)


@pytest.fixture
def case(chair: User, worker: User, ind_member: User, sheltered: CaseOf, today: date) -> Case:
    """A case on a planned agenda, so that the partners at the table see it."""
    return on_agenda(chair, sheltered(worker), today + SOON).case


def test_an_action_is_agreed_seen_by_its_owner_and_reported(
    worker: User, ind_member: User, case: Case, today: date
) -> None:
    form = opened(worker, "scenarios:action_agree", case.pk)
    sent = {"organisation": ours(ind_member).pk, "kind": "identity", "text": "Dossier nakijken"}
    assert form.send(**sent, due_on=(today + SOON).isoformat()).status_code == 302
    assert "Dossier nakijken" in opened(ind_member, "scenarios:action_list").text
    with acting_as(ind_member):
        action = Action.objects.get()
    report = opened(ind_member, "scenarios:action_settle", action.pk)
    assert report.send(result="done", on=today.isoformat()).status_code == 302
    with acting_as(worker):
        assert Action.objects.get().result == "done"
    assert "Dossier nakijken" not in opened(ind_member, "scenarios:action_list").text


def test_a_partner_does_not_report_on_an_action_of_another(
    worker: User, ind_member: User, counsellor: User, case: Case, today: date
) -> None:
    action = agreed(worker, case, ours(worker), today)
    page = opened(ind_member, "scenarios:action_settle", action.pk)
    assert "Alleen Gemeente Amsterdam en de gemeente" in page.text
    answer = page.send(result="done", on=today.isoformat(), version=str(action.version))
    assert answer.status_code == 400
    with acting_as(worker):
        assert Action.objects.get().result == "open"


def test_an_impossible_action_needs_a_reason(worker: User, case: Case, today: date) -> None:
    action = agreed(worker, case, ours(worker), today)
    answer = opened(worker, "scenarios:action_settle", action.pk).send(result="impossible", on=today.isoformat())
    assert answer.status_code == 400
    assert "Licht toe" in errors_of(answer)


def test_a_meeting_reviews_the_actions_agreed_before_it(
    chair: User, worker: User, case: Case, sheltered: CaseOf, today: date
) -> None:
    before = today - timedelta(days=9)
    done, late, left = (agreed(worker, case, ours(worker), before) for _ in range(3))
    meeting = held(chair, case, today)
    form = opened(worker, "scenarios:action_review", meeting.pk)
    found = {f"result_{done.pk}": "done", f"result_{late.pk}": "not_done", f"due_{late.pk}": str(today + SOON)}
    assert form.send(**found).status_code == 302
    with acting_as(worker):
        results = dict(ActionReview.objects.values_list("action", "result"))
        assert results == {done.pk: "done", late.pk: "not_done"}
        assert Action.objects.get(pk=late.pk).due_on == today + SOON
        assert Action.objects.get(pk=left.pk).result == "open"


def test_a_finding_with_a_mistake_changes_nothing_of_the_others(
    chair: User, worker: User, case: Case, today: date
) -> None:
    first, second = (agreed(worker, case, ours(worker), today - timedelta(days=9)) for _ in range(2))
    meeting = held(chair, case, today)
    form = opened(worker, "scenarios:action_review", meeting.pk)
    answer = form.send(**{f"result_{first.pk}": "done", f"result_{second.pk}": "not_done"})
    assert answer.status_code == 400
    assert "schuift door" in errors_of(answer)
    with acting_as(worker):
        assert not ActionReview.objects.exists()


def test_the_steps_of_a_scenario_start_from_its_template(chair: User, worker: User, case: Case, today: date) -> None:
    adopted(chair, case, today - timedelta(days=1), kind="return")
    form = opened(worker, "scenarios:track_start", case.pk)
    offered = tracks.steps("return")
    assert all(step.text in form.text for step in offered)
    with acting_as(worker):
        fields = form.page.context["form"]
        typed = {name: str(fields[name].value()) for name in fields.fields if name.startswith(("who_", "due_"))}
    assert form.send(**typed, take_0="on", take_2="on").status_code == 302
    with acting_as(worker):
        assert set(Action.objects.values_list("text", flat=True)) == {offered[0].text, offered[2].text}
    again = opened(worker, "scenarios:track_start", case.pk).text
    assert len(re.findall(r'name="take_\d"[^>]*checked', again)) == len(offered) - 2


def test_without_a_scenario_there_is_no_track(worker: User, case: Case) -> None:
    assert "Er is nog geen scenario" in opened(worker, "scenarios:track_start", case.pk).text


def test_the_list_asks_a_fixed_number_of_queries(worker: User, ind_member: User, case: Case, today: date) -> None:
    agreed(worker, case, ours(ind_member), today)
    one = queries_of(ind_member, "scenarios:action_list")
    for _ in range(2):
        agreed(worker, case, ours(ind_member), today)
    assert queries_of(ind_member, "scenarios:action_list") == one
    assert status_of(ind_member, "scenarios:action_agree", case.pk) == 403


def test_the_list_is_narrowed_to_one_organisation_and_to_what_is_late(
    worker: User, ind_member: User, ngo: Organisation, sheltered: CaseOf, today: date
) -> None:
    case, ind = sheltered(worker), ours(ind_member)
    brought_in(worker, case, ind, ngo)
    agreed(worker, case, ind, today - timedelta(days=9), text="IND te laat", due_on=today - timedelta(days=1))
    agreed(worker, case, ind, today, text="IND op tijd")
    agreed(worker, case, ngo, today - timedelta(days=9), text="NGO te laat", due_on=today - timedelta(days=1))
    client = opened(worker, "scenarios:action_list").client
    everything = {"IND te laat", "IND op tijd", "NGO te laat"}
    expected = {
        "": set(),
        "?van=alle": everything,
        "?van=alle&laat=1": {"IND te laat", "NGO te laat"},
        f"?van={ind.pk}": {"IND te laat", "IND op tijd"},
        f"?van={ind.pk}&laat=1": {"IND te laat"},
        "?van=999999": set(),
    }
    for query, shown in expected.items():
        text = client.get(reverse("scenarios:action_list") + query).content.decode()
        assert {name for name in everything if name in text} == shown, query
