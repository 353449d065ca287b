"""A row in every table of a meeting, for the world of the second wall, in which no table may be empty."""

from datetime import datetime, timedelta

from accounts.models import User
from scenarios.models import (
    Action,
    ActionReview,
    Correction,
    Decision,
    Invitee,
    ItemAbsence,
    ItemMinutes,
    Nomination,
    Passage,
    Position,
    PositionFile,
    PositionRequest,
    PositionRound,
    Question,
    TableRules,
    Topic,
)


def lay_the_table(decision: Decision, by: User, at: datetime) -> None:
    """Make all rows that can belong to a decision, as the municipality of the case."""
    item, case = decision.item, decision.case
    municipality, us = case.municipality, by.memberships.get().organisation
    meeting, on = item.meeting, at.date()
    of_case = {"case": case, "organisation": us}
    TableRules.objects.create(municipality=municipality)
    Invitee.objects.create(municipality=municipality, organisation=us)
    Topic.objects.create(meeting=meeting, title="Mededelingen", order=1)
    Nomination.objects.create(**of_case, purpose="scenario", nominated_by=by, nominated_at=at)
    ItemAbsence.objects.create(item=item, **of_case)
    Passage.objects.create(item=item, **of_case, text="Tekst", readers=[us.pk], written_by=by, written_at=at)
    _positions(decision, by, at)
    Question.objects.create(
        case=case, kind="file", asker=us, organisation=us, text="Vraag", asked_on=on, due_on=on, asked_by=by
    )
    action = Action.objects.create(
        **of_case, decision=decision, text="Bellen", agreed_on=on, due_on=on, recorded_by=by, recorded_at=at
    )
    ActionReview.objects.create(
        action=action, case=case, meeting=meeting, result="not_done", was_due_on=on, reviewed_by=by, reviewed_at=at
    )
    ItemMinutes.objects.create(item=item, case=case, discussion="Besproken", edited_by=by, edited_at=at)
    Correction.objects.create(meeting=meeting, item=item, **of_case, text="Anders", proposed_by=by, proposed_at=at)


def _positions(decision: Decision, by: User, at: datetime) -> None:
    item, case, us = decision.item, decision.case, by.memberships.get().organisation
    asked_at, due_at = at - timedelta(days=1), at + timedelta(days=1)
    position_round = PositionRound.objects.create(
        item=item, case=case, number=1, asked_by=by, asked_at=asked_at, due_at=due_at
    )
    request = PositionRequest.objects.create(round=position_round, case=case, organisation=us)
    position = Position.objects.create(
        request=request, case=case, organisation=us, text="Concept", edited_by=by, edited_at=at
    )
    PositionFile.objects.create(
        position=position, case=case, name="brief.pdf", kind="pdf", size=3, content=b"pdf", added_by=by, added_at=at
    )
