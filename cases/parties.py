"""Who takes part in a case: brought in, and let go."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Organisation, OrganisationKind, User
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
    """The municipality lets an organisation see the case from now on; if it does already, nothing changes."""
    running = CaseParty.objects.filter(case=case, organisation=organisation, user=None, until=None).first()
    if running is not None:
        return running
    party = CaseParty.objects.create(
        case=case,
        municipality_id=case.municipality_id,
        organisation=organisation,
        granted_by=directing_organisation(case),
        basis=basis,
        since=at,
    )
    audit.record("case.party_brought_in", case, by=by, at=at, organisation=organisation.pk, basis=basis)
    return party


@transaction.atomic
def bring_in_member(
    case: Case, organisation: Organisation, member: User, *, granted_by: Organisation, by: User, at: datetime
) -> CaseParty:
    """Let one user see the case, for a seat in the MRT. `granted_by` is the team that coordinates it."""
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


@transaction.atomic
def let_go(party: CaseParty, *, by: User, at: datetime) -> None:
    """End a part; the organisation no longer sees the case."""
    party.until = max(at, party.since)
    party.save(update_fields=["until"])
    audit.record("case.party_let_go", party.case, by=by, at=at, organisation=party.organisation_id)


def let_partners_go(case: Case, *, by: User, at: datetime) -> None:
    """When a case is closed, only the municipality keeps sight of it."""
    for party in case.parties.filter(until=None).exclude(basis=PartyBasis.DIRECTS):
        let_go(party, by=by, at=at)


def partners(case: Case) -> list[Organisation]:
    """The organisations at the LSO table of the case's municipality, besides the municipality itself."""
    return list(
        Organisation.objects.filter(municipality=case.municipality_id)
        .exclude(kind=OrganisationKind.MUNICIPALITY)
        .order_by("name")
    )
