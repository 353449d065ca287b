"""The table of a municipality: how it holds its LSO, and who sits there (domain 1.2: it differs per municipality)."""

from accounts.models import Municipality, Organisation, OrganisationKind
from scenarios.models import TableRules


def rules(municipality: Municipality) -> TableRules:
    """What the municipality agreed; until it did, the usual. The usual isn't saved."""
    return TableRules.objects.filter(municipality=municipality).first() or TableRules(municipality=municipality)


def seated(municipality: Municipality) -> list[Organisation]:
    """The organisations at the table of a municipality, the municipality itself first."""
    organisations = Organisation.objects.filter(municipality=municipality).order_by("name")
    return sorted(organisations, key=lambda organisation: organisation.kind != OrganisationKind.MUNICIPALITY)
