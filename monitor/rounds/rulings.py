"""A municipality decides on a difference with a partner: it keeps its fact, adds a missing one, or asks again.

It may also correct the fact itself. Then the item is withdrawn, and the corrected exit is handed over anew.
"""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from cases.locking import refuse
from cases.models import Case, Exit
from monitor.models import Comparison, Item, Outcome, Ruling
from monitor.rounds import rounds, settlements


def ruling_blockers(item: Item, *, by: User, at: datetime) -> list[str]:
    """Why this user can't decide for the municipality on the last reply to an item. Empty means they can."""
    settlement = item.settlement
    if settlement.round.cancelled_at is not None:
        return ["Deze ronde is vervallen."]
    if rounds.party_of_municipality(settlement.municipality, by, at=at) is None:
        return [f"Alleen de gemeente {settlement.municipality} beslist hierover."]
    if item.withdrawn_at is not None:
        return ["Deze regel is vervallen: de gegevens zijn gewijzigd. Er is niets meer te beslissen."]
    last = item.replies.order_by("-number").select_related("ruling").first()
    if last is None or last.answer == Comparison.AGREES:
        return ["Er is geen verschil om over te beslissen."]
    return ["Hierover is al beslist."] if hasattr(last, "ruling") else []


@transaction.atomic
def rule(item: Item, *, outcome: str, reason: str, seen: str, by: User, at: datetime) -> Ruling:
    """Decide on a difference. `seen` is the key of the reply that the user saw; raises Unseen for an older one."""
    settlement = settlements.lock(item.settlement)
    refuse(ruling_blockers(item, by=by, at=at) + ([] if reason else ["Zeg waarom."]))
    if (outcome == Outcome.ADDED) and not item.is_missing_here:
        refuse(["Alsnog vastleggen kan alleen voor wie bij de gemeente ontbrak."])
    last = item.replies.order_by("-number")[0]
    if str(last.pk) != seen:
        raise settlements.Unseen(str(last.pk))
    ruling = Ruling.objects.create(reply=last, outcome=outcome, reason=reason, by=by, at=at)
    audit.record("settlement.ruled", settlement, by=by, at=at, item=str(item.pk), outcome=outcome)
    return ruling


@transaction.atomic
def ask_again(item: Item, *, seen: str, by: User, at: datetime) -> Item:
    """Hand a person over again with the identity as it is known now, so that the partner looks once more."""
    settlement = settlements.lock(item.settlement)
    refuse(ruling_blockers(item, by=by, at=at))
    if item.is_missing_here:
        refuse(["Wie bij de gemeente ontbreekt, kan niet opnieuw worden voorgelegd. Beslis er zelf over."])
    last = item.replies.order_by("-number")[0]
    if str(last.pk) != seen:
        raise settlements.Unseen(str(last.pk))
    case = Case.objects.with_person().get(pk=Exit.objects.values("case").get(pk=str(item.exit_id))["case"])
    settlements.withdraw(Item.objects.filter(pk=item.pk), at=at)
    again = Item.objects.create(
        settlement=settlement,
        exit_id=item.exit_id,
        on=item.on,
        category=item.category,
        destination=item.destination,
        asked_by=by,
        asked_at=at,
        **settlements.identity_of(case),
    )
    audit.record("settlement.asked_again", settlement, by=by, at=at, item=str(item.pk), again=str(again.pk))
    return again
