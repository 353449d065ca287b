"""Passages: texts of the municipality with an item of the agenda, for all parties of the case or only for some."""

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
class AddressedPassage:
    """A passage with the organisations that it is for. No readers: it is for all parties of the case."""

    passage: Passage
    readers: list[Organisation]


def possible_readers(item: AgendaItem) -> list[Organisation]:
    """The parties of the case that a passage can be for: all but the municipality, which reads every passage."""
    return [organisation for organisation in actions.owners(item.case) if not table.is_chair(organisation)]


def writing_blockers(item: AgendaItem) -> list[str]:
    """Why no passage can be written with an item now."""
    if Meeting.objects.get(pk=item.meeting_id).status != MeetingStatus.PLANNED:
        return ["Dit overleg is niet meer gepland. Wat er in het overleg is gezegd, staat in het verslag."]
    return ["Deze zaak is gesloten."] if item.case.closed_on is not None else []


@transaction.atomic
def write(
    item: AgendaItem, *, organisation: Organisation, text: str, readers: Iterable[Organisation], by: User, at: datetime
) -> Passage:
    """Add a passage to an item. Without readers it is for all parties of the case."""
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
    """Remove a passage before the meeting. The log keeps who has seen it."""
    lock(passage.case)
    refuse(writing_blockers(passage.item))
    audit.record("case.passage_removed", passage.case, by=by, at=at, passage=str(passage.pk))
    passage.delete()


def for_reader(items: Iterable[AgendaItem], user: User) -> dict[uuid.UUID, list[AddressedPassage]]:
    """The passages that this user may read, by item, the earliest first. Two queries."""
    written = Passage.objects.visible_to(user).filter(item__in=[item.pk for item in items])
    visible = list(written.select_related("organisation", "written_by").order_by("written_at", "pk"))
    named = Organisation.objects.in_bulk({key for passage in visible for key in passage.readers})
    by_item: defaultdict[uuid.UUID, list[AddressedPassage]] = defaultdict(list)
    for passage in visible:
        readers = sorted((named[key] for key in passage.readers), key=str)
        by_item[passage.item_id].append(AddressedPassage(passage, readers))
    return dict(by_item)
