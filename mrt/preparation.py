"""What has to be ready before the MRT meets: one line per party, and lines for help that was asked of a party."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts import audit
from accounts.models import Organisation, OrganisationKind, User
from cases import parties
from cases.locking import refuse
from cases.models import Case, CaseParty
from mrt import locking
from mrt.models import Discussion, Escalation, Preparation
from mrt.stages import PREPARATION_TERM
from mrt.terms import last_day

# What each kind of party brings (letter: cases were hard to prepare; domain 1.3: a form filled in by the parties).
LINES: Mapping[OrganisationKind, str] = {
    OrganisationKind.MUNICIPALITY: "Verloop tot nu toe: verblijf, scenario's, acties en wat zij opleverden",
    OrganisationKind.NGO: "Hoe de persoon er zelf tegenover staat, en wat de begeleiding ziet",
    OrganisationKind.IND: "Overzicht van de procedures, en de juridische vraag die openstaat",
    OrganisationKind.DTV: "Overzicht van het vertrekproces: identiteit, documenten, medewerking",
}
# The kinds of party that can be asked for help (letter: specialists of IND and DT&V).
HELPERS = (OrganisationKind.IND, OrganisationKind.DTV)


def start(escalation: Escalation, *, by: User, at: datetime) -> None:
    """Give each party of the case its line."""
    case = escalation.case
    due_on = last_day(escalation.requested_on, PREPARATION_TERM)
    owners = [parties.directing_organisation(case), *_partners(case)]
    Preparation.objects.bulk_create(
        Preparation(
            escalation=escalation,
            case=case,
            organisation=owner,
            text=LINES[OrganisationKind(owner.kind)],
            due_on=due_on,
            asked_by=by,
            asked_at=at,
        )
        for owner in owners
        if owner.kind in LINES
    )


def _partners(case: Case) -> list[Organisation]:
    """The parties of the case from its own municipality's table, without the municipality itself."""
    running = CaseParty.objects.running().filter(case=case, user=None, organisation__municipality=case.municipality_id)
    partners = {party.organisation for party in running.select_related("organisation")}
    return sorted((partner for partner in partners if partner.kind != OrganisationKind.MUNICIPALITY), key=str)


def helpers(escalation: Escalation) -> list[Organisation]:
    """The parties that can be asked for help."""
    return [partner for partner in _partners(escalation.case) if partner.kind in HELPERS]


def help_blockers(escalation: Escalation) -> list[str]:
    """Why no help at all can be asked."""
    reasons = preparing_blockers(escalation)
    if not reasons and not helpers(escalation):
        reasons = ["De IND en DT&V zijn geen partij bij deze zaak. Betrek hen eerst."]
    return reasons


@transaction.atomic
def ask_help(
    escalation: Escalation,
    *,
    organisation: Organisation,
    text: str,
    due_on: date,
    by: User,
    on: date,
    at: datetime,
    version: int | None = None,
) -> Preparation:
    """Ask IND or DT&V to prepare something, as a line of the preparation that is theirs."""
    escalation = locking.lock(escalation, version=version)
    refuse(help_blockers(escalation))
    refuse([] if organisation in helpers(escalation) else ["Vraag hulp aan de IND of DT&V van deze zaak."])
    refuse([] if text else ["Schrijf op wat u vraagt."])
    refuse([] if due_on >= on else ["De uiterste datum ligt niet vóór vandaag."])
    line = Preparation.objects.create(
        escalation=escalation,
        case=escalation.case,
        organisation=organisation,
        text=text,
        is_help=True,
        due_on=due_on,
        asked_by=by,
        asked_at=at,
    )
    audit.record("case.mrt_help_asked", escalation.case, by=by, at=at, line=str(line.pk))
    return line


def finishing_blockers(line: Preparation) -> list[str]:
    """Why a line can't be reported as ready."""
    return ["Deze regel is al klaar."] if line.done_on is not None else preparing_blockers(line.escalation)


def preparing_blockers(escalation: Escalation) -> list[str]:
    """Why nothing can be prepared any more."""
    return locking.refusal(escalation, "elaborate")


@transaction.atomic
def finish(line: Preparation, *, note: str, by: User, on: date, at: datetime) -> Preparation:
    """Report a line as ready. `note` says where to find it, or its result."""
    locking.lock(line.escalation)
    line = Preparation.objects.select_related("escalation__case").get(pk=line.pk)
    refuse(finishing_blockers(line))
    line.note, line.done_on, line.done_by = note, on, by
    line.save(update_fields=["note", "done_on", "done_by"])
    audit.record("case.mrt_prepared", line.escalation.case, by=by, at=at, line=str(line.pk))
    return line


def to_do() -> QuerySet[Preparation]:
    """The lines that are not ready, of escalations that the MRT has not discussed yet."""
    waiting = Preparation.objects.open().filter(escalation__answer=None, case__closed_on=None)
    met = Discussion.objects.standing().filter(escalation=OuterRef("escalation"))
    return waiting.filter(~Exists(met)).select_related("escalation__case")


def lines(escalation: Escalation) -> QuerySet[Preparation]:
    """All lines of an escalation, first due first."""
    preparation_lines = Preparation.objects.filter(escalation=escalation).select_related("organisation", "done_by")
    return preparation_lines.order_by("due_on", "organisation__name", "asked_at", "pk")
