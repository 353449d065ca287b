"""The bodies above the LSO: when a case goes there, who owns it, and what the ruling does."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases.models import Case
from mrt import answering, ladder, progress, tasks
from mrt.models import Escalation, Level, Rung, Stage
from scenarios.meetings import decisions
from scenarios.meetings.decisions import Resolution
from scenarios.models import AgendaItem, Direction
from tests.scenarios.browse import errors_of, opened
from tests.scenarios.lso import on_agenda, planned, tabled

LATE = timedelta(days=60)
SOON = timedelta(days=90)


def climbed(chair: User, escalation: Escalation, on: date) -> Rung:
    with acting_as(chair):
        return ladder.climb(escalation, reason="Het LSO komt er niet uit.", by=chair, on=on, at=timezone.now())


def ruled(by: User, rung: Rung, ruling: str, on: date, direction: str = "") -> Rung:
    with acting_as(by):
        return ladder.rule(
            rung, ruling=ruling, direction=direction, text="Gehoord partijen.", by=by, on=on, at=timezone.now()
        )


def disagreed(chair: User, case: Case, on: date) -> None:
    """The LSO decided again that it can't agree."""
    item = tabled(chair, case, on)
    resolution = Resolution(outcome="no_agreement", text="Nee.", disagreements=("law",))
    with acting_as(chair):
        decisions.decide(item, resolution, by=chair, at=timezone.now())


def stage_of(escalation: Escalation, user: User) -> Stage:
    with acting_as(user):
        return progress.standing_of(escalation).stage


def test_a_case_does_not_go_higher_while_the_lso_can_still_answer(
    concluded: Escalation, chair: User, today: date
) -> None:
    with acting_as(chair):
        due_on = progress.standing_of(concluded).due_on
        assert due_on is not None
        assert "kan nog antwoorden tot en met" in ladder.climbing_blockers(concluded, on=due_on)[0]
        assert ladder.climbing_blockers(concluded, on=due_on + timedelta(days=1)) == []
    with pytest.raises(ValidationError, match="kan nog antwoorden"):
        climbed(chair, concluded, today)


def test_the_lso_can_decide_that_it_does_not_agree_and_go_higher_at_once(
    concluded: Escalation, stuck: Case, chair: User, today: date
) -> None:
    disagreed(chair, stuck, today)
    rung = climbed(chair, concluded, today)
    assert (rung.level, rung.organisation) == (Level.STEERING, chair.memberships.get().organisation)
    assert stage_of(concluded, chair) == Stage.STEERING


def test_each_rung_has_its_owner_and_its_day(
    concluded: Escalation, chair: User, coordinator: User, today: date
) -> None:
    """The municipality brings a case to its own stuurgroep, the Multidisciplinair Team to the national bodies."""
    rung = climbed(chair, concluded, today + LATE)
    owners, found = [rung.organisation.kind], []
    for level, by in ((Level.STEERING, chair), (Level.PROGRAMME, coordinator)):
        with acting_as(chair):
            standing = progress.standing_of(concluded)
        found.append((standing.stage.value, standing.due_on is not None))
        ruled(by, rung, "passed_on", today + LATE)
        with acting_as(chair):
            current = ladder.current(concluded)
        assert current is not None
        assert current.level != level
        rung = current
        owners.append(rung.organisation.kind)
    assert found == [("steering", True), ("programme", True)]
    assert owners == ["municipality", "mdt", "mdt"]
    with pytest.raises(ValidationError, match="geen niveau"):
        ruled(coordinator, rung, "passed_on", today + LATE)
    ruled(coordinator, rung, "confirmed", today + LATE)
    assert stage_of(concluded, chair) == Stage.RULED
    with acting_as(chair):
        assert "geen niveau" in ladder.climbing_blockers(concluded, on=today + timedelta(days=400))[0]


def test_only_the_owner_records_the_ruling(concluded: Escalation, chair: User, coordinator: User, today: date) -> None:
    rung = climbed(chair, concluded, today + LATE)
    with acting_as(coordinator):
        assert Rung.objects.filter(pk=rung.pk).update(ruling="confirmed") == 0
    ruled(chair, rung, "passed_on", today + LATE)
    with acting_as(chair):
        higher = Rung.objects.get(level=Level.PROGRAMME)
        assert Rung.objects.filter(pk=higher.pk).update(text="Van een ander") == 0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ruling": "maybe"}, "Kies wat de uitkomst is"),
        ({"ruling": "other"}, "Kies een richting"),
        ({"ruling": "confirmed", "direction": "stay"}, "Kies een richting"),
        ({"ruling": "confirmed", "text": ""}, "Licht de uitkomst toe"),
        ({"ruling": "confirmed", "in_days": -1}, "niet vóór"),
    ],
)
def test_an_incomplete_ruling_is_refused(
    concluded: Escalation, chair: User, today: date, values: dict[str, str | int], words: str
) -> None:
    rung = climbed(chair, concluded, today + LATE)
    on = today + LATE + timedelta(days=int(values.pop("in_days", 0)))
    with pytest.raises(ValidationError, match=words), acting_as(chair):
        ladder.rule(rung, **{"text": "Gehoord.", **values}, by=chair, on=on, at=timezone.now())  # type: ignore[arg-type]
    assert stage_of(concluded, chair) == Stage.STEERING


def test_the_lso_cannot_answer_while_a_body_has_the_case(
    concluded: Escalation, stuck: Case, chair: User, today: date
) -> None:
    climbed(chair, concluded, today + LATE)
    item = tabled(chair, stuck, today)
    with pytest.raises(ValidationError, match="ligt bij de stuurgroep"):
        answered(concluded, item, chair, is_adopted=True)


def answered(escalation: Escalation, item: AgendaItem, chair: User, **values: object) -> None:
    with acting_as(chair):
        answering.answer(escalation, item, **values, by=chair, at=timezone.now())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ruling", "direction", "adopts", "words"),
    [
        ("confirmed", "", True, "Neem het advies over"),
        ("other", Direction.STAY, False, "Wijk van het advies af"),
    ],
)
def test_the_lso_carries_out_what_a_body_ruled(
    concluded: Escalation, stuck: Case, chair: User, today: date, ruling: str, direction: str, adopts: bool, words: str
) -> None:
    """The advice was departure."""
    rung = climbed_today(concluded, stuck, chair, today)
    ruled(chair, rung, ruling, today, direction)
    item = tabled(chair, stuck, today)
    with pytest.raises(ValidationError, match=words):
        answered(concluded, item, chair, is_adopted=not adopts, reason="Liever anders.")
    other = "hasa" if adopts else "return"
    with pytest.raises(ValidationError, match="Kies een scenario in die richting"):
        answered(concluded, item, chair, is_adopted=adopts, reason="Zo.", kind=other, review_on=today + SOON)
    right = "return" if adopts else "hasa"
    answered(concluded, item, chair, is_adopted=adopts, reason="Zo.", kind=right, review_on=today + SOON)
    assert stage_of(concluded, chair) == Stage.ANSWERED


def climbed_today(escalation: Escalation, case: Case, chair: User, today: date) -> Rung:
    disagreed(chair, case, today - timedelta(days=1))
    return climbed(chair, escalation, today)


def test_a_case_climbs_to_the_top_by_its_pages(
    concluded: Escalation, stuck: Case, chair: User, coordinator: User, today: date
) -> None:
    disagreed(chair, stuck, today)
    page = opened(chair, "mrt:escalation_climb", concluded.pk)
    assert "Stuurgroep" in page.text
    assert page.send(reason="").status_code == 400
    assert page.send(reason="Wij komen er niet uit.").status_code == 302
    for by in (chair, coordinator):
        with acting_as(chair):
            rung = ladder.current(concluded)
        assert rung is not None
        form = opened(by, "mrt:rung_rule", rung.pk)
        assert form.send(on=today.isoformat(), ruling="passed_on", text="Verdeeld.").status_code == 302
    with acting_as(chair):
        top = ladder.current(concluded)
    assert top is not None
    form = opened(coordinator, "mrt:rung_rule", top.pk)
    assert "naar het volgende niveau" not in form.text
    answer = form.send(on=today.isoformat(), ruling="other", text="Anders.")
    assert "Kies een richting" in errors_of(answer)
    form.send(on=today.isoformat(), ruling="other", direction="stay", text="Anders.")
    detail = opened(chair, "mrt:escalation_detail", concluded.pk).text
    for words in ("Uitspraak terug bij het LSO", "Stuurgroep", "Programmaraad", "Bestuurlijk overleg", "Verdeeld."):
        assert words in detail


# --- back at the LSO by itself


def on_agendas_of(chair: User, case: Case) -> list[AgendaItem]:
    with acting_as(chair):
        found = AgendaItem.objects.filter(case=case, purpose="mrt_advice")
        return list(found.select_related("meeting").order_by("meeting__held_on"))


def test_an_advice_comes_on_the_next_agenda_by_itself_and_once(
    concluded: Escalation, stuck: Case, chair: User, today: date
) -> None:
    tasks.put_on_agendas()
    assert on_agendas_of(chair, stuck) == []
    later, sooner = (planned(chair, today + timedelta(days=days)) for days in (20, 6))
    for _ in range(2):
        tasks.put_on_agendas()
    found = on_agendas_of(chair, stuck)
    assert [(item.meeting, item.question) for item in found] == [(sooner, concluded.central_question)]
    assert later.held_on > sooner.held_on


def test_an_unanswered_advice_comes_back_on_the_next_agenda(
    concluded: Escalation, stuck: Case, chair: User, today: date
) -> None:
    item = tabled(chair, stuck, today)
    with acting_as(chair):
        decisions.decide(item, Resolution("postponed", "Later"), by=chair, at=timezone.now())
    planned(chair, today + timedelta(days=6))
    tasks.put_on_agendas()
    assert [item.meeting.held_on for item in on_agendas_of(chair, stuck)] == [today + timedelta(days=6)]


def test_a_case_that_stands_on_an_agenda_is_not_put_on_another(
    concluded: Escalation, stuck: Case, chair: User, today: date
) -> None:
    on_agenda(chair, stuck, today + timedelta(days=3))
    planned(chair, today + timedelta(days=2))
    tasks.put_on_agendas()
    assert on_agendas_of(chair, stuck) == []


def test_nothing_is_put_on_an_agenda_while_a_body_has_the_case_or_after_the_answer(
    concluded: Escalation, stuck: Case, chair: User, today: date
) -> None:
    rung = climbed(chair, concluded, today + LATE)
    planned(chair, today + timedelta(days=6))
    tasks.put_on_agendas()
    assert on_agendas_of(chair, stuck) == []
    ruled(chair, rung, "confirmed", today + LATE)
    tasks.put_on_agendas()
    assert len(on_agendas_of(chair, stuck)) == 1


def test_before_the_advice_nothing_is_put_on_an_agenda(
    talked_over: Escalation, stuck: Case, chair: User, today: date
) -> None:
    planned(chair, today + timedelta(days=6))
    tasks.put_on_agendas()
    assert on_agendas_of(chair, stuck) == []
