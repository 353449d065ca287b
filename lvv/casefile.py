"""Everything that the page of one case shows: the person, where the case stands, what can be done, what happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from accounts.models import OrganisationKind, User
from accounts.permissions import Permission
from cases import admission, corrections, countries, intake, longest_stay, parties, steps, timeline, worklist
from cases.models import (
    Admission,
    Answer,
    Case,
    CaseParty,
    Exit,
    IdentityStatement,
    Merge,
    Note,
    Procedure,
    ProcedureOutcome,
    Profile,
)
from mrt import timeline as mrt_timeline
from mrt.models import ESCALATED, Escalation
from scenarios import timeline as scenarios_timeline
from scenarios.guidance import actions, scenarios, waiting
from scenarios.models import TOOK_PLACE, AgendaItem, Decision, MeetingStatus, Question


@dataclass(frozen=True)
class Action:
    """A button: where it leads, or why not."""

    name: str
    text: str
    url: str
    reasons: list[str]


@dataclass(frozen=True)
class Visitor:
    """Who looks at the case, and what they may do there."""

    user: User
    allowed: frozenset[Permission]

    def may(self, permission: Permission) -> bool:
        return permission in self.allowed


def gather(case: Case, visitor: Visitor, today: date) -> dict[str, Any]:
    """The whole page. The number of queries does not depend on how much happened."""
    annotated = worklist.with_course(Case.objects.with_person().select_related("worker", "imported"), today).get(
        pk=case.pk
    )
    adopted = scenarios.history(annotated)
    scenario = next((one for one in adopted if one.valid_until is None), None)
    return {
        "case": annotated,
        "standing": worklist.standing(annotated),
        "actions": _actions(annotated, visitor, today, has_scenario=scenario is not None),
        "scenario": scenario,
        "review_in": worklist.in_days(scenario.review_on, today) if scenario else "",
        "earlier_scenarios": [one for one in adopted if one != scenario],
        "discussed": _discussed(annotated, visitor.user),
        "may_set_agenda": visitor.may(Permission.SET_AGENDA) and annotated.closed_on is None,
        "may_nominate": visitor.may(Permission.NOMINATE_CASE) and annotated.closed_on is None,
        "may_correct": visitor.may(Permission.CORRECT_FACT),
        "may_record_procedure": visitor.may(Permission.RECORD_PROCEDURE),
        **_person(annotated, visitor.user),
        **_admission(annotated, today),
        **_stay(annotated, today),
        **_beside(annotated, visitor, today),
        "events": _events(annotated, visitor.user),
        "correctable": corrections.CORRECTABLE_KINDS.keys(),
    }


def _person(case: Case, user: User) -> dict[str, Any]:
    """Who somebody is said to be; what was said before; and their other cases, as far as in sight."""
    profile = Profile.objects.standing().filter(case=case).first()
    if case.person is None:
        return {"profile": profile}
    identity = case.person.identity
    others = Case.objects.visible_to(user).filter(subject__in=Merge.pseudonyms(case.subject)).exclude(pk=case.pk)
    return {
        "profile": profile,
        "identity": identity,
        "nationality": countries.NATIONALITIES.get(identity.nationality, identity.nationality),
        "v_number_warning": intake.v_number_warning(case.person.v_number),
        "aliases": list(
            IdentityStatement.objects.filter(person=case.person_id, is_leading=False).order_by("-stated_on")
        ),
        "other_cases": list(others.order_by("-registered_on")),
    }


def _admission(case: Case, today: date) -> dict[str, Any]:
    """The last test in numbers, and the decision in force."""
    tested = admission.latest_test(case)
    decision = admission.in_force(case, today)
    if decision is None:
        decision = Admission.objects.standing().filter(case=case).order_by("-valid_from").first()
    return {
        "tested": tested,
        "met_count": len(admission.questions_answered(tested, *admission.PASSED)) if tested else 0,
        "agreed": admission.questions_answered(tested, Answer.AGREED) if tested else [],
        "unmet": admission.questions_answered(tested, Answer.NO) if tested else [],
        "unknown": admission.questions_answered(tested, Answer.UNKNOWN) if tested else [],
        "decision": decision,
    }


def _stay(case: Case, today: date) -> dict[str, Any]:
    """The end of the term in words, and the exit."""
    ends_on = longest_stay.ends([case], today).get(case.pk)
    exited = Exit.objects.standing().filter(case=case).order_by("-valid_from").first()
    return {
        "ends_on": ends_on,
        "ends_in": worklist.in_days(ends_on, today) if ends_on else "",
        "is_late": longest_stay.is_past(ends_on, today),
        "days": (today - case.stay_since).days if case.stay_since else 0,  # type: ignore[attr-defined]
        "exit": exited,
        "destination": countries.COUNTRIES.get(exited.destination, "") if exited else "",
    }


def _beside(case: Case, visitor: Visitor, today: date) -> dict[str, Any]:
    """What runs beside the way itself: procedures, meetings, the MRT, notes, and who takes part."""
    agenda = AgendaItem.objects.filter(case=case, meeting__status=MeetingStatus.PLANNED)
    running = CaseParty.objects.running().filter(case=case).select_related("organisation", "user")
    # Only the municipality sees all parties; the others see that they take part themselves.
    directs = {party.organisation_id for party in running if party.organisation.kind == OrganisationKind.MUNICIPALITY}
    own = set(case.organisations_of(visitor.user))
    return {
        "procedures": list(Procedure.objects.standing().filter(case=case).order_by("-valid_from")),
        "pending": ProcedureOutcome.PENDING,
        "agenda": list(agenda.select_related("meeting__municipality").order_by("meeting__held_on")),
        "escalations": list(Escalation.objects.filter(case=case).select_related("answer").order_by("-requested_on")),
        "to_escalate": list(
            Decision.objects.filter(case=case, outcome=ESCALATED, escalation=None).order_by("decided_on")
        ),
        "may_see_mrt": visitor.may(Permission.SEE_ESCALATIONS),
        "may_escalate": visitor.may(Permission.REQUEST_ESCALATION),
        **_agreed(case, visitor, own, today),
        **_questions(case, visitor, own, today),
        "notes": list(
            Note.objects.visible_to(visitor.user)
            .filter(case=case)
            .select_related("organisation", "written_by")
            .order_by("-written_at")
        ),
        "parties": [
            (party, visitor.may(Permission.MANAGE_PARTIES) and not parties.letting_go_blockers(party))
            for party in sorted(running, key=lambda party: (party.basis, str(party.organisation)))
        ],
        "sees_all_parties": bool(directs & own),
    }


def _discussed(case: Case, user: User) -> list[AgendaItem]:
    """The meetings that took place with this case on the agenda, the last one on top, each with what it decided."""
    items = AgendaItem.objects.visible_to(user).filter(case=case, meeting__status__in=TOOK_PLACE)
    return list(items.select_related("decision").order_by("-meeting__held_on"))


def _agreed(case: Case, visitor: Visitor, own: set[int], today: date) -> dict[str, Any]:
    """Who does what, the first due on top; and what was settled."""
    found = actions.open_of([case], visitor.user).get(case.pk, [])
    directs = visitor.may(Permission.AGREE_ACTION)
    return {
        "open_actions": [
            (
                one,
                worklist.in_days(one.due_on, today),
                one.due_on < today,
                visitor.may(Permission.REPORT_ACTION) and (directs or one.organisation_id in own),
            )
            for one in found
        ],
        "settled_actions": actions.settled_of(case, visitor.user),
        "may_agree": directs and case.closed_on is None,
    }


def _questions(case: Case, visitor: Visitor, own: set[int], today: date) -> dict[str, Any]:
    """What parties asked one another, the latest on top, with the part that the visitor has in it; who waited for whom.

    How long is for the municipality, which alone sees all questions and actions.
    """
    asked = Question.objects.filter(case=case).select_related("asker", "organisation").order_by("-asked_on", "-due_on")
    return {
        "questions": [
            (
                question,
                worklist.in_days(question.due_on, today),
                question.due_on < today,
                "asked" if question.organisation_id in own else "asker" if question.asker_id in own else "",
            )
            for question in asked
        ],
        "may_ask": visitor.may(Permission.ASK_AND_ANSWER),
        "waits": waiting.waits([case.pk], case.closed_on or today) if visitor.may(Permission.SEE_DEADLOCKS) else [],
    }


def _events(case: Case, user: User) -> list[timeline.Event]:
    return timeline.in_order(
        [*timeline.events(case, user), *scenarios_timeline.events(case), *mrt_timeline.events(case)]
    )


# Which steps stand in which part of the page.
PARTS: dict[str, tuple[str, ...]] = {
    "person": ("identity_restate", "person_merge"),
    "admission": ("admission_test", "admission_decide"),
    "stay": ("stay_place", "waiting_start", "waiting_stop", "stay_end", "exit_record", "case_close"),
    "procedures": ("procedure_file",),
    "notes": ("note_write",),
    "parties": ("party_add",),
    "again": ("person_return",),
}


def _actions(case: Case, visitor: Visitor, today: date, *, has_scenario: bool) -> dict[str, Any]:
    """The buttons of each part, and the one that comes next."""
    hidden = _out_of_place(case)
    by_part = {
        part: [
            _action(case, steps.STEPS[name], today)
            for name in names
            if name not in hidden and visitor.may(steps.STEPS[name].permission)
        ]
        for part, names in PARTS.items()
    }
    coming = _next(case, visitor, by_part.values(), has_scenario=has_scenario)
    if coming is not None and not coming.reasons:
        # It stands on top of the page; once is enough.
        by_part = {part: [a for a in actions if a.name != coming.name] for part, actions in by_part.items()}
    return {**by_part, "next": coming}


def _action(case: Case, step: steps.Step, today: date) -> Action:
    url = reverse(f"cases:{step.name}", args=[case.pk])
    return Action(step.name, step.title, url, step.blockers(case, today))


def _out_of_place(case: Case) -> set[str]:
    """Steps that make no sense where the case stands: a button for them would only be in the way."""
    is_here = case.stay_since is not None  # type: ignore[attr-defined]
    is_waiting = case.waiting_since is not None  # type: ignore[attr-defined]
    hidden = {"stay_place", "waiting_start"} if is_here else {"stay_end"}
    hidden.add("waiting_start" if is_waiting else "waiting_stop")
    hidden.add("case_close" if case.had_stay else "exit_record")  # type: ignore[attr-defined]
    if case.closed_on is None:
        return hidden | {"person_return"}
    return {name for names in PARTS.values() for name in names} - {
        "person_return",
        "identity_restate",
        "person_merge",
        "note_write",
        "procedure_file",
    }


def _next(case: Case, visitor: Visitor, parts: Iterable[list[Action]], *, has_scenario: bool) -> Action | None:
    """The step that the case waits for, if the visitor may take it."""
    name = next_step(case, has_scenario=has_scenario)
    if name == "item_add":
        url = reverse("scenarios:item_add", args=[case.pk])
        return Action(name, "Op de agenda van het LSO", url, []) if visitor.may(Permission.SET_AGENDA) else None
    return next((action for actions in parts for action in actions if action.name == name), None)


def next_step(case: Case, *, has_scenario: bool) -> str:
    """Which step an annotated case waits for; empty when it waits for nothing."""
    if case.closed_on is not None:
        return ""
    if case.outcome is None:  # type: ignore[attr-defined]
        return "admission_decide" if case.is_tested else "admission_test"  # type: ignore[attr-defined]
    if case.stay_since is None:  # type: ignore[attr-defined]
        if case.had_stay:  # type: ignore[attr-defined]
            return "exit_record"
        return "case_close" if case.outcome == "refused" else "stay_place"  # type: ignore[attr-defined]
    return "" if has_scenario else "item_add"
