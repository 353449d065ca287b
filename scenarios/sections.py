"""The LSO's sections of the page of a case: scenario and meetings, actions, questions, waits."""

from dataclasses import dataclass
from datetime import date

from accounts.permissions import Permission
from cases import worklist
from cases.page import Column, Look, Section, bring
from cases.steps import Step, follow
from scenarios.guidance import actions, scenarios, waiting
from scenarios.models import TOOK_PLACE, Action, AgendaItem, MeetingStatus, Question, Scenario


@dataclass(frozen=True)
class ScenarioSection:
    """The running scenario, the earlier ones, the meetings that discussed the case, and the planned agendas with it."""

    scenario: Scenario | None
    review_in: str
    earlier_scenarios: list[Scenario]
    discussed: list[AgendaItem]
    agenda: list[AgendaItem]
    may_set_agenda: bool
    may_nominate: bool

    @classmethod
    def of(cls, look: Look) -> "ScenarioSection":
        adopted = look.ask(scenarios.history)
        scenario = scenarios.running(adopted)
        is_open = look.case.closed_on is None
        return cls(
            scenario,
            worklist.in_days(scenario.review_on, look.today) if scenario else "",
            [earlier for earlier in adopted if earlier != scenario],
            _discussed(look),
            _on_coming_agendas(look),
            look.may(Permission.SET_AGENDA) and is_open,
            look.may(Permission.NOMINATE_CASE) and is_open,
        )


def _discussed(look: Look) -> list[AgendaItem]:
    """The items on this case in meetings that took place, latest first, with their decisions."""
    items = AgendaItem.objects.visible_to(look.user).filter(case=look.case, meeting__status__in=TOOK_PLACE)
    return list(items.select_related("decision").order_by("-meeting__held_on"))


def _on_coming_agendas(look: Look) -> list[AgendaItem]:
    items = AgendaItem.objects.filter(case=look.case, meeting__status=MeetingStatus.PLANNED)
    return list(items.select_related("meeting__municipality").order_by("meeting__held_on"))


@dataclass(frozen=True)
class ActionsSection:
    """The actions. Per open action: when it is due, whether it is late, whether the visitor may report on it."""

    open_actions: list[tuple[Action, str, bool, bool]]
    settled_actions: list[Action]
    may_agree: bool

    @classmethod
    def of(cls, look: Look) -> "ActionsSection":
        directs = look.may(Permission.AGREE_ACTION)
        may_report = look.may(Permission.REPORT_ACTION)
        due = [
            (
                action,
                worklist.in_days(action.due_on, look.today),
                action.due_on < look.today,
                may_report and (directs or action.organisation_id in look.organisations),
            )
            for action in actions.open_of([look.case], look.user).get(look.case.pk, [])
        ]
        return cls(due, actions.settled_of(look.case, look.user), directs and look.case.closed_on is None)


@dataclass(frozen=True)
class QuestionsSection:
    """The questions, latest first. Each with when it is due, whether it is late, and the visitor's part in it."""

    questions: list[tuple[Question, str, bool, str]]
    may_ask: bool

    @classmethod
    def of(cls, look: Look) -> "QuestionsSection":
        questions = Question.objects.filter(case=look.case).select_related("asker", "organisation")
        lines = [
            (
                question,
                worklist.in_days(question.due_on, look.today),
                question.due_on < look.today,
                _part_in(question, look.organisations),
            )
            for question in questions.order_by("-asked_on", "-due_on")
        ]
        return cls(lines, look.may(Permission.ASK_AND_ANSWER))


def _part_in(question: Question, organisations: set[int]) -> str:
    if question.organisation_id in organisations:
        return "asked"
    return "asker" if question.asker_id in organisations else ""


@dataclass(frozen=True)
class WaitsSection:
    """How long the case waited for whom. Only for the municipality, which alone sees all questions and actions."""

    waits: list[waiting.Wait]

    @classmethod
    def of(cls, look: Look) -> "WaitsSection | None":
        if not look.may(Permission.SEE_DEADLOCKS):
            return None
        until: date = look.case.closed_on or look.today
        return cls(waiting.waits([look.case.pk], until))


for _section in (
    Section("scenario", "scenarios/sections/scenario.html", Column.MAIN, 30, ScenarioSection.of),
    Section("actions", "scenarios/sections/actions.html", Column.MAIN, 60, ActionsSection.of),
    Section("questions", "scenarios/sections/questions.html", Column.MAIN, 70, QuestionsSection.of),
    Section("waits", "scenarios/sections/waits.html", Column.ASIDE, 30, WaitsSection.of),
):
    bring(_section)


def _lacks_a_scenario(look: Look) -> bool:
    return scenarios.running(look.ask(scenarios.history)) is None


follow(
    Step("item_add", "Op de agenda van het LSO", Permission.SET_AGENDA, lambda case, today: [], app="scenarios"),
    _lacks_a_scenario,
)
