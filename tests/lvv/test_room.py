"""The screen of a meeting: decisions with their consequences, text that is never lost, and a wall without names."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases import admission
from cases.models import Admission, Case
from mrt.models import Escalation
from scenarios.guidance import scenarios
from scenarios.meetings import planning
from scenarios.meetings.decisions.step_set import STEP_SET
from scenarios.models import Action, AgendaItem, Decision, ItemMinutes, Meeting, Topic
from tests.conftest import CaseOf, met
from tests.scenarios.browse import LONG, NUL, errors_of, opened, queries_of, recorded, status_of
from tests.scenarios.lso import adopted, on_agenda, planned, tabled

SOON = timedelta(days=90)


class Screen:
    """The screen of an item, on which the form of a decision is open."""

    def __init__(self, user: User, item: AgendaItem, outcome: str) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.address = f"{reverse('room:decide', args=[item.pk])}?besluit={outcome}"
        page = self.client.get(self.address)
        form = page.context["form"]
        self.text = page.content.decode()
        self.hidden = {name: str(form[name].value()) for name in ("submission", "version")} if form else {}

    def send(self, **typed: Any) -> Any:
        return self.client.post(self.address, self.hidden | typed)


def decided(user: User, item: AgendaItem, outcome: str, **typed: Any) -> Any:
    answer = Screen(user, item, outcome).send(**typed)
    assert answer.status_code == 302, errors_of(answer)
    return answer


def test_a_chair_records_a_decision_with_its_scenario_and_goes_on(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    answer = decided(chair, item, "adopted", kind="hasa", review_on=(today + SOON).isoformat())
    assert answer["Location"] == reverse("room:start", args=[item.meeting_id])
    with acting_as(chair):
        scenario = scenarios.current(item.case)
    assert scenario is not None
    assert (scenario.kind, scenario.review_on) == ("hasa", today + SOON)


def test_the_room_goes_on_with_the_first_case_that_is_not_decided(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    meeting = planned(chair, today)
    items = [on_agenda(chair, sheltered(worker), today, meeting) for _ in range(3)]
    with acting_as(chair):
        planning.hold(meeting, present=[], by=chair, at=timezone.now())
    decided(chair, items[0], "postponed", text="Later")
    client = Client()
    client.force_login(chair)
    answer = client.get(reverse("room:start", args=[meeting.pk]))
    assert answer["Location"] == reverse("room:item", args=[items[1].pk])


def test_steps_of_a_decision_become_actions(chair: User, worker: User, sheltered: CaseOf, today: date) -> None:
    item = tabled(chair, sheltered(worker), today)
    organisation = chair.memberships.get().organisation
    step = {"step2_who": organisation.pk, "step2_what": "Tolk regelen", "step2_when": (today + SOON).isoformat()}
    decided(chair, item, "step_set", **step)
    with acting_as(chair):
        action = Action.objects.get()
        assert (action.organisation, action.text, action.due_on) == (organisation, "Tolk regelen", today + SOON)
        assert action.decision == Decision.objects.get(item=item)


@pytest.mark.parametrize(("outcome", "typed"), [("admitted", {}), ("refused", {"text": "Geen regiobinding"})])
def test_a_decision_on_admission_is_the_decision_on_admission(
    chair: User, worker: User, case_of: CaseOf, today: date, outcome: str, typed: dict[str, str]
) -> None:
    case = case_of(worker)
    with acting_as(worker):
        admission.test(case, readings=met(case, today), by=worker, on=today, at=timezone.now())
    item = tabled(chair, case, today)
    decided(chair, item, outcome, **typed)
    with acting_as(chair):
        decision = Admission.objects.standing().get(case=item.case)
    assert (decision.outcome, decision.body, decision.valid_from) == (outcome, "lso", today)


def test_to_escalate_is_to_ask_the_mrt_at_once(chair: User, worker: User, sheltered: CaseOf, today: date) -> None:
    item = tabled(chair, sheltered(worker), today)
    decided(chair, item, "escalated", ground="disagreement", disagreements=["law"], question="Wat nu?", text="Vast")
    with acting_as(chair):
        escalation = Escalation.objects.get(case=item.case)
    assert (escalation.central_question, escalation.decision.outcome) == ("Wat nu?", "escalated")


def test_an_escalation_that_is_refused_leaves_no_decision(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    answer = Screen(chair, item, "escalated").send(ground="complexity", question="Geen vraag", text="Vast")
    assert answer.status_code == 400
    assert "precies één centrale vraag" in errors_of(answer)
    with acting_as(chair):
        assert not Decision.objects.filter(item=item).exists()


def test_to_end_a_stay_gives_the_municipality_the_task(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    decided(chair, item, "ending", ends_on=(today + SOON).isoformat(), text="Werkt niet mee")
    with acting_as(chair):
        decision, action = Decision.objects.get(item=item), Action.objects.get()
    assert decision.ends_on == action.due_on == today + SOON
    assert action.organisation == chair.memberships.get().organisation


def test_no_agreement_says_about_what(chair: User, worker: User, sheltered: CaseOf, today: date) -> None:
    item = tabled(chair, sheltered(worker), today)
    decided(chair, item, "no_agreement", disagreements=["facts", "willingness"], text="IND en ngo verschillen")
    with acting_as(chair):
        assert Decision.objects.get(item=item).disagreements == ["facts", "willingness"]


def test_the_scenario_so_far_stands_beside_the_new_one(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    case = sheltered(worker)
    fresh = opened(chair, "room:item", tabled(chair, case, today).pk).text
    assert "Er is nog geen scenario" in fresh
    assert "Scenario herzien" not in fresh
    adopted(chair, case, today - timedelta(days=2), kind="no_fault")
    item = tabled(chair, case, today - timedelta(days=1))
    later = opened(chair, "room:item", item.pk)
    assert later.page.context["scenario"].kind == "no_fault"
    assert "Scenario herzien" in later.text


@pytest.mark.parametrize(
    ("outcome", "typed", "words"),
    [
        ("adopted", {}, "Maak een keuze bij “Scenario”"),
        ("adopted", {"kind": "return"}, "Vul “Opnieuw bespreken op” in"),
        ("adopted", {"kind": "return", "review_on": "gisteren"}, "bestaat niet"),
        ("adopted", {"kind": "return", "review_on": "2019-01-01"}, "moet na het overleg liggen"),
        ("adopted", {"kind": "return", "review_on": "2999-01-01"}, "Controleer het jaar"),
        ("adopted", {"kind": "holiday"}, "Kies een van de mogelijkheden"),
        ("revised", {"kind": "return", "review_on": "2027-12-31"}, "nog geen scenario om te herzien"),
        ("admitted", {}, "geldt al een besluit over toelating"),
        ("step_set", {}, "Spreek ten minste één stap af"),
        ("step_set", {"step1_what": "Bellen"}, "Vul bij stap 1 in"),
        ("no_agreement", {"text": "Verschil"}, "Maak een keuze bij “Waarover verschilt u?”"),
        ("ending", {"text": "Weg"}, "Vul “Laatste dag van het verblijf” in"),
        ("ending", {"text": "Weg", "ends_on": "2020-01-01"}, "niet vóór het overleg"),
        ("postponed", {}, "Vul “Reden van aanhouden” in"),
        ("postponed", {"text": "   "}, "Vul “Reden van aanhouden” in"),
        ("postponed", {"text": LONG}, "2000"),
        ("postponed", {"text": NUL}, "teken dat niet kan"),
    ],
)
def test_a_decision_with_a_mistake_changes_nothing(
    chair: User, worker: User, sheltered: CaseOf, today: date, outcome: str, typed: dict[str, str], words: str
) -> None:
    item = tabled(chair, sheltered(worker), today)
    before = recorded(chair)
    answer = Screen(chair, item, outcome).send(**typed)
    assert answer.status_code == 400
    assert words in errors_of(answer)
    assert recorded(chair) == before


@pytest.mark.parametrize("outcome", ["advice_adopted", "holiday", ""])
def test_an_unknown_decision_opens_no_form(
    chair: User, worker: User, sheltered: CaseOf, today: date, outcome: str
) -> None:
    item = tabled(chair, sheltered(worker), today)
    client = Client()
    client.force_login(chair)
    address = f"{reverse('room:decide', args=[item.pk])}?besluit={outcome}"
    assert client.get(address)["Location"] == reverse("room:item", args=[item.pk])
    sent = client.post(address, {"submission": uuid.uuid4(), "text": "x"})
    assert sent["Location"] == reverse("room:item", args=[item.pk])
    with acting_as(chair):
        assert not Decision.objects.filter(item=item).exists()


def test_when_two_chairs_decide_at_once_the_second_sees_both(
    chair: User, second_chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    first, second = Screen(chair, item, "adopted"), Screen(second_chair, item, "postponed")
    assert first.send(kind="return", review_on=(today + SOON).isoformat()).status_code == 302
    answer = second.send(text="Wij wachten liever nog")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Wij wachten liever nog" in text
    assert "Scenario vastgesteld" in text  # what the first one recorded
    with acting_as(chair):
        version = Case.objects.get(pk=item.case_id).version
    again = second.send(text="Wij wachten liever nog", version=str(version))
    assert again.status_code == 400
    assert "al besloten" in errors_of(again)
    with acting_as(chair):
        assert Decision.objects.get(item=item).outcome == "adopted"


def test_a_decision_sent_twice_is_recorded_once(chair: User, worker: User, sheltered: CaseOf, today: date) -> None:
    item = tabled(chair, sheltered(worker), today)
    form = Screen(chair, item, "postponed")
    first, second = (form.send(text="Later") for _ in range(2))
    assert first["Location"] == second["Location"]
    assert recorded(chair)["Decision"] == 1


def test_the_municipality_takes_minutes_and_only_the_chair_decides(
    chair: User, worker: User, counsellor: User, ind_member: User, outsider: User, sheltered: CaseOf, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    assert "?besluit=" in opened(chair, "room:item", item.pk).text
    assert "?besluit=" not in opened(worker, "room:item", item.pk).text
    assert status_of(worker, "room:decide", item.pk) == 403
    for user in (counsellor, ind_member):
        assert status_of(user, "room:item", item.pk) == 403
        assert "/zaal/" not in opened(user, "scenarios:meeting_detail", item.meeting_id).text
    assert status_of(outsider, "room:item", item.pk) == 404


def test_a_decided_item_shows_the_decision_instead_of_a_form(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    decision = adopted(chair, sheltered(worker), today)
    page = opened(chair, "room:item", decision.item_id)
    assert "Scenario vastgesteld" in page.text
    assert "?besluit=" not in page.text


def write(user: User, item: AgendaItem, discussion: str, version: int, *, is_script: bool = True) -> Any:
    client = Client(headers={"accept": "application/json"} if is_script else {})
    client.force_login(user)
    sent = {"submission": uuid.uuid4(), "discussion": discussion, "conclusion": "", "version": version}
    return client.post(reverse("room:write", args=[item.pk]), sent)


def test_text_is_saved_while_it_is_typed(chair: User, worker: User, sheltered: CaseOf, today: date) -> None:
    item = tabled(chair, sheltered(worker), today)
    first = write(chair, item, "Wil naar huis", 0)
    assert (first.status_code, first.json()["version"]) == (200, 1)
    assert write(chair, item, "Wil naar huis.", 1).json()["version"] == 2
    with acting_as(chair):
        assert ItemMinutes.objects.get(item=item).discussion == "Wil naar huis."
    assert "Wil naar huis." in opened(chair, "room:item", item.pk).text


@pytest.mark.parametrize("is_script", [True, False])
def test_two_who_write_the_minutes_see_both_texts(
    chair: User, worker: User, sheltered: CaseOf, today: date, is_script: bool
) -> None:
    item = tabled(chair, sheltered(worker), today)
    assert write(chair, item, "Tekst van de voorzitter", 0).status_code == 200
    answer = write(worker, item, "Tekst van de notulist", 0, is_script=is_script)
    assert answer.status_code == 409
    assert "Tekst van de voorzitter" in answer.content.decode()
    if not is_script:
        assert "Tekst van de notulist" in answer.content.decode()
        assert 'name="version" value="1"' in answer.content.decode()
    with acting_as(chair):
        assert ItemMinutes.objects.get(item=item).discussion == "Tekst van de voorzitter"
    assert write(worker, item, "Samen", 1).json()["version"] == 2


def test_the_same_text_twice_is_no_clash(chair: User, worker: User, sheltered: CaseOf, today: date) -> None:
    """A browser that did not get the answer sends the saved text again."""
    item = tabled(chair, sheltered(worker), today)
    write(chair, item, "Tekst", 0)
    assert write(chair, item, "Tekst", 0).json()["version"] == 1


@pytest.mark.parametrize(("text", "words"), [(LONG, "8000"), (NUL, "teken dat niet kan")])
def test_text_that_can_not_be_saved_says_why(
    chair: User, worker: User, sheltered: CaseOf, today: date, text: str, words: str
) -> None:
    item = tabled(chair, sheltered(worker), today)
    answer = write(chair, item, text, 0)
    assert answer.status_code == 400
    assert words in " ".join(answer.json()["reasons"])


def test_minutes_in_the_making_are_read_by_the_municipality_alone(
    chair: User, worker: User, ind_member: User, sheltered: CaseOf, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    write(chair, item, "Half verslag", 0)
    with acting_as(ind_member):
        assert not ItemMinutes.objects.exists()
    assert "Half verslag" not in opened(ind_member, "scenarios:minutes", item.meeting_id).text
    assert "Half verslag" in opened(worker, "scenarios:minutes", item.meeting_id).text


def test_the_text_of_a_general_item_is_saved_and_never_over_another(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    with acting_as(chair):
        topic = Topic.objects.create(meeting=item.meeting, title="Mededelingen", order=1)
    for user, text, version, status in ((chair, "Een", 1, 200), (worker, "Twee", 1, 409), (worker, "Twee", 2, 200)):
        client = Client(headers={"accept": "application/json"})
        client.force_login(user)
        sent = {"submission": uuid.uuid4(), "text": text, "version": version}
        assert client.post(reverse("room:topic_write", args=[topic.pk]), sent).status_code == status
    assert "Twee" in opened(chair, "room:topics", item.meeting_id).text


def test_no_identity_stands_on_the_wall(
    chair: User, ind_member: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    case = sheltered(worker, "Wandgeheim")
    item = on_agenda(chair, case, today, question="Vraag over Wandgeheim")
    with acting_as(chair):
        planning.hold(item.meeting, present=[], by=chair, at=timezone.now())
    step = {"step1_who": chair.memberships.get().organisation.pk, "step1_what": "Bel Wandgeheim"}
    decided(chair, item, "step_set", text="Wandgeheim", step1_when=(today + SOON).isoformat(), **step)
    write(chair, item, "Wandgeheim vertelde", 0)
    with acting_as(chair):
        assert case.person is not None
        v_number = case.person.v_number
    for user in (chair, ind_member):
        text = opened(user, "room:projector", item.meeting_id).text
        assert case.number in text
        assert STEP_SET.label in text
        assert "Wandgeheim" not in text
        assert not v_number or v_number not in text


@pytest.mark.parametrize(
    "asked", ["?punt=99", "?punt=0", "?punt=-1", "?punt=x", "?punt=²", f"?punt={'9' * 400}", "?punt=%00"]
)
def test_the_wall_of_an_odd_number_is_the_first_open_case(
    chair: User, worker: User, sheltered: CaseOf, today: date, asked: str
) -> None:
    item = tabled(chair, sheltered(worker), today)
    client = Client()
    client.force_login(chair)
    answer = client.get(reverse("room:projector", args=[item.meeting_id]) + f"?punt={asked}")
    assert item.case.number in answer.content.decode()


def test_a_long_meeting_opens_in_few_queries(
    chair: User, worker: User, sheltered: CaseOf, case_of: CaseOf, today: date
) -> None:
    meeting = planned(chair, today)
    first = on_agenda(chair, sheltered(worker), today, meeting)
    one = {name: queries_of(chair, name, pk) for name, pk in _pages(first, meeting)}
    for _ in range(29):
        on_agenda(chair, case_of(worker), today, meeting)
    thirty = {name: queries_of(chair, name, pk) for name, pk in _pages(first, meeting)}
    assert thirty == one
    assert max(thirty.values()) <= MOST_QUERIES


# Of a page: twenty that read or log, and three that open and close the transaction and say whose it is.
MOST_QUERIES = 20 + 3


def _pages(item: AgendaItem, meeting: Meeting) -> list[tuple[str, uuid.UUID]]:
    return [
        ("scenarios:meeting_detail", meeting.pk),
        ("room:item", item.pk),
        ("room:projector", meeting.pk),
        ("scenarios:minutes", meeting.pk),
    ]
