"""What the municipality writes with an item of the agenda: for all parties of the case, or for some of them alone."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Organisation, User
from cases.locking import lock, refuse
from scenarios import table
from scenarios.guidance import actions
from scenarios.models import AgendaItem, Meeting, MeetingStatus, Passage


@dataclass(frozen=True)
class Shown:
    """A passage with the organisations that it is for; none: all parties of the case."""

    passage: Passage
    readers: list[Organisation]


def possible_readers(item: AgendaItem) -> list[Organisation]:
    """The parties of the case besides the municipality itself, which reads all that it writes."""
    return [organisation for organisation in actions.owners(item.case) if not table.is_chair(organisation)]


def writing_blockers(item: AgendaItem) -> list[str]:
    """Why nothing can be written with an item (any more)."""
    if Meeting.objects.get(pk=item.meeting_id).status != MeetingStatus.PLANNED:
        return ["Dit overleg is niet meer gepland. Wat er in het overleg is gezegd, staat in het verslag."]
    return ["Deze zaak is gesloten."] if item.case.closed_on is not None else []


@transaction.atomic
def write(
    item: AgendaItem, *, organisation: Organisation, text: str, readers: Iterable[Organisation], by: User, at: datetime
) -> Passage:
    """Write a passage with an item. Without readers it is for all parties of the case."""
    case = lock(item.case)
    chosen = {reader.pk for reader in readers}
    refuse(writing_blockers(item) + ([] if text.strip() else ["Schrijf op wat de lezers moeten weten."]))
    known = {reader.pk for reader in possible_readers(item)}
    refuse([] if chosen <= known else ["Kies alleen lezers die partij zijn bij deze zaak."])
    passage = Passage.objects.create(
        item=item,
        case=case,
        organisation=organisation,
        text=text,
        readers=sorted(chosen),
        written_by=by,
        written_at=at,
    )
    audit.record("case.passage_written", case, by=by, at=at, passage=str(passage.pk), readers=sorted(chosen))
    return passage


@transaction.atomic
def remove(passage: Passage, *, by: User, at: datetime) -> None:
    """Take a passage away before the meeting; whom it was shown to stays in the log."""
    lock(passage.case)
    refuse(writing_blockers(passage.item))
    audit.record("case.passage_removed", passage.case, by=by, at=at, passage=str(passage.pk))
    passage.delete()


def shown(items: Iterable[AgendaItem], user: User) -> dict[uuid.UUID, list[Shown]]:
    """By item, what is for this user, the earliest first; two queries."""
    written = Passage.objects.visible_to(user).filter(item__in=[item.pk for item in items])
    found = list(written.select_related("organisation", "written_by").order_by("written_at", "pk"))
    named = Organisation.objects.in_bulk({key for passage in found for key in passage.readers})
    by_item: defaultdict[uuid.UUID, list[Shown]] = defaultdict(list)
    for passage in found:
        readers = sorted((named[key] for key in passage.readers), key=str)
        by_item[passage.item_id].append(Shown(passage, readers))
    return dict(by_item)
