"""Brings organisations into a case and lets them go. An organisation that takes part in a case sees it.

A party sees the case from the moment it is brought in until its part ends. Whoever sees it by that is said in
`CaseQuerySet.visible_to` (cases/models/cases.py) and in the database by `takes_part` (cases/security.py). The partners
of the LSO, NGOs among them, come in when the case is put on an agenda (`put_on_agenda` in
scenarios/meetings/planning.py), and leave when the case closes (`close_locked` in cases/intake.py).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from accounts import audit
from accounts.models import Organisation, OrganisationKind, User
from cases.locking import refuse
from cases.models import Case, CaseParty, PartyBasis


@transaction.atomic
def bring_in(
    case: Case,
    organisation: Organisation,
    *,
    by: User,
    at: datetime,
    basis: PartyBasis = PartyBasis.PARTNER,
) -> CaseParty:
    """Let an organisation see the case from now on. Nothing changes when it sees the case already."""
    running = CaseParty.objects.filter(case=case, organisation=organisation, user=None, until=None).first()
    if running is not None:
        return running
    refuse(["Deze zaak is gesloten."] if case.closed_on is not None else [])
    granted_by = organisation if basis == PartyBasis.DIRECTS else directing_organisation(case)
    party = _party(case, organisation.pk, basis, granted_by=granted_by, at=at)
    party.save(force_insert=True)
    audit.record("case.party_brought_in", case, by=by, at=at, organisation=organisation.pk, basis=basis)
    return party


def bring_in_directing(cases: Sequence[Case], *, by: User, at: datetime) -> None:
    """Let a municipality direct these new cases of its own. All cases are of the same municipality."""
    directing, basis = directing_organisation(cases[0]), PartyBasis.DIRECTS
    CaseParty.objects.bulk_create(_party(case, directing.pk, basis, granted_by=directing, at=at) for case in cases)
    details = {"organisation": directing.pk, "basis": basis}
    audit.record_all("case.party_brought_in", ((case, details) for case in cases), by=by, at=at)


def bring_in_partners(case: Case, organisations: Iterable[Organisation], *, by: User, at: datetime) -> None:
    """Let several partners see the case from now on. Nothing changes for those who see it already."""
    taking_part = set(
        CaseParty.objects.filter(case=case, user=None, until=None).values_list("organisation_id", flat=True)
    )
    new = [organisation.pk for organisation in organisations if organisation.pk not in taking_part]
    if not new:
        return
    refuse(["Deze zaak is gesloten."] if case.closed_on is not None else [])
    directing, basis = directing_organisation(case), PartyBasis.PARTNER
    CaseParty.objects.bulk_create(
        _party(case, organisation, basis, granted_by=directing, at=at) for organisation in new
    )
    brought_in = [{"organisation": organisation, "basis": basis} for organisation in new]
    audit.record_each("case.party_brought_in", case, brought_in, by=by, at=at)


def _party(case: Case, organisation: int, basis: PartyBasis, *, granted_by: Organisation, at: datetime) -> CaseParty:
    return CaseParty(
        case=case,
        municipality_id=case.municipality_id,
        organisation_id=organisation,
        granted_by=granted_by,
        basis=basis,
        since=at,
    )


@transaction.atomic
def bring_in_member(
    case: Case, organisation: Organisation, member: User, *, granted_by: Organisation, by: User, at: datetime
) -> CaseParty:
    """Let one user see the case, as a member of the MRT. `granted_by` is the organisation that coordinates the MRT."""
    party = CaseParty.objects.create(
        case=case,
        municipality_id=case.municipality_id,
        organisation=organisation,
        user=member,
        granted_by=granted_by,
        basis=PartyBasis.MRT,
        since=at,
    )
    audit.record("case.member_brought_in", case, by=by, at=at, organisation=organisation.pk, member=member.pk)
    return party


def directing_organisation(case: Case) -> Organisation:
    """The municipality's own organisation, which directs the case."""
    return Organisation.objects.get(kind=OrganisationKind.MUNICIPALITY, municipality=case.municipality_id)


def bring_back(case: Case, *, who_left_at: datetime, by: User, at: datetime) -> None:
    """Let the parties that were let go at this moment see the case again, from now on."""
    for party in case.parties.filter(until=who_left_at).exclude(basis=PartyBasis.DIRECTS):
        CaseParty.objects.create(
            case=case,
            municipality_id=case.municipality_id,
            organisation_id=party.organisation_id,
            user_id=party.user_id,
            granted_by_id=party.granted_by_id,
            basis=party.basis,
            since=at,
        )
        audit.record("case.party_brought_in", case, by=by, at=at, organisation=party.organisation_id, basis=party.basis)


def let_members_go(case: Case, members: Iterable[int], *, by: User, at: datetime) -> None:
    """Let these users no longer see the case as members of the MRT."""
    running = CaseParty.objects.filter(case=case, basis=PartyBasis.MRT, until=None, user__in=list(members))
    let_go = [{"organisation": party.organisation_id, "member": party.user_id} for party in running]
    running.update(until=Greatest(F("since"), Value(at)))
    audit.record_each("case.party_let_go", case, let_go, by=by, at=at)


def letting_go_blockers(party: CaseParty) -> list[str]:
    """Why a user can't let this party go."""
    if party.until is not None:
        return [f"{party.organisation} ziet deze zaak al niet meer."]
    if party.basis == PartyBasis.DIRECTS:
        return ["De gemeente voert de regie over deze zaak en blijft haar zien."]
    if party.basis == PartyBasis.MRT:
        return ["Het MRT ziet deze zaak tot het advies is beantwoord."]
    return []


@transaction.atomic
def let_go(party: CaseParty, *, by: User, at: datetime) -> None:
    """Let a party go: it no longer sees the case."""
    party.until = max(at, party.since)
    party.save(update_fields=["until"])
    audit.record("case.party_let_go", party.case, by=by, at=at, organisation=party.organisation_id)


@transaction.atomic
def release(party: CaseParty, *, by: User, at: datetime) -> None:
    """Let a party go after asking whether that may be (`letting_go_blockers`)."""
    party = CaseParty.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=party.pk)
    refuse(letting_go_blockers(party))
    let_go(party, by=by, at=at)


def let_partners_go(case: Case, *, by: User, at: datetime) -> None:
    """Let all parties but the municipality go, when a case closes."""
    running = case.parties.filter(until=None).exclude(basis=PartyBasis.DIRECTS)
    let_go = [{"organisation": organisation} for organisation in running.values_list("organisation_id", flat=True)]
    running.update(until=Greatest(F("since"), Value(at)))
    audit.record_each("case.party_let_go", case, let_go, by=by, at=at)


def partners(case: Case) -> list[Organisation]:
    """The organisations in the LSO of the case's municipality, without the municipality itself."""
    return list(
        Organisation.objects.filter(municipality=case.municipality_id)
        .exclude(kind=OrganisationKind.MUNICIPALITY)
        .order_by("name")
    )
