"""Shelter and the waiting list: a person gets a place, moves, and leaves it.

A stay that exceeds the agreed places needs a recorded reason.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import connection, transaction

from accounts import audit
from accounts.models import Municipality, User
from cases import admission, recording
from cases.locking import lock, refuse
from cases.models import Admission, Case, Covenant, Merge, Stay, StayKind, WaitingListEntry

FULL = "Alle afgesproken plaatsen zijn bezet. Geef een reden voor plaatsing boven het aantal."


def occupancy(municipality: Municipality, day: date) -> int:
    """How many persons are sheltered in a municipality on a day, as known now."""
    return Stay.objects.standing().present_on(day).filter(municipality=municipality).count()


def without_place(municipality: Municipality, stays: Sequence[tuple[date, date | None]]) -> set[int]:
    """The indexes of those new stays, as (begin, end), that exceed the agreed places.

    A stay exceeds the places when there are too many persons on its first day, or on a later day during it on which a
    recorded stay begins. When several new stays begin on one day, the last of them exceed the places. Without a
    covenant in force there are no places.

    It goes through all days on which somebody comes or goes, and counts who is present. `crowded` are the days with too
    many persons on which a recorded stay begins, in order, so that one search finds the first of them in each stay.
    """
    first = min((begun for begun, _ in stays), default=date.max)
    recorded = Stay.objects.standing().filter(municipality=municipality).exclude(valid_until__lte=first)
    known = list(recorded.values_list("valid_from", "valid_until"))
    covenants = list(Covenant.objects.standing().filter(municipality=municipality))
    newcomers: dict[date, list[int]] = defaultdict(list)
    for place, (begun, _) in enumerate(stays):
        newcomers[begun].append(place)
    came, left = (Counter(stay[end] for stay in (*known, *stays)) for end in (0, 1))
    moves = sorted(day for day in {*came, *left} if day)
    arrivals = {begun for begun, _ in known}
    exceeding: set[int] = set()
    crowded: list[date] = []
    present = 0
    for day in moves:
        present += came[day] - left[day]
        covenant = covenant_on(covenants, day)
        over = present - (covenant.agreed_places if covenant else 0)
        if over > 0:
            exceeding.update(newcomers[day][-over:])
            crowded += [day] if day in arrivals else []
    for place, (begun, ended) in enumerate(stays):
        at = bisect_left(crowded, begun)
        if at < len(crowded) and (ended is None or crowded[at] < ended):
            exceeding.add(place)
    return exceeding


def covenant_on(covenants: Iterable[Covenant], day: date) -> Covenant | None:
    """The covenant in force on a day, among these of one municipality."""
    return next((c for c in covenants if c.valid_from <= day and (not c.valid_until or day < c.valid_until)), None)


def is_full_from(municipality: Municipality, on: date) -> bool:
    """Whether a new stay from this day on, without an end, would exceed the agreed places."""
    return bool(without_place(municipality, [(on, None)]))


def current_stay(case: Case) -> Stay | None:
    """The running stay of a case, as known now."""
    return Stay.objects.running().filter(case=case).first()


def placement_blockers(case: Case, *, kind: str, on: date, over_capacity_reason: str) -> list[str]:
    """Why a person can't get a place from this day on."""
    if case.closed_on is not None:
        return ["Deze zaak is gesloten."]
    reasons = shelter_blockers(case, admission.in_force(case, on), kind=kind, on=on)
    if _overlaps(case, on):
        reasons.append("Op of na deze dag is al een verblijf vastgelegd. Beëindig dat eerst.")
    if not over_capacity_reason and is_full_from(case.municipality, on):
        reasons.append(FULL)
    return reasons


def shelter_blockers(case: Case, decision: Admission | None, *, kind: str, on: date) -> list[str]:
    """Why a stay of this kind can't begin under the decision on admission that is in force on the day."""
    reasons = []
    if on < case.registered_on:
        reasons.append(f"Het verblijf kan niet vóór de aanmelding van {case.registered_on:%d-%m-%Y} beginnen.")
    if kind == StayKind.ADMITTED and not admission.is_admitted(decision):
        reasons.append("Op deze dag geldt geen besluit tot toelating.")
    if kind == StayKind.PROVISIONAL and decision is not None and not admission.is_admitted(decision):
        reasons.append("Deze persoon is afgewezen.")
    return reasons


@transaction.atomic
def place(
    case: Case,
    *,
    kind: str = StayKind.ADMITTED,
    location: str,
    by: User,
    on: date,
    at: datetime,
    over_capacity_reason: str = "",
    version: int | None = None,
) -> Stay:
    """Give a person a place from the day `on`. A running wait ends on that day."""
    case = lock(case, version=version)
    queue_for_places(case.municipality)
    refuse(placement_blockers(case, kind=kind, on=on, over_capacity_reason=over_capacity_reason))
    end_waits(case, on=on, by=by, at=at)
    stay = recording.record(
        Stay,
        case,
        by=by,
        at=at,
        valid_from=on,
        kind=kind,
        location=location,
        over_capacity_reason=over_capacity_reason,
    )
    audit.record("case.placed", case, by=by, at=at, on=on.isoformat(), kind=kind, version=case.version)
    return stay


def ending_blockers(stay: Stay | None, on: date) -> list[str]:
    """Why a stay can't end on this day."""
    if stay is None:
        return ["Er loopt geen verblijf."]
    if on <= stay.valid_from:
        return [
            f"De einddatum moet na de eerste dag van het verblijf ({stay.valid_from:%d-%m-%Y}) liggen. "
            "Is er geen nacht verbleven? Trek het verblijf dan in."
        ]
    return []


@transaction.atomic
def end(case: Case, *, by: User, on: date, at: datetime, version: int | None = None) -> Stay:
    """End the running stay. `on` is the first day on which the person is no longer there."""
    case = lock(case, version=version)
    stay = current_stay(case)
    refuse(ending_blockers(stay, on))
    assert stay is not None
    return end_running(case, stay, by=by, on=on, at=at)


def end_running(case: Case, stay: Stay, *, by: User, on: date, at: datetime) -> Stay:
    """End a running stay of a case that the calling act has locked."""
    ended = recording.replace(stay, by=by, at=at, reason="Verblijf beëindigd", valid_until=on)
    audit.record("case.stay_ended", case, by=by, at=at, on=on.isoformat(), version=case.version)
    return ended


def joining_blockers(case: Case, on: date) -> list[str]:
    """Why no wait can begin on this day, whatever is recorded in the case."""
    if on < case.registered_on:
        return [f"Wachten kan niet vóór de aanmelding van {case.registered_on:%d-%m-%Y} beginnen."]
    return []


def waiting_blockers(case: Case, on: date) -> list[str]:
    """Why a person can't be put on the waiting list from this day on."""
    if case.closed_on is not None:
        return ["Deze zaak is gesloten."]
    if current_stay(case) is not None:
        return ["Deze persoon heeft al een plaats."]
    reasons = joining_blockers(case, on)
    waits = WaitingListEntry.objects.standing().filter(case=case)
    if waits.filter(valid_until=None).exists():
        reasons.append("Deze persoon staat al op de wachtlijst.")
    elif waits.exclude(valid_until__lte=on).exists():
        reasons.append("Op of na deze dag stond deze persoon al op de wachtlijst. Kies een latere dag.")
    return reasons


@transaction.atomic
def wait(
    case: Case, *, by: User, on: date, at: datetime, reason: str = "", version: int | None = None
) -> WaitingListEntry:
    """Put a person on the waiting list, from the day `on`."""
    case = lock(case, version=version)
    refuse(waiting_blockers(case, on))
    entry = recording.record(WaitingListEntry, case, by=by, at=at, valid_from=on, reason=reason)
    audit.record("case.waiting", case, by=by, at=at, on=on.isoformat(), version=case.version)
    return entry


@transaction.atomic
def stop_waiting(case: Case, *, by: User, on: date, at: datetime, version: int | None = None) -> None:
    """Take a person off the waiting list, on the day `on`."""
    case = lock(case, version=version)
    entry = WaitingListEntry.objects.running().filter(case=case).first()
    refuse([] if entry else ["Deze persoon staat niet op de wachtlijst."])
    assert entry is not None
    refuse([] if on >= entry.valid_from else [f"Het wachten begon pas op {entry.valid_from:%d-%m-%Y}."])
    end_waits(case, on=on, by=by, at=at)
    audit.record("case.waiting_ended", case, by=by, at=at, on=on.isoformat(), version=case.version)


def end_waits(case: Case, *, on: date, by: User, at: datetime) -> None:
    """End a running wait. A wait that lasted no day is withdrawn instead."""
    for entry in WaitingListEntry.objects.running().filter(case=case):
        if on <= entry.valid_from:
            recording.withdraw(entry, by=by, at=at, reason="Er is geen dag gewacht")
        else:
            recording.replace(entry, by=by, at=at, reason="Wachten beëindigd", valid_until=on)


def _overlaps(case: Case, on: date) -> bool:
    """Whether a stay without an end would overlap a stay of this person in this municipality, in any of their cases."""
    subjects = Merge.pseudonyms(case.subject)
    standing = Stay.objects.standing().filter(municipality=case.municipality, subject__in=subjects)
    return standing.exclude(valid_until__lte=on).exists()


def queue_for_places(municipality: Municipality) -> None:
    """Let nobody else be placed here until this transaction ends, so that the last place is given once."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(2, %s)", [municipality.pk])
