"""What happens when somebody changes their password or a second factor, on whichever page of the login library.

The page is watched: who is logged in has some credentials before it and others after it. For each difference the audit
trail gets a line and the user a mail, and all other sessions of the user end. No line and no mail holds a secret.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts import audit, factors
from accounts.models import User
from core import mail, outbox
from core.models import Effect

TELL = "credentials"

PASSWORD, ADDED, REMOVED = "user.password_changed", "user.factor_added", "user.factor_removed"
SENTENCES = {
    (PASSWORD, ""): "Uw wachtwoord is gewijzigd.",
    (ADDED, Authenticator.Type.TOTP): "Er is een authenticator-app ingesteld als tweede factor.",
    (ADDED, Authenticator.Type.RECOVERY_CODES): "Er zijn nieuwe herstelcodes gemaakt. Oudere werken niet meer.",
    (REMOVED, Authenticator.Type.TOTP): "De authenticator-app is uitgezet als tweede factor.",
    (REMOVED, Authenticator.Type.RECOVERY_CODES): "De herstelcodes zijn ingetrokken.",
}

BODY = """Goedendag,

{sentences}

Dat gebeurde op {day} om {time} uur. Al uw andere sessies zijn daarbij beëindigd.

Was u dit niet? Bel dan meteen uw functioneel beheerder. Hier ziet u uw tweede factor: {address}

Deze mail is automatisch verstuurd.
"""


@dataclass(frozen=True)
class Credentials:
    """The hash of a password, and the kind of each second factor by its id."""

    password: str
    factors: dict[int, str]


def of(user: User) -> Credentials:
    """The credentials of a user, as stored."""
    stored = User.objects.values_list("password", flat=True).get(pk=user.pk)
    return Credentials(stored, dict(Authenticator.objects.filter(user=user).values_list("pk", "type")))


def watched(request: HttpRequest, user: User, show: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Show a page on which a user may change their credentials, and follow up what changed."""
    before = of(user)
    response = show()
    after = of(user)
    if after != before:
        _follow(request, user, before, after)
    return response


def _follow(request: HttpRequest, user: User, before: Credentials, after: Credentials) -> None:
    added = {pk: kind for pk, kind in after.factors.items() if pk not in before.factors}
    removed = {pk: kind for pk, kind in before.factors.items() if pk not in after.factors}
    changes = [(ADDED, kind) for kind in added.values()]
    # Codes that are replaced are gone because there are new ones.
    changes += [(REMOVED, kind) for kind in removed.values() if kind not in added.values()]
    changes += [(PASSWORD, "")] if after.password != before.password else []
    now = timezone.now()
    for verb, kind in changes:
        audit.record(verb, user, by=user, at=now, **({"kind": str(kind)} if kind else {}))
    _tell(user, changes, at=now)
    _end_other_sessions(request, user)
    for factor in Authenticator.objects.filter(pk__in=added).exclude(type=Authenticator.Type.RECOVERY_CODES):
        factors.note_set_up(request, factor)
    if removed and not after.factors:
        factors.forget(request)


def _end_other_sessions(request: HttpRequest, user: User) -> None:
    """End all sessions of the user but this one: a session carries a hash of the stamp."""
    user.refresh_from_db(fields=["password"])
    user.session_stamp = uuid4().hex
    user.save(update_fields=["session_stamp"])
    update_session_auth_hash(request, user)


def _tell(user: User, changes: list[tuple[str, str]], *, at: datetime) -> None:
    payload = {"user": user.pk, "changes": [list(change) for change in changes], "at": at.isoformat()}
    outbox.queue(TELL, payload, key=f"{TELL}:{user.pk}:{at.isoformat()}", at=at)


def send(effect: Effect) -> None:
    """Tell the user by mail what changed."""
    user = User.objects.get(pk=effect.payload["user"])
    sentences = [SENTENCES[verb, kind] for verb, kind in effect.payload["changes"]]
    moment = timezone.localtime(datetime.fromisoformat(effect.payload["at"]))
    body = BODY.format(
        sentences="\n".join(sentences),
        day=date_format(moment, "l j F Y"),
        time=date_format(moment, "H:i"),
        address=settings.SITE_URL + reverse("mfa_index"),
    )
    mail.send(effect, user.email, subject="LVV: uw inloggegevens zijn gewijzigd", body=body)
