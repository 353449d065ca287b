"""The accounts of the demo world: users in each role. All have the same password, which is public."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from allauth.idp.oidc.models import Client
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.machines import Dataset
from accounts.models import Membership, Municipality, Organisation, OrganisationKind, User
from accounts.permissions import Role

DOMAIN = "demo.lvv.example"
PASSWORD = "proef-met-verzonnen-mensen"
HIRED_ON = date(2019, 3, 1)

NGOS = {
    "Amsterdam": "Stichting Het Proefanker",
    "Eindhoven": "Stichting De Proeflantaarn",
    "Groningen": "Stichting De Proefhaven",
    "Rotterdam": "Stichting Het Proefkompas",
    "Utrecht": "Stichting De Proefbrug",
}

# At every table: the start of the address, the role, the organisation, and a given name. Family names are the city's.
AT_THE_TABLE = (
    ("casusregisseur", Role.CASE_WORKER, "Gemeente {}", "Noor"),
    ("voorzitter", Role.CHAIR, "Gemeente {}", "Bram"),
    ("begeleider", Role.COUNSELLOR, "{ngo}", "Samira"),
    ("zorg", Role.CARE_PROFESSIONAL, "{ngo}", "Joost"),
    ("ind", Role.IND_MEMBER, "IND, LSO {}", "Ilse"),
    ("dtv", Role.DTV_MEMBER, "DT&V, LSO {}", "Daan"),
    ("avim", Role.AVIM_MEMBER, "AVIM {}", "Anouk"),
)
FAMILY = {
    "Amsterdam": "Iep",
    "Eindhoven": "Eik",
    "Groningen": "Grove-Den",
    "Rotterdam": "Ratelpopulier",
    "Utrecht": "Ulm",
}

NATIONAL = (
    ("mrt-ind-1", Role.MRT_MEMBER, "IND, specialisten MRT", "Mira Meidoorn"),
    ("mrt-ind-2", Role.MRT_MEMBER, "IND, specialisten MRT", "Otto Olm"),
    ("mrt-ind-3", Role.MRT_MEMBER, "IND, specialisten MRT", "Wiebe Wilg"),
    ("mrt-dtv-1", Role.MRT_MEMBER, "DT&V, specialisten MRT", "Vera Vlier"),
    ("mrt-dtv-2", Role.MRT_MEMBER, "DT&V, specialisten MRT", "Koen Kastanje"),
    ("mrt", Role.MRT_COORDINATOR, "Multidisciplinair Team", "Lieke Linde"),
    ("monitor", Role.MONITOR_COORDINATOR, "Programmabureau LVV", "Bas Beuk"),
    ("privacy", Role.PRIVACY_OFFICER, "Gemeente Amsterdam", "Pim Populier"),
    ("beheer", Role.APPLICATION_MANAGER, "Programmabureau LVV", "Fenna Fijnspar"),
)
# Worked elsewhere until some months ago: the MRT finds them involved in cases of that table.
BEFORE = {"mrt-dtv-2": (Role.DTV_MEMBER, "DT&V, LSO Amsterdam")}
CHANGED = timedelta(days=100)
MACHINE = ("koppeling", Role.MACHINE_CLIENT, "Programmabureau LVV", "Koppeling cijfers")


@dataclass(frozen=True)
class Account:
    """An account: its e-mail address, name, role and organisation."""

    email: str
    name: str
    role: Role
    organisation: str

    @property
    def start(self) -> str:
        """The part of the address before the @."""
        return self.email.partition("@")[0]

    @property
    def has_password(self) -> bool:
        return self.role != Role.MACHINE_CLIENT


def cast() -> list[Account]:
    """All demo accounts, those of the cities first."""
    local = [
        Account(f"{start}.{city.lower()}@{DOMAIN}", f"{given_name} {FAMILY[city]}", role, where.format(city, ngo=ngo))
        for city, ngo in NGOS.items()
        for start, role, where, given_name in AT_THE_TABLE
    ]
    national = [Account(f"{start}@{DOMAIN}", name, role, where) for start, role, where, name in (*NATIONAL, MACHINE)]
    return local + national


def hire(today: date) -> None:
    """Make the NGOs and all accounts."""
    for city, ngo in NGOS.items():
        municipality = Municipality.objects.get(name=city)
        Organisation.objects.create(name=ngo, kind=OrganisationKind.NGO, municipality=municipality)
    organisations = {organisation.name: organisation for organisation in Organisation.objects.all()}
    # One hash for all accounts: hashing is slow, and the password is shown on the screen anyway.
    password, none = make_password(PASSWORD), make_password(None)
    for account in cast():
        user = User.objects.create(
            email=account.email, full_name=account.name, password=password if account.has_password else none
        )
        since = HIRED_ON
        if account.start in BEFORE:
            role, name = BEFORE[account.start]
            since = today - CHANGED
            Membership.objects.create(
                user=user, organisation=organisations[name], role=role, since=HIRED_ON, until=since
            )
        Membership.objects.create(
            user=user, organisation=organisations[account.organisation], role=account.role, since=since
        )
        if not account.has_password:
            connect(user, today)


def connect(machine: User, today: date) -> None:
    """Make a machine client, to look at on its page. Nobody has the private half of its key."""
    public = Ed25519PrivateKey.generate().public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    since = timezone.make_aware(datetime.combine(today - CHANGED, time(9)))
    client = Client(name=machine.full_name, owner=machine, data={"key": pem}, secret="", created_at=since)
    client.set_scopes([Dataset.FIGURES, Dataset.SERIES])
    client.save()


def hired() -> dict[str, User]:
    """The users of the demo world by the part of the address before the @; empty when nobody is hired yet."""
    return {user.email.partition("@")[0]: user for user in User.objects.filter(email__endswith=f"@{DOMAIN}")}


def are_there_others() -> bool:
    """Whether the database has users of its own. Accounts with a public password must not come among them."""
    people = User.objects.filter(is_active=True).exclude(memberships__role=Role.MACHINE_CLIENT)
    return people.exclude(email__endswith=f"@{DOMAIN}").exists()
