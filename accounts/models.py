"""Who uses the system, what they were shown and what they did."""

import uuid
from datetime import date
from typing import Any, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower, Now, TruncDate
from django.utils.crypto import salted_hmac

from accounts.permissions import GRANTS, Permission, Role
from core.fields import CodeField

# The day by the database's clock, in the time zone of the site. The second wall uses it too (accounts/security.py).
TODAY = TruncDate(Now())


class Municipality(models.Model):
    """A municipality with a covenant. `code` is its CBS number of four digits; its case numbers start with `prefix`."""

    name = models.CharField("gemeente", max_length=80, unique=True)
    code = models.CharField("CBS-code", max_length=4, unique=True)
    prefix = models.CharField("voorvoegsel", max_length=3, unique=True)

    def __str__(self) -> str:
        return self.name


class OrganisationKind(models.TextChoices):
    MUNICIPALITY = "municipality", "Gemeente"
    NGO = "ngo", "Ngo"
    IND = "ind", "IND"
    DTV = "dtv", "DT&V"
    AVIM = "avim", "AVIM"
    MDT = "mdt", "Multidisciplinair Team"
    PROGRAMME = "programme", "Programmabureau"


class Organisation(models.Model):
    """A party. With a municipality it takes part in the LSO of that municipality; without one it is national.

    The IND, DT&V and AVIM have one organisation for each LSO, so that their member in one city sees nothing of another.
    """

    name = models.CharField("organisatie", max_length=120, unique=True)
    kind = models.CharField("soort", max_length=20, choices=OrganisationKind)
    municipality = models.ForeignKey(Municipality, models.PROTECT, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["municipality"],
                condition=Q(kind="municipality"),
                name="one_organisation_per_municipality",
            )
        ]

    def __str__(self) -> str:
        return self.name


def plain_address(written: str) -> str:
    """An e-mail address in the one form in which it is stored and compared: in small letters, no spaces around it."""
    return written.strip().lower()


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user. Without a password the account can't log in with one."""
        user = self.model(email=plain_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=plain_address(username or ""))


class User(AbstractBaseUser):
    """A person who logs in with an e-mail address, or a machine client."""

    email = models.EmailField("e-mailadres", unique=True)
    full_name = models.CharField("naam", max_length=120)
    is_active = models.BooleanField("mag inloggen", default=True)
    # A new value ends all sessions of the user.
    session_stamp = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    # Django writes this field before the second wall knows the user. To allow that, the web would need the right to
    # write the row of every user.
    last_login = None

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(email=Lower("email")), name="address_in_small_letters")]

    def __str__(self) -> str:
        return self.full_name

    def get_full_name(self) -> str:
        return self.full_name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """The hash that a session carries; a session with another one has ended.

        While there is no stamp it is Django's own, so that the sessions from before there were stamps live on.
        """
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(salt, self.password + self.session_stamp, secret=secret, algorithm="sha256").hexdigest()

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the password. Django's method also renews an old hash; here `accounts/login.py` does that."""
        return check_password(raw_password, self.password)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def running_on(self, day: date | Combinable) -> Self:
        """The memberships that run on a day. `day` may be an expression, such as the day by the database's clock."""
        return self.filter(since__lte=day).filter(Q(until=None) | Q(until__gt=day))

    def held_by(self, user: User) -> Self:
        """The memberships of a user that run today; a user who may not log in has none.

        The second wall applies the same rule, in SQL (accounts/security.py).
        """
        return self.running_on(TODAY).filter(user=user, user__is_active=True)


class Membership(models.Model):
    """A role of a user in an organisation, from the day `since` up to the day before `until`."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    role = CodeField("rol", max_length=30, choices=Role)
    since = models.DateField("vanaf")
    until = models.DateField("tot", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="membership_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()} bij {self.organisation}"

    def grants(self, permission: Permission) -> bool:
        return permission in GRANTS[Role(self.role)]


class AuditEntry(models.Model):
    """One line of the audit trail: what somebody did. Append-only.

    It has no foreign keys, so that the rows it names can be deleted when their time has come. `details` holds ids,
    codes and dates, and never a name or other personal data.
    """

    at = models.DateTimeField()
    user_id = models.BigIntegerField()
    verb = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["subject_type", "subject_id"])]


class AuditSeal(models.Model):
    """One seal of the hash chain over the audit trail (standards A-5). `core/sealing.py` explains the chain.

    `number` counts from 1 without gaps. `hash` is SHA-256 over the previous hash and the canonical bytes of the entry.
    """

    number = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def visible_to(self, user: User) -> Self:
        """The lines that a privacy officer may see: those of their municipality, or all for the programme bureau's."""
        memberships = Membership.objects.held_by(user)
        offices = Organisation.objects.filter(memberships__in=memberships.filter(role=Role.PRIVACY_OFFICER))
        bureau = offices.filter(kind=OrganisationKind.PROGRAMME)
        return self.filter(Q(municipalities__overlap=offices.values("municipality")) | Exists(bureau))


class Disclosure(models.Model):
    """One line of the log of who was shown which persons, on which page, under which permission. Append-only.

    `municipalities` are those of the cases through which the visitor saw the persons; their privacy officers may see
    the line. The database fills them in (accounts/security.py). When it finds none, only the officer of the programme
    bureau sees the line.
    """

    at = models.DateTimeField()
    user_id = models.BigIntegerField()
    page = models.CharField(max_length=80)
    permission = CodeField(max_length=40, choices=Permission)
    persons = ArrayField(models.UUIDField(), help_text="sorted ids")
    municipalities = ArrayField(models.BigIntegerField(), default=list, help_text="sorted ids")

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user_id", "at"]), models.Index(fields=["at"])]


class Submission(models.Model):
    """A form that was carried out. The same form has no second effect, and leads to `location` (accounts/access.py)."""

    token = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE)
    page = models.CharField(max_length=80)
    location = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()


class ImportState(models.TextChoices):
    CHECKED = "checked", "Gecontroleerd"
    RUNNING = "running", "Bezig met inlezen"
    DONE = "done", "Ingelezen"
    REFUSED = "refused", "Niet ingelezen"
    STOPPED = "stopped", "Gestopt"


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: User) -> Self:
        """The imports of the municipalities for which the user may import lists."""
        roles = [role for role in Role if Permission.IMPORT_LISTS in GRANTS[role]]
        offices = Membership.objects.held_by(user).filter(
            role__in=roles, organisation__kind=OrganisationKind.MUNICIPALITY
        )
        return self.filter(municipality__in=offices.values("organisation__municipality"))


class Import(models.Model):
    """A list that somebody made by hand. It is checked first, and then imported whole or not at all.

    `content` is the file, which is removed when the import ends. The rows that its lines became name this row as their
    source. `total`, `done`, `new` and `same` count lines. `findings` holds [line, column, text, is_error], and no data
    from the file.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    kind = models.CharField("soort", max_length=30)
    name = models.CharField("bestand", max_length=120)
    content = models.BinaryField(null=True)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="gebracht door")
    uploaded_at = models.DateTimeField("gebracht op")
    finished_at = models.DateTimeField("klaar op", null=True)
    state = models.CharField("stand", max_length=20, choices=ImportState, default=ImportState.CHECKED)
    total = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=list)

    objects = ImportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["checked", "running"], finished_at=None, content__isnull=False)
                | Q(state__in=["done", "refused", "stopped"], finished_at__isnull=False, content=None),
                name="import_keeps_its_file_until_it_ends",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def organisations_of(self, user: User) -> list[int]:
        """The organisation of the municipality itself, if the user has a role there (`accounts/access.py::Guarded`)."""
        of = user.memberships.filter(
            organisation__municipality=self.municipality_id, organisation__kind=OrganisationKind.MUNICIPALITY
        )
        return list(of.values_list("organisation_id", flat=True))
