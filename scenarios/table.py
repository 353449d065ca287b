"""The table of a municipality: what it agreed about its LSO, and who sits there (domain 1.2: this differs)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts import audit
from accounts.models import Municipality, Organisation, OrganisationKind, User
from cases.locking import Stale, refuse
from cases.models import CaseParty
from scenarios.models import Invitee, Meeting, MeetingStatus, TableRules

WEEKDAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")


@dataclass(frozen=True)
class Agreement:
    """What a municipality agrees about its LSO. `TableRules` says what each number of days counts."""

    cadence_weeks: int
    weekday: int
    starts_at: time
    minutes: int
    place: str
    position_days: int
    review_days: int
    scenario_days: int
    question_days: int
    opening_topics: list[str]
    closing_topics: list[str]


class StaleRules(Stale):
    """The rules were changed after this form was opened."""


def rules(municipality: Municipality) -> TableRules:
    """The agreement of the municipality; without one, an unsaved row with the defaults."""
    return TableRules.objects.filter(municipality=municipality).first() or TableRules(municipality=municipality)


@transaction.atomic
def agree(
    municipality: Municipality,
    agreement: Agreement,
    *,
    seats: Iterable[Organisation],
    nominators: Iterable[Organisation],
    by: User,
    at: datetime,
    version: int,
) -> TableRules:
    """Record the agreement, who has a standing seat, and who of them may nominate besides the municipality.

    Raises `StaleRules` when it was changed since `version`.
    """
    TableRules.objects.bulk_create([TableRules(municipality=municipality)], ignore_conflicts=True)
    standing = TableRules.objects.select_for_update(of=("self",)).get(municipality=municipality)
    if standing.version != version:
        raise StaleRules(standing.version)
    seated, may = {o.pk: o for o in seats}, {o.pk for o in nominators}
    refuse(agreement_blockers(agreement) + _seat_blockers(municipality, seated.values(), may))
    for name, value in vars(agreement).items():
        setattr(standing, name, value)
    standing.version += 1
    standing.save()
    Invitee.objects.filter(municipality=municipality).exclude(organisation__in=seated).delete()
    Invitee.objects.bulk_create(
        [Invitee(municipality=municipality, organisation=o, may_nominate=o.pk in may) for o in seated.values()],
        update_conflicts=True,
        unique_fields=["organisation"],
        update_fields=["may_nominate"],
    )
    audit.record("table.agreed", municipality, by=by, at=at, version=standing.version, seats=sorted(seated))
    return standing


def agreement_blockers(agreement: Agreement) -> list[str]:
    """Why this agreement can't be recorded: no table could keep it."""
    reasons = []
    if not 1 <= agreement.cadence_weeks <= 26:
        reasons.append("Een LSO is er om de 1 tot 26 weken.")
    if not 1 <= agreement.weekday <= len(WEEKDAYS):
        reasons.append("Kies een dag van de week.")
    if not 15 <= agreement.minutes <= 600:
        reasons.append("Een LSO duurt tussen 15 minuten en 10 uur.")
    return reasons


def _seat_blockers(municipality: Municipality, seated: Iterable[Organisation], may: set[int]) -> list[str]:
    seats = list(seated)
    reasons = [f"{o} hoort niet bij {municipality}." for o in seats if o.municipality_id != municipality.pk]
    if may - {o.pk for o in seats}:
        reasons.append("Alleen wie een vaste plaats heeft, kan mogen voordragen.")
    return reasons


def seated(municipality: Municipality) -> list[Organisation]:
    """The organisations with a standing seat, the municipality first; without an agreement, all of the municipality."""
    return _seats(_of_the_town(municipality))


def at(meeting: Meeting) -> list[Organisation]:
    """The organisations at a meeting: first the standing seats, then those that come for one case, as party to it.

    Source of the latter: letter, the NGO that knows the person. The current user gets only those whose case they see.
    """
    parties = CaseParty.objects.running().filter(user=None, organisation=OuterRef("pk"))
    everybody = _of_the_town(meeting.municipality).annotate(
        is_party=Exists(parties.filter(case__agenda_items__meeting=meeting))
    )
    seats = _seats(everybody)
    return seats + [o for o in everybody if o not in seats and o.is_party]


def _of_the_town(municipality: Municipality) -> QuerySet[Organisation]:
    has_seat = Exists(Invitee.objects.filter(organisation=OuterRef("pk"), municipality=municipality))
    return Organisation.objects.filter(municipality=municipality).annotate(has_seat=has_seat).order_by("name")


def _seats(everybody: QuerySet[Organisation]) -> list[Organisation]:
    is_agreed = any(o.has_seat for o in everybody)  # type: ignore[attr-defined]
    return municipality_first(o for o in everybody if is_chair(o) or not is_agreed or o.has_seat)  # type: ignore[attr-defined]


def municipality_first(organisations: Iterable[Organisation]) -> list[Organisation]:
    """The organisations in the same order, but the municipality first, since it directs."""
    return sorted(organisations, key=lambda organisation: not is_chair(organisation))


def is_chair(organisation: Organisation) -> bool:
    """Whether an organisation is a municipality, which directs its cases and chairs its table."""
    return organisation.kind == OrganisationKind.MUNICIPALITY


def may_nominate(municipality: Municipality, organisation: Organisation) -> bool:
    """Whether an organisation may nominate cases: the municipality always, others if that was agreed."""
    if is_chair(organisation) and organisation.municipality_id == municipality.pk:
        return True
    return Invitee.objects.filter(municipality=municipality, organisation=organisation, may_nominate=True).exists()


def next_day(municipality: Municipality, today: date) -> date:
    """The first free day after today that keeps the agreed cadence and weekday, counted from the last meeting."""
    agreed = rules(municipality)
    meetings = Meeting.objects.filter(municipality=municipality).exclude(status=MeetingStatus.CANCELLED)
    last = meetings.order_by("-held_on").values_list("held_on", flat=True).first()
    day = today + timedelta(days=1) if last is None else last + timedelta(weeks=agreed.cadence_weeks)
    day = max(day, today + timedelta(days=1))
    day += timedelta(days=(agreed.weekday - day.isoweekday()) % 7)
    taken = set(meetings.filter(held_on__gte=day).values_list("held_on", flat=True))
    while day in taken:
        day += timedelta(weeks=1)
    return day
