"""The five municipalities and their covenants, as dated reference data (domain 2.2 and 2.3; letter)."""

from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction

from accounts.models import Municipality, Organisation, OrganisationKind, User
from cases.models import Covenant, CovenantDeviation, SafeCountryRule

SYSTEM_EMAIL = "systeem@lvv.invalid"
START = date(2019, 4, 1)
# The covenants were public before the pilots began, so every figure about the pilots knows them.
KNOWN_SINCE = datetime(2019, 3, 25, tzinfo=UTC)

MUNICIPALITIES = {
    "Amsterdam": ("0363", "AMS"),
    "Eindhoven": ("0772", "EIN"),
    "Groningen": ("0014", "GRO"),
    "Rotterdam": ("0599", "ROT"),
    "Utrecht": ("0344", "UTR"),
}

# The places come from the letter, the criteria from domain 2.3. Eindhoven's start date is not published; it has the
# start date of the programme here.
COVENANTS: dict[str, dict[str, Any]] = {
    "Amsterdam": {
        "agreed_places": 360,
        "maximum_stay_days": 548,
        "safe_country_rule": SafeCountryRule.EXCLUDE,
        "requires_willingness": False,
    },
    "Eindhoven": {
        "agreed_places": 130,
        "safe_country_rule": SafeCountryRule.ADMIT,
        "requires_willingness": False,
    },
    "Groningen": {
        "agreed_places": 300,
        "safe_country_rule": SafeCountryRule.FORMER_BBB,
        "requires_willingness": False,
        "admits_entry_ban_by_agreement": True,
    },
    "Rotterdam": {
        "agreed_places": 117,
        "safe_country_rule": SafeCountryRule.LIMITED,
        "safe_country_days": 92,
        "requires_willingness": True,
    },
    "Utrecht": {
        "agreed_places": 235,
        "safe_country_rule": SafeCountryRule.EXCLUDE,
        "requires_willingness": True,
    },
}

DEVIATIONS = (
    ("Utrecht", "Gezinnen in de LVV, buiten het convenant", 20, "Intensief gesprek met de gemeente."),
    ("Eindhoven", "De BBB blijft naast de LVV open", None, "Bestuurlijke gesprekken lopen."),
)

# The organisations at each LSO besides the municipality, and the national ones.
PARTNERS = {
    OrganisationKind.IND: "IND, LSO {}",
    OrganisationKind.DTV: "DT&V, LSO {}",
    OrganisationKind.AVIM: "AVIM {}",
}
NATIONAL = {
    OrganisationKind.IND: "IND, specialisten MRT",
    OrganisationKind.DTV: "DT&V, specialisten MRT",
    OrganisationKind.MDT: "Multidisciplinair Team",
    OrganisationKind.PROGRAMME: "Programmabureau LVV",
}


@transaction.atomic
def load_reference() -> None:
    """Add the municipalities, the organisations at their LSO and the covenants. Existing rows stay as they are."""
    system, _ = User.objects.get_or_create(
        email=SYSTEM_EMAIL, defaults={"full_name": "LVV-systeem", "is_active": False, "password": "!"}
    )
    for kind, name in NATIONAL.items():
        Organisation.objects.get_or_create(name=name, defaults={"kind": kind})
    for name, (code, prefix) in MUNICIPALITIES.items():
        municipality, _ = Municipality.objects.get_or_create(code=code, defaults={"name": name, "prefix": prefix})
        Organisation.objects.get_or_create(
            kind=OrganisationKind.MUNICIPALITY,
            municipality=municipality,
            defaults={"name": f"Gemeente {name}"},
        )
        for kind, pattern in PARTNERS.items():
            Organisation.objects.get_or_create(
                name=pattern.format(name), defaults={"kind": kind, "municipality": municipality}
            )
        if not municipality.covenants.exists():
            Covenant.objects.create(
                municipality=municipality,
                valid_from=START,
                recorded_at=KNOWN_SINCE,
                recorded_by=system,
                **COVENANTS[name],
            )
    for name, subject, persons, talks in DEVIATIONS:
        CovenantDeviation.objects.get_or_create(
            municipality=Municipality.objects.get(name=name),
            subject=subject,
            defaults={"since": START, "persons": persons, "talks": talks},
        )
