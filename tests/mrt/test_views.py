"""The pages of the MRT: who reaches them, what they show, and what a form with mistakes in it gets."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Disclosure, User
from cases.models import Case
from cases.timeline import in_order
from mrt import timeline
from mrt.models import Advice, Answer, Draft, Escalation, Presence, Seat
from scenarios.guidance import scenarios
from scenarios.meetings import planning
from tests.conftest import CaseOf
from tests.mrt.review import BEFORE, QUESTION, Seating, deadlocked, escalated
from tests.scenarios.browse import LONG, NUL, errors_of, opened, queries_of, recorded, status_of
from tests.scenarios.lso import planned, tabled

SOON = timedelta(days=90)


def to_detail(escalation: Escalation) -> str:
    return reverse("mrt:escalation_detail", args=[escalation.pk])


def test_a_case_goes_through_the_mrt_by_its_pages(
    stuck: Case, chair: User, coordinator: User, team: list[Seating], today: date
) -> None:
    decision = deadlocked(chair, stuck, today)
    opened(chair, "mrt:escalation_request", decision.pk).send(
        on=today.isoformat(), ground="disagreement", disagreements=["facts", "law"], question=QUESTION
    )
    with acting_as(chair):
        escalation = Escalation.objects.get()
    assert escalation.disagreements == ["facts", "law"]
    for _, user in team:
        form = opened(coordinator, "mrt:seat_assign", escalation.pk)
        member = user.memberships.get().pk
        assert form.send(member=str(member), declared_uninvolved="on")["Location"] == to_detail(escalation)
    form = opened(coordinator, "mrt:discussion_record", escalation.pk)
    away = form.page.context["form"].fields["present"].choices[-1][0]
    present = [key for key, _ in form.page.context["form"].fields["present"].choices if key != away]
    form.send(on=today.isoformat(), present=present, text="Lang gesproken.")
    opened(coordinator, "mrt:advice_draft", escalation.pk).send(
        conclusion="none", obstacles=["identity", "country"], text="Geen van beide kan.", conditions="Meld u elke week."
    )
    signer = team[0][1]
    opened(signer, "mrt:remark_write", escalation.pk).send(text="Ik zie het anders.")
    assert opened(signer, "mrt:advice_sign", escalation.pk).send()["Location"] == reverse("mrt:escalation_list")
    with acting_as(chair):
        advice = Advice.objects.get()
        assert {p.seat_id: p.is_present for p in Presence.objects.all()}[uuid.UUID(away)] is False
    assert (advice.no_durable_solution, advice.direction, advice.obstacles) == (True, "", ["identity", "country"])
    assert (advice.drafted_by, advice.recorded_by) == (coordinator, signer)
    page = opened(chair, "mrt:escalation_detail", escalation.pk).text
    for words in ("Geen van beide kan.", "Meld u elke week.", "Ik zie het anders.", "Lang gesproken.", "Afwezig"):
        assert words in page, words


def test_the_lso_answers_by_its_page(concluded: Escalation, stuck: Case, chair: User, today: date) -> None:
    item = tabled(chair, stuck, today)
    answer = opened(chair, "mrt:answer_record", concluded.pk).send(
        item=str(item.pk), is_adopted="ja", kind="return", review_on=(today + SOON).isoformat()
    )
    assert answer["Location"] == to_detail(concluded)
    with acting_as(chair):
        assert Answer.objects.get().is_adopted
        scenario = scenarios.current(stuck)
    assert scenario is not None
    assert scenario.kind == "return"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"on": "2999-01-01"}, "ligt in de toekomst"),
        ({"on": "2019-01-01"}, "niet vóór het besluit"),
        ({"on": ""}, "Vul “Aangevraagd op” in"),
        ({"ground": None}, "Maak een keuze"),
        ({"ground": "disagreement"}, "Kies waarover geen overeenstemming"),
        ({"disagreements": ["taste"]}, "uit de lijst"),
        ({"question": ""}, "Vul “Centrale vraag” in"),
        ({"question": "Geen vraag"}, "precies één centrale vraag"),
        ({"question": LONG + "?"}, "500"),
        ({"question": NUL + "?"}, "teken dat niet kan"),
    ],
)
def test_a_request_with_a_mistake_changes_nothing(
    stuck: Case, chair: User, today: date, typed: dict[str, Any], words: str
) -> None:
    decision = deadlocked(chair, stuck, today)
    whole = {"on": today.isoformat(), "ground": "complexity", "question": QUESTION}
    answer = opened(chair, "mrt:escalation_request", decision.pk).send(**{**whole, **typed})
    assert answer.status_code == 400
    assert words in errors_of(answer)
    assert recorded(chair)["Escalation"] == 0


def test_a_request_sent_twice_is_one_escalation(stuck: Case, chair: User, today: date) -> None:
    form = opened(chair, "mrt:escalation_request", deadlocked(chair, stuck, today).pk)
    first, second = (form.send(on=today.isoformat(), ground="complexity", question=QUESTION) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert recorded(chair)["Escalation"] == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Maak een keuze bij “Lid”"),
        ({"member": "iemand"}, "Kies een van de mogelijkheden"),
        ({"member": "999999999999999999999"}, "Kies een van de mogelijkheden"),
        ({"member": NUL}, "Kies een van de mogelijkheden"),
        ({"member": "specialist"}, "verklaart niet eerder"),
    ],
)
def test_a_seat_with_a_mistake_is_not_given(
    requested: Escalation, coordinator: User, ind_specialist: User, typed: dict[str, str], words: str
) -> None:
    if typed.get("member") == "specialist":
        typed = {"member": str(ind_specialist.memberships.get().pk)}
    answer = opened(coordinator, "mrt:seat_assign", requested.pk).send(**typed)
    assert answer.status_code == 400
    assert words in errors_of(answer)
    assert recorded(coordinator)["Seat"] == 0


def test_a_coordinator_releases_a_seat(complete: Escalation, coordinator: User, ind_specialist: User) -> None:
    with acting_as(coordinator):
        taken = Seat.objects.get(user=ind_specialist)
    form = opened(coordinator, "mrt:seat_release", complete.pk)
    assert form.send(seat=str(taken.pk))["Location"] == to_detail(complete)
    with acting_as(coordinator):
        assert Seat.objects.filter(until=None).count() == 4


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        *(({"on": on}, words) for on, words in (("2999-01-01", "toekomst"), ("2019-01-01", "niet vóór de aanvraag"))),
        *(({"on": on}, words) for on, words in (("31-02-2021", "bestaat niet"), ("", "Vul"), (NUL, "bestaat niet"))),
        ({"present": []}, "Kies wie er was"),
        ({"present": ["niemand"]}, "uit de lijst"),
        ({"text": NUL}, "teken dat niet kan"),
    ],
)
def test_a_discussion_with_a_mistake_is_not_recorded(
    complete: Escalation, coordinator: User, typed: dict[str, Any], words: str
) -> None:
    form = opened(coordinator, "mrt:discussion_record", complete.pk)
    present = [key for key, _ in form.page.context["form"].fields["present"].choices]
    on = timezone.localdate().isoformat()
    answer = form.send(**{"on": on, "present": present, **typed})
    assert answer.status_code == 400
    assert words in errors_of(answer)
    assert recorded(coordinator)["Discussion"] == 0


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"conclusion": None}, "Maak een keuze bij “Conclusie”"),
        ({"conclusion": "sideways"}, "Kies een van de mogelijkheden"),
        ({"conclusion": "none"}, "Kies welke belemmeringen"),
        ({"obstacles": ["weather"]}, "uit de lijst"),
        ({"text": ""}, "Vul “Advies” in"),
        ({"text": LONG}, "4000"),
        ({"text": NUL}, "teken dat niet kan"),
        ({"conditions": LONG}, "2000"),
    ],
)
def test_a_draft_with_a_mistake_is_not_kept(
    talked_over: Escalation, coordinator: User, typed: dict[str, Any], words: str
) -> None:
    whole = {"conclusion": "stay", "text": "Ga door."}
    answer = opened(coordinator, "mrt:advice_draft", talked_over.pk).send(**{**whole, **typed})
    assert answer.status_code == 400
    assert words in errors_of(answer)
    assert recorded(coordinator)["Draft"] == 0


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"item": "geen"}, "Kies een van de mogelijkheden"),
        ({"is_adopted": None}, "Maak een keuze"),
        ({"is_adopted": "nee"}, "reden om af te wijken"),
        ({"kind": "hasa", "review_on": "2031-01-01"}, "Het advies is vertrek"),
        ({"reason": LONG}, "2000"),
        ({"reason": NUL}, "teken dat niet kan"),
        ({"review_on": "morgen"}, "bestaat niet"),
    ],
)
def test_an_answer_with_a_mistake_is_not_recorded(
    concluded: Escalation, stuck: Case, chair: User, today: date, typed: dict[str, Any], words: str
) -> None:
    item = tabled(chair, stuck, today)
    if "review_on" in typed and "kind" in typed:
        typed = {**typed, "review_on": (today + SOON).isoformat()}
    answer = opened(chair, "mrt:answer_record", concluded.pk).send(
        **{"item": str(item.pk), "is_adopted": "ja", **typed}
    )
    assert answer.status_code == 400
    assert words in errors_of(answer)
    assert recorded(chair)["Answer"] == 0


def test_a_draft_saved_by_another_is_not_overwritten(talked_over: Escalation, coordinator: User) -> None:
    first, second = (opened(coordinator, "mrt:advice_draft", talked_over.pk) for _ in range(2))
    assert first.send(conclusion="stay", text="Eerste").status_code == 302
    answer = second.send(conclusion="stay", text="Tweede")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Tweede" in page
    assert "Eerste" in page
    with acting_as(coordinator):
        assert Draft.objects.get().text == "Eerste"
        version = Escalation.objects.get().version
    assert second.send(conclusion="stay", text="Tweede", version=str(version)).status_code == 302
    with acting_as(coordinator):
        assert Draft.objects.get().text == "Tweede"


# --- what is shown, and to whom


def test_the_list_shows_the_open_ones_first_with_their_stage(
    concluded: Escalation, chair: User, sheltered: CaseOf, worker: User, today: date
) -> None:
    young = escalated(chair, sheltered(worker), today)
    page = opened(chair, "mrt:escalation_list").page.context
    assert {(row.escalation, row.standing.stage.label, row.days) for row in page["running"]} == {
        (concluded, "Advies gegeven", BEFORE.days),
        (young, "Aangevraagd", 0),
    }
    assert [row.standing.due_on for row in page["running"]] == sorted(row.standing.due_on for row in page["running"])
    assert page["done"] == []


def test_an_answered_escalation_is_done(concluded: Escalation, stuck: Case, chair: User, today: date) -> None:
    item = tabled(chair, stuck, today)
    opened(chair, "mrt:answer_record", concluded.pk).send(item=str(item.pk), is_adopted="ja")
    page = opened(chair, "mrt:escalation_list").page.context
    assert page["running"] == []
    assert [(row.standing.stage.label, row.days) for row in page["done"]] == [("Beantwoord", BEFORE.days)]


def test_the_list_asks_as_many_queries_for_three_cases_as_for_one(
    chair: User, worker: User, coordinator: User, sheltered: CaseOf, today: date
) -> None:
    found = []
    for days in (1, 2, 3):
        escalated(chair, sheltered(worker), today - timedelta(days=days))
        found.append(queries_of(chair, "mrt:escalation_list"))
    assert found[0] == found[2] > 0


def test_the_pages_log_the_persons_they_show(requested: Escalation, stuck: Case, coordinator: User) -> None:
    for name, pk in (("escalation_list", None), ("escalation_detail", requested.pk), ("seat_assign", requested.pk)):
        opened(coordinator, f"mrt:{name}", pk)
        assert Disclosure.objects.get(user_id=coordinator.pk, page=f"mrt:{name}").persons == [stuck.person_id]


@pytest.mark.parametrize(
    ("stage", "title"),
    [
        ("requested", "Zetel toewijzen"),
        ("complete", "Bespreking vastleggen"),
        ("talked_over", "Advies opstellen"),
        ("concluded", "Advies beantwoorden"),
    ],
)
def test_each_stage_has_one_next_step_for_who_may_take_it(
    stage: str, title: str, chair: User, coordinator: User, request: pytest.FixtureRequest
) -> None:
    escalation = request.getfixturevalue(stage)
    takers = {
        user
        for user in (chair, coordinator)
        if opened(user, "mrt:escalation_detail", escalation.pk).page.context["may_step"]
    }
    assert takers == {chair if stage == "concluded" else coordinator}
    for user in (chair, coordinator):
        page = opened(user, "mrt:escalation_detail", escalation.pk)
        assert title in page.text


@pytest.mark.parametrize(
    ("stage", "names"),
    [
        ("requested", {"request_elaborate", "review_convene", "seat_assign", "guest_invite", "request_sheet"}),
        ("complete", {"request_elaborate", "review_convene", "seat_release", "guest_invite", "discussion_record"}),
        ("talked_over", {"advice_draft", "discussion_record", "seat_release", "guest_invite"}),
        ("concluded", {"advice_revise"}),
    ],
)
def test_the_page_links_the_coordinator_to_every_possible_move(
    stage: str, names: set[str], coordinator: User, request: pytest.FixtureRequest
) -> None:
    escalation = request.getfixturevalue(stage)
    page = opened(coordinator, "mrt:escalation_detail", escalation.pk).text
    missing = {name for name in names if f'href="{reverse(f"mrt:{name}", args=[escalation.pk])}"' not in page}
    assert missing == set()


def test_without_a_meeting_since_the_advice_the_answer_waits_with_its_reason(
    concluded: Escalation, stuck: Case, chair: User
) -> None:
    detail = opened(chair, "mrt:escalation_detail", concluded.pk).text
    assert "stond sinds het advies niet op de agenda" in detail
    assert reverse("scenarios:item_add", args=[stuck.pk]) in detail
    page = opened(chair, "mrt:answer_record", concluded.pk).text
    assert "stond sinds het advies niet op de agenda" in page
    assert 'name="is_adopted"' not in page


@pytest.mark.parametrize(
    ("name", "stage", "reason"),
    [
        ("seat_assign", "complete", "Alle zetels zijn bezet"),
        ("seat_release", "requested", "nog geen zetels bezet"),
        ("discussion_record", "requested", "niet compleet"),
        ("advice_draft", "complete", "eerst de bespreking"),
        ("advice_revise", "complete", "eerst de bespreking"),
        ("review_convene", "talked_over", "nog geen advies"),
    ],
)
def test_a_step_that_is_not_due_gets_reasons_instead_of_a_form(
    name: str, stage: str, reason: str, coordinator: User, request: pytest.FixtureRequest
) -> None:
    page = opened(coordinator, f"mrt:{name}", request.getfixturevalue(stage).pk)
    assert reason in page.text
    assert 'name="submission"' not in page.text


def test_only_the_coordinator_works_for_the_mrt_and_only_the_chair_for_the_lso(
    requested: Escalation,
    stuck: Case,
    chair: User,
    worker: User,
    coordinator: User,
    ind_member: User,
    ind_specialist: User,
    outsider: User,
) -> None:
    coordinators = {"seat_assign", "seat_release", "discussion_record", "advice_draft", "advice_revise", "guest_invite"}
    for name in (*coordinators, "answer_record"):
        allowed = coordinator if name in coordinators else chair
        for user in (chair, worker, coordinator, ind_member):
            expected = 200 if user == allowed else 403
            assert status_of(user, f"mrt:{name}", requested.pk) == expected, (name, user)
        for stranger in (outsider, ind_specialist):
            assert status_of(stranger, f"mrt:{name}", requested.pk) == 404, (name, stranger)
    for user, expected in ((worker, 403), (coordinator, 403), (outsider, 404)):
        assert status_of(user, "mrt:escalation_request", requested.decision_id) == expected


def test_the_team_reads_the_request_though_it_does_not_see_the_meeting(
    complete: Escalation, coordinator: User, ind_specialist: User, chair: User
) -> None:
    for user, sees_meeting in ((coordinator, False), (ind_specialist, False), (chair, True)):
        page = opened(user, "mrt:escalation_detail", complete.pk)
        assert QUESTION in page.text
        assert "Geen overeenstemming" in page.text
        assert ("/overleggen/" + str(complete.decision.item.meeting_id) in page.text) is sees_meeting


def test_the_timeline_shows_the_work_of_the_mrt_in_order(
    concluded: Escalation, stuck: Case, chair: User, coordinator: User, today: date
) -> None:
    with acting_as(chair):
        signer = Advice.objects.get().recorded_by
    item = tabled(chair, stuck, today)
    opened(chair, "mrt:answer_record", concluded.pk).send(item=str(item.pk), is_adopted="nee", reason="Nieuwe feiten")
    with acting_as(chair):
        events = in_order(timeline.events(stuck))
    assert [event.title for event in events] == [
        "Afgeweken van het MRT-advies",
        "Advies van het MRT: inzetten op vertrek",
        "Besproken in het MRT",
        "Voorgelegd aan het MRT",
    ]
    assert [event.by for event in events] == [str(chair), str(signer), str(coordinator), str(chair)]


def test_in_the_room_the_advice_stands_beside_the_way_to_answer_it(
    chair: User, concluded: Escalation, stuck: Case, today: date
) -> None:
    meeting = planned(chair, today)
    with acting_as(chair):
        item = planning.put_on_agenda(meeting, stuck, purpose="mrt_advice", by=chair, at=timezone.now())
        planning.hold(meeting, present=[], by=chair, at=timezone.now())
    link = reverse("mrt:answer_record", args=[concluded.pk])
    room = opened(chair, "room:item", item.pk).text
    assert link in room
    assert "Ga door." in room
    assert opened(chair, "mrt:answer_record", concluded.pk).send(item=str(item.pk), is_adopted="ja").status_code == 302
    assert link not in opened(chair, "room:item", item.pk).text
